-- From now on near is what is within $1 metres and $2 hours.
update near_rule set metres = $1, hours = $2, complete = false
