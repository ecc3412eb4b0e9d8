-- Whether answers are kept at all.
select to_regclass('intake_answer') is not null
