-- All districts with everything they can be called by and their outlines.
select
    district.id,
    district.code,
    district.level,
    parent.code as parent,
    district.name_ru,
    district.name_en,
    district.names::text as names,
    district.population,
    st_asbinary(district.area) as area,
    district.approximate,
    array(select alias from district_alias where district_id = district.id order by alias) as aliases
from district
left join district as parent on parent.id = district.parent_id
order by district.code collate "C"
