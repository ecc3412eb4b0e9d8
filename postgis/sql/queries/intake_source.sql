-- The source with this code, as it is described.
select code, name_ru, name_en, attribution, synthetic from source
where code = $1
