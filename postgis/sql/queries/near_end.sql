-- All incidents are linked by the rule of $1 metres and $2 hours, unless it has been changed meanwhile.
update near_rule set complete = true
where metres = $1 and hours = $2
