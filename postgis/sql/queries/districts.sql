-- All districts, without their outlines.
select
    id,
    code,
    level,
    parent_id,
    name_ru,
    name_en,
    names::text as names,
    population,
    area_km2,
    st_x(label) as lng,
    st_y(label) as lat,
    approximate,
    attribution
from district
order by level, code
