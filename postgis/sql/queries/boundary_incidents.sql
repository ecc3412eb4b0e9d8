-- Where incidents are and which district they have; every column has a fixed width and is never null.
select id, st_x(location), st_y(location), coalesce(district_id, 0), district_near
from incident
where location is not null
