-- How far a server has been pulled.
select since, reached, known_at, finished
from open311_mark
where source = $1 and endpoint = $2
