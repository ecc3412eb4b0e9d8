-- Deletes every message of the sources with the codes $1.
delete from incident using source where source.id = incident.source_id and source.code = any($1::text[])
