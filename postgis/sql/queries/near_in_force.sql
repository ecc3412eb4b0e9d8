-- Whether all incidents are linked by the rule of $1 metres and $2 hours.
select complete and metres = $1 and hours = $2 from near_rule
