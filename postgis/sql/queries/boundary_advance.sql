-- Boundaries have changed: whoever keeps them in memory reads them anew.
update boundary_state set revision = revision + 1 where id = 1
