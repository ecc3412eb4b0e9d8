-- How often boundaries were changed: what was made from them is made anew when they are.
select revision from boundary_state
