-- Districts by level and parent, for people.
select
    district.level,
    district.code,
    district.name_ru,
    parent.name_ru as parent,
    district.population,
    district.area_km2,
    district.approximate,
    (select count(*) from district_alias where district_id = district.id) as aliases
from district
left join district as parent on parent.id = district.parent_id
order by district.level, parent.name_ru, district.name_ru
