-- Themes ($1) and agencies ($2) that are known by these codes.
select 'theme' as kind, theme.code, sector.code as sector, theme.name_ru, theme.name_en
from theme
inner join sector on sector.id = theme.sector_id
where theme.code = any($1::text[])
union all
select 'agency', code, '', name, name
from agency
where code = any($2::text[])
