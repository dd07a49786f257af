"""Who is segmented, and by what: everyone who has bought; the clusters are of those who bought within a year."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from clm_ml.console import say
from clm_ml.models.rows import Flags, Rows
from clm_ml.models.snapshots import read_snapshot, snapshot_count, snapshot_query

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

SPACE = ("recency_days", "frequency_count", "monetary_amount", "tenure_days", "active_days_90d")
UNITS = (7.0, 1.0, 1.0, 30.0, 1.0)  # recency in weeks, tenure in months: a day more is nothing on the log scale
MOST_ROWS = 10_000
WHERE = "f.recency_days is not null"
ACTIVE = "f.frequency_count > 0"


def read_active(con: Connection, day: date, names: tuple[str, ...]) -> Rows:
    """Who bought within 365 days of a date; of a large company a sample of customers, and it says so."""
    total = active_count(con, day)
    where = f"{WHERE} and {ACTIVE}"
    if total > MOST_ROWS:
        where += f" and substr(md5(f.customer_id), 1, 7) < '{int(MOST_ROWS / total * 16**7):07x}'"
        say(f"{total:,} customers on {day}: reading {MOST_ROWS / total:.0%} of them, chosen by their id")
    return next(read_snapshot(con, day, names, where, limit=2 * MOST_ROWS), _nobody(names))


def active_count(con: Connection, day: date) -> int:
    """How many bought within 365 days of a date."""
    return snapshot_count(con, day, f"{WHERE} and {ACTIVE}")


def buyer_count(con: Connection, day: date) -> int:
    """How many had bought by a date."""
    return snapshot_count(con, day, WHERE)


def buyers_query(day: date) -> str:
    """Everyone who had bought by a date."""
    return snapshot_query(day, SPACE, WHERE)


def bought_within_a_year(rows: Rows) -> Flags:
    """Which of the rows are active: the features look back 365 days and know nothing of the others."""
    active: Flags = rows.features[:, rows.names.index("frequency_count")] > 0
    return active


def _nobody(names: tuple[str, ...]) -> Rows:
    import numpy as np

    return Rows(names, np.empty(0, object), np.empty(0, "datetime64[D]"), np.empty((0, len(names))), np.empty(0))
