"""What a database consists of, as texts that can be compared: columns, indexes, constraints, triggers, functions, comments."""

import asyncpg

_OWN = "not exists (select from pg_depend where objid = {0}.oid and deptype = 'e')"
"""Not part of an extension: PostGIS has its tables and functions in the same schema."""

_DEFINITIONS = (
    f"""
    select 'column', format('%I.%I', relname, attname), format(
        '%s %s not null %s default %s identity %s: %s',
        row_number() over (partition by attrelid order by attnum), format_type(atttypid, atttypmod), attnotnull,
        pg_get_expr(adbin, adrelid), attidentity, col_description(attrelid, attnum)
    )
    from pg_attribute
    inner join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relkind = 'r' and relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped and {_OWN.format("pg_class")}
    """,
    f"""
    select 'table', relname, obj_description(oid, 'pg_class')
    from pg_class
    where relkind in ('r', 'S') and relnamespace = 'public'::regnamespace and {_OWN.format("pg_class")}
    """,
    f"""
    select 'index', pg_class.relname, pg_get_indexdef(pg_class.oid)
    from pg_class
    inner join pg_index on indexrelid = pg_class.oid
    inner join pg_class as of on of.oid = indrelid
    where pg_class.relnamespace = 'public'::regnamespace and {_OWN.format("of")}
    """,
    f"""
    select 'constraint', format('%s on %s', conname, relname), pg_get_constraintdef(pg_constraint.oid)
    from pg_constraint
    inner join pg_class on pg_class.oid = conrelid
    where connamespace = 'public'::regnamespace and {_OWN.format("pg_class")}
    """,
    """
    select 'trigger', format('%s on %s', tgname, tgrelid::regclass), pg_get_triggerdef(oid)
    from pg_trigger
    where not tgisinternal
    """,
    f"""
    select 'function', oid::regprocedure::text, pg_get_functiondef(oid)
    from pg_proc
    where pronamespace = 'public'::regnamespace and {_OWN.format("pg_proc")}
    """,
)


async def database_objects(held: asyncpg.Connection) -> dict[tuple[str, str], str]:
    """Definition by kind and name, of everything of ours in the schema `public`."""
    return {(kind, name): text for sql in _DEFINITIONS for kind, name, text in await held.fetch(sql)}


async def table_rows(held: asyncpg.Connection, tables: list[str]) -> dict[str, list[str]]:
    """The rows of each table as text, sorted."""
    return {table: [row[0] for row in await held.fetch(f'select "{table}"::text from "{table}" order by 1')] for table in tables}


async def table_columns(held: asyncpg.Connection) -> dict[str, list[str]]:
    """The columns of each of our tables, in their order."""
    positions = {name: int(text.partition(" ")[0]) for (kind, name), text in (await database_objects(held)).items() if kind == "column"}
    columns: dict[str, list[str]] = {}
    for name in sorted(positions, key=positions.__getitem__):
        table, _, column = name.partition(".")
        columns.setdefault(table, []).append(column)
    return columns


async def column_rows(held: asyncpg.Connection, columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """These columns of each table's rows as text, sorted."""
    rows = {}
    for table, names in columns.items():
        rows[table] = [row[0] for row in await held.fetch(f'select row({", ".join(names)})::text from "{table}" order by 1')]
    return rows
