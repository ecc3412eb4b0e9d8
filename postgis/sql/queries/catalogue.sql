-- Everything a request can name but districts, one row a thing; kinds in one answer so that they belong to one moment.
select kind, id, code, name_ru, name_en, parent, synthetic, attribution, placed_by
from (
    select
        'sector' as kind, position as place, id::int, code, name_ru, name_en, null::int as parent, false as synthetic, '' as attribution,
        '{}'::smallint[] as placed_by
    from sector
    union all
    select 'theme', id, id, code, name_ru, name_en, sector_id, false, '', '{}' from theme
    union all
    select 'source', id, id, code, name_ru, name_en, null, synthetic, attribution, placed_by from source
    union all
    select 'agency', id, id, code, name, name, null, false, '', '{}' from agency
) as entry
order by kind, place
