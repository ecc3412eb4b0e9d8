-- Answers that are too old to be repeated; parts a little later than the end that refers to them.
with gone as (
    delete from intake_key where at < now() - interval '24 hours'
)

delete from intake_answer where at < now() - interval '26 hours'
