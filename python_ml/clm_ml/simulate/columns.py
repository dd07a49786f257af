"""Arrow columns made from numpy arrays: identifiers, money in cents, instants in seconds. Nothing loops over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MONEY = pa.decimal128(18, 2)
ARROW_TYPES = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
    "decimal(18,4)": MONEY,
    "double": pa.float64(),
}
Column = Any  # pyarrow.Array; pyarrow has no types to check against


def money(cents: np.ndarray, known: np.ndarray | None = None) -> Column:
    """Decimals of two places; NULL where not known."""
    words = np.empty((len(cents), 2), np.int64)
    words[:, 0] = cents
    words[:, 1] = words[:, 0] >> 63
    column = pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(words.tobytes())])
    return column if known is None else pc.if_else(pa.array(known), column, pa.scalar(None, MONEY))


def instant(seconds: np.ndarray, known: np.ndarray | None = None) -> Column:
    """UTC instants from seconds since 1970; NULL where not known."""
    mask = None if known is None else ~known
    return pa.array(seconds.astype("datetime64[s]"), mask=mask).cast(pa.timestamp("us"))


def day(days: np.ndarray, known: np.ndarray | None = None) -> Column:
    """Dates from days since 1970; NULL where not known."""
    return pa.array(days.astype("datetime64[D]"), mask=None if known is None else ~known)


def whole(numbers: np.ndarray, known: np.ndarray | None = None) -> Column:
    return pa.array(numbers.astype(np.int64), mask=None if known is None else ~known)


def flag(values: np.ndarray) -> Column:
    return pa.array(values.astype(bool))


def chosen(words: Sequence[str | None], position: np.ndarray, known: np.ndarray | None = None) -> Column:
    """Per row the word at its position; NULL where not known."""
    return pa.array(words, pa.string()).take(pa.array(position, mask=None if known is None else ~known))


def numbered(prefix: str, numbers: np.ndarray, width: int, known: np.ndarray | None = None) -> Column:
    """Identifiers with leading zeros: numbered('C', [12], 6) is C000012."""
    digits = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), width, "0")
    column = pc.binary_join_element_wise(prefix, digits, "")
    return column if known is None else pc.if_else(pa.array(known), column, pa.scalar(None, pa.string()))


def customer_ids(numbers: np.ndarray, known: np.ndarray | None = None) -> Column:
    return numbered("C", numbers, 6, known)


def joined(*parts: Column | str) -> Column:
    """The parts one after the other, row by row."""
    return pc.binary_join_element_wise(*parts, "")


def empty(data_type: str, count: int) -> Column:
    return pa.nulls(count, ARROW_TYPES[data_type])
