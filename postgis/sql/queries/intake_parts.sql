-- The parts of the answer to the request with the key $1, in order, from part $2 on; $3 at most.
select part, lines from intake_answer
where key = $1 and part >= $2
order by part
limit $3
