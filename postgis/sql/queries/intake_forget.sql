-- What is left of an earlier request with the key $1 that was never answered to the end, or too long ago.
with gone as (
    delete from intake_key where key = $1
)

delete from intake_answer where key = $1
