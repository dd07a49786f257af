"""The contact rule, and what a policy would have earned on customers whose outcome is known.

Outcomes are real, the response to an offer is simulated from the terms: of those who left, the success rate would
have stayed; of those who stayed, the take rate would have taken the offer. Nobody was contacted and nobody held back,
so none of this is a measured lift. dbt's macros/contact.sql is the same formula.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clm_ml.models.bootstrap import RESAMPLES, percentiles, resamples
from clm_ml.models.rows import Floats, Rows
from clm_ml.warehouse import table_exists

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

TERMS = ("intermediate", "int_contact_terms")
VALUES = ("features", "feat_customer__kept_value")
HALF = 0.5
RIVALS = ("treat_all", "treat_none", "threshold_half")
METRICS = (
    "profit_contact_rule",
    *(f"profit_{rival}" for rival in RIVALS),
    *(f"profit_gain_over_{rival}" for rival in RIVALS),
    "contact_rate",
)


@dataclass(frozen=True)
class Terms:
    """δ, γ, ψ, c: what an offer costs where it is taken, whom it keeps, who takes it anyway, what a contact costs."""

    offer_cost: float
    success_rate: float
    take_rate: float
    contact_cost: float

    def profit(self, probability: Floats, value: Floats) -> Floats:
        """What contacting is expected to bring; of a known outcome (0 or 1), what it brings."""
        kept = probability * self.success_rate * (value - self.offer_cost)
        return kept - (1 - probability) * self.take_rate * self.offer_cost - self.contact_cost

    def threshold(self, value: Floats) -> Floats:
        """The probability from which on that is above 0; NaN where it never is."""
        given_away = self.take_rate * self.offer_cost
        kept = self.success_rate * (value - self.offer_cost)
        pays = kept > self.contact_cost
        return np.where(pays, (given_away + self.contact_cost) / np.where(pays, kept + given_away, 1.0), np.nan)


@dataclass(frozen=True)
class Stakes:
    """The terms, and of each row what a kept customer is worth (NaN: not known, so not contacted by any policy)."""

    terms: Terms
    value: Floats

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the figures, for the run's version."""
        return {"terms": asdict(self.terms), "values": hashlib.sha256(self.value.tobytes()).hexdigest()}


def read(con: Connection, rows: Rows, day: date) -> Stakes | None:
    """The stakes of the rows, which are those of one as-of date; None where dbt has not made the tables."""
    if not (table_exists(con, *TERMS) and table_exists(con, *VALUES)):
        return None
    terms = con.execute(
        "select cast(offer_cost_amount as double), offer_success_rate, offer_take_rate, "
        f"cast(contact_cost_amount as double) from {'.'.join(TERMS)}"
    ).fetchone()
    found = con.execute(
        f"select customer_id, cast(kept_value_amount as double) from {'.'.join(VALUES)} where as_of_date = ?", [day]
    ).fetchall()
    value = {customer: np.nan if amount is None else amount for customer, amount in found}
    if terms is None:
        return None
    return Stakes(Terms(*map(float, terms)), np.array([value.get(customer, np.nan) for customer in rows.customer]))


def policies(terms: Terms, value: Floats, probability: Floats) -> dict[str, npt.NDArray[np.bool_]]:
    """Whom each policy contacts."""
    everyone = np.ones(len(value), dtype=bool)
    return {
        "contact_rule": terms.profit(probability, value) > 0,
        "treat_all": everyone,
        "treat_none": ~everyone,
        "threshold_half": probability >= HALF,
    }


def figures(
    stakes: Stakes, label: Floats, probability: Floats, customers: npt.NDArray[np.object_], seed: int
) -> tuple[dict[str, tuple[float, float, float]], int]:
    """Per metric the mean per customer of known value with its 95 % interval by customer, and how many they are."""
    known = np.isfinite(stakes.value)
    if not known.any():
        return {}, 0
    value, people = stakes.value[known], np.unique(customers[known].astype(str), return_inverse=True)[1]
    brings = stakes.terms.profit(label[known], value)
    contacted = policies(stakes.terms, value, probability[known])
    earned = {name: np.where(who, brings, 0.0) for name, who in contacted.items()}
    per_row = {f"profit_{name}": amount for name, amount in earned.items()}
    per_row |= {f"profit_gain_over_{rival}": earned["contact_rule"] - earned[rival] for rival in RIVALS}
    per_row["contact_rate"] = contacted["contact_rule"].astype(float)
    rows = np.column_stack([per_row[name] for name in METRICS])
    drawn = np.vstack([
        weights @ rows / weights.sum(axis=1, keepdims=True)
        for weights in resamples(people.astype(np.int64), RESAMPLES, seed)
    ])  # fmt: skip
    return {name: (float(rows[:, i].mean()), *percentiles(drawn[:, i])) for i, name in enumerate(METRICS)}, int(
        known.sum()
    )
