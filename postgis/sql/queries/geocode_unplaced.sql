-- How many incidents have no place.
select count(*) from incident
where location is null
