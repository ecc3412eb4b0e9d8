-- Held by whoever locates a batch of incidents, until its end: boundaries are not replaced meanwhile.
select revision from boundary_state where id = 1 for share
