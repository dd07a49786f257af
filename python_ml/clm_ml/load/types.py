"""SQL that turns a landed value into its declared type, and says why it cannot. No type is ever guessed."""

from __future__ import annotations

from clm_ml.load.mapping import Column, Format

_SQL_TYPES = {
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "decimal": "decimal(18,4)",
    "bigint": "bigint",
    "boolean": "boolean",
}
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?"
_OFFSET = r" ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def filled(column: Column, landed_type: str, form: Format) -> str:
    """The landed value, NULL where the field is empty or one of the mapping's words for nothing."""
    name = quoted(column.name)
    if landed_type != "VARCHAR":
        return name
    nothing = ", ".join(literal(value) for value in {"", *form.null_values})
    value = name if column.type == "text" else f"trim({name})"
    return f"case when trim({name}) not in ({nothing}) then {value} end"


def typed(column: Column, value: str, landed_type: str) -> str:
    """The value in the column's type (timestamps in UTC), NULL where it is no such value."""
    if landed_type == "VARCHAR":
        return _from_text(column, value)
    if column.type == "timestamp":
        return _from_instant(column, value, landed_type)
    if column.type == "bigint" and not landed_type.endswith(("INT", "INTEGER")):
        number = f"try_cast({value} as double)"
        return f"case when {number} = trunc({number}) then try_cast({value} as bigint) end"
    return f"try_cast({value} as {_SQL_TYPES[column.type]})"


def absent(column: Column) -> str:
    """What a column that the file does not have gives."""
    return f"cast(null as {_SQL_TYPES[column.type]})"


def reason(column: Column) -> str:
    """SQL: why a line cannot be accepted for this column's value, or NULL."""
    name, raw = quoted(column.name), quoted(f"raw_{column.name}")
    said = literal(f"{column.name}: no {column.type}: ")
    wrong = f"when {raw} is not null and {name} is null then {said} || left(cast({raw} as varchar), 100)"
    empty = f"when {name} is null then {literal(f'{column.name}: empty')}" if column.not_null else ""
    return f"case {wrong} {empty} end"


def _from_text(column: Column, value: str) -> str:
    if column.type == "text":
        return value
    if column.type == "timestamp":
        return _instant(column, value)
    if column.type == "date":
        return f"try_cast({_parsed(column, value)} as date)" if column.formats else f"try_cast({value} as date)"
    if column.type == "boolean":
        return (
            f"case when lower({value}) in ('true', 't', 'yes', 'y', '1') then true "
            f"when lower({value}) in ('false', 'f', 'no', 'n', '0') then false end"
        )
    pattern = _NUMBER if column.type == "decimal" else "[+-]?[0-9]+"
    return (
        f"case when regexp_full_match({value}, '{pattern}') then try_cast({value} as {_SQL_TYPES[column.type]}) end"
    )


def _instant(column: Column, value: str) -> str:
    if column.formats:
        return _to_utc(column, _parsed(column, value))
    local = _to_utc(column, f"try_cast({value} as timestamp)")
    absolute = f"timezone('UTC', try_cast({value} as timestamptz))"
    return (
        f"case when regexp_full_match({value}, '{_INSTANT}') then {local} "
        f"when regexp_full_match({value}, '{_INSTANT}{_OFFSET}') then {absolute} end"
    )


def _parsed(column: Column, value: str) -> str:
    formats = ", ".join(literal(f) for f in column.formats)
    return f"try_strptime({value}, [{formats}])"


def _from_instant(column: Column, value: str, landed_type: str) -> str:
    if landed_type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {value})"
    return _to_utc(column, f"try_cast({value} as timestamp)")


def _to_utc(column: Column, local: str) -> str:
    if column.timezone == "UTC":
        return local
    return f"timezone('UTC', timezone({literal(column.timezone)}, {local}))"
