-- The longest time that a statement of this session may take, $1, in milliseconds.
select set_config('statement_timeout', $1, false)
