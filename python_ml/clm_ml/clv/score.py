"""Score customer value: expected orders, margin, lifetime value and next order of everybody who has ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.clv.candidates import History, ValueScorer, order_model, restore
from clm_ml.clv.rows import CLV, VALUE_FEATURES
from clm_ml.console import say
from clm_ml.errors import DataRefused
from clm_ml.models import files, gates, register
from clm_ml.models.btyd.model import OrderModel
from clm_ml.models.btyd.value import discounted_margin, yearly_to_periodic
from clm_ml.models.publish import Table, publish_made
from clm_ml.models.rows import Floats, Rows
from clm_ml.models.snapshots import (
    FEATURES,
    check_tables,
    choose_day,
    eligible_count,
    eligible_query,
    require_features,
    require_tables,
)
from clm_ml.models.threads import one_thread
from clm_ml.tasks import NEWEST, Scoring
from clm_ml.warehouse import connect

if TYPE_CHECKING:
    import pyarrow as pa

    from clm_ml.warehouse import Connection

TABLE = f"predictions.{CLV.prediction_table}"
MONTHS = np.arange(13) * 365 / 12  # the edges of a year's months, in days from the as-of date
QUANTILES = {"next_order_low_date": 0.05, "next_order_date": 0.5, "next_order_high_date": 0.95}
LAST_DATE = np.datetime64("9999-12-31")
COLUMNS = (
    *("customer_id", "as_of_date", "model_version", "horizon_days"),
    "alive_probability",
    "expected_order_count",
    "expected_margin_amount",
    "clv_margin_365d_amount",
    *("next_order_date", "next_order_low_date", "next_order_high_date", "scored_at"),
)


@dataclass(frozen=True)
class ValueModel:
    """The champion, and the order and spend models that date its orders and spread its value over a year."""

    scorer: ValueScorer
    orders: OrderModel
    is_alive_identified: bool
    horizon_days: int
    yearly_discount_rate: float
    names: tuple[str, ...]

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> ValueModel:
        return cls(
            restore(state["algorithm"], state["scorer"]),
            order_model(state["orders"]),
            bool(state["is_alive_identified"]),
            int(state["horizon_days"]),
            float(state["yearly_discount_rate"]),
            tuple(state["names"]),
        )


def score(wanted: Scoring = NEWEST) -> dict[str, Any]:
    """Predict for one as-of date (the newest by default), in one transaction; the same again changes nothing.

    What is refused stands in ml_gates.
    """
    with gates.guarded(CLV.name, gates.SCORING):
        return _score(wanted.as_of)


def _score(wanted: date | None) -> dict[str, Any]:
    with one_thread(), connect() as con:
        require_tables(
            con, FEATURES, VALUE_FEATURES, ("labels", CLV.label_table), ("predictions", CLV.prediction_table)
        )
        run = register.require_champion(con, CLV.name)
        day = choose_day(con, wanted)
        check_tables(con, CLV, {})
        model = load(run)
        require_features(con, CLV, model.names)
        count = eligible_count(con, CLV, day)
        if not count:
            raise DataRefused(f"nobody has ordered by {day}", "choose another date with --as-of, or load orders")
        say(f"{run['model_version']} ({run['algorithm']}) predicts {count:,} customers as of {day}")
        customers = (eligible_query(CLV, day, model.names), count, model.names)
        predictor = Predictor(model, day)
        changed = publish_made(con, Table(TABLE, COLUMNS), (run["model_version"], day), customers, predictor)
        return {**_summary(con, run, day), **changed}


def load(run: dict[str, Any]) -> ValueModel:
    """The champion from its file, checked against the registered hash."""
    return ValueModel.from_state(files.load(files.read(run["model_file"], run["model_sha256"])))


@dataclass(frozen=True)
class Predictor:
    """What is published of a batch, as Arrow arrays."""

    model: ValueModel
    day: date

    def __call__(self, rows: Rows) -> dict[str, pa.Array]:
        import pyarrow as pa

        horizon = pa.repeat(pa.scalar(self.model.horizon_days, pa.int64()), len(rows))
        return {"horizon_days": horizon, **as_arrow(predictions(self.model, rows, self.day))}


def predictions(model: ValueModel, rows: Rows, day: date) -> dict[str, Any]:
    """The published columns of a batch, per customer.

    A year's value is the order model's, discounted month by month; where the champion is another one, its margin of
    the horizon, spread over the year as the order model spreads orders.
    """
    history = History.of(rows)
    cells, place, orders = history.cells, history.place, model.orders
    expected = orders.expected_orders(cells, float(model.horizon_days))
    rate = yearly_to_periodic(model.yearly_discount_rate, 12)
    year = discounted_margin(orders.increments(cells, MONTHS), np.ones(len(expected)), rate)
    margin = model.scorer.predict(rows, model.horizon_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(expected > 0, year / expected, 365 / model.horizon_days)[place]
    alive = orders.alive(cells)[place] if model.is_alive_identified else np.full(len(rows), np.nan)
    dates = {name: _dates(orders.time_to_next(cells, quantile)[place], day) for name, quantile in QUANTILES.items()}
    return {
        "alive_probability": np.round(alive, 6),
        "expected_order_count": np.round(expected[place], 6),
        "expected_margin_amount": margin,
        "clv_margin_365d_amount": margin * spread,
        **dates,
    }


def as_arrow(columns: dict[str, Any]) -> dict[str, pa.Array]:
    """The published columns as Arrow arrays; amounts to the cent, NaN and NaT as NULL."""
    import pyarrow as pa

    def typed(name: str, values: Any) -> pa.Array:
        if name.endswith("_amount"):
            return pa.array(np.round(values, 2), from_pandas=True).cast(pa.decimal128(18, 4))
        if name.endswith("_date"):
            return pa.array(values.astype("datetime64[D]"), pa.date32(), from_pandas=True)
        return pa.array(values, from_pandas=True)

    return {name: typed(name, values) for name, values in columns.items()}


def _dates(times: Floats, day: date) -> np.ndarray:
    """As-of date + days, rounded up; NaT where it never comes or the calendar ends."""
    start = np.datetime64(day, "D")
    days = np.ceil(times)
    known = days <= (LAST_DATE - start).astype(float)
    return np.where(known, start + np.where(known, days, 0).astype("timedelta64[D]"), np.datetime64("NaT"))


def _summary(con: Connection, run: dict[str, Any], day: date) -> dict[str, Any]:
    found = con.execute(
        f"select count(*), sum(expected_margin_amount), sum(clv_margin_365d_amount) from {TABLE} "
        "where model_version = ? and as_of_date = ?",
        [run["model_version"], day],
    ).fetchone() or (0, None, None)
    return {
        "task": CLV.name,
        "model_version": run["model_version"],
        "algorithm": run["algorithm"],
        "as_of_date": day,
        "scored": int(found[0]),
        "horizon_days": run["horizon_days"],
        "expected_margin_amount": found[1],
        "clv_margin_365d_amount": found[2],
    }
