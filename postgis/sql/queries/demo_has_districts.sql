-- Whether there are any districts beside the demo region's own row ($1).
select exists (select from district where code <> $1)
