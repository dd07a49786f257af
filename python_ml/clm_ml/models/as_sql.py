"""An additive model as one SQL query that DuckDB and Spark both know, with every digit of its numbers.

Numbers are written with an exponent, because that makes them doubles on both engines. NULL, NaN and infinite values
are unknown ones, as in training. Each topic has a column; baseline, season and topics add up to the log odds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from clm_ml.models import logistic, rules
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.reasons import topic_of
from clm_ml.models.rows import Floats

LARGEST = float(np.finfo(float).max)


@dataclass(frozen=True)
class Sum:
    """The log odds as a sum: a baseline, and per feature name an expression over the column of that name."""

    baseline: float
    terms: dict[str, str]


def sum_of(ensemble: Ensemble, reference: Floats) -> Sum | None:
    """The calibrated log odds in SQL; None where the model is no sum of one term per feature."""
    if all(isinstance(member, logistic.LogisticScorer) for member in ensemble.members):
        return _of_logistic(ensemble)
    if all(isinstance(member, rules.RuleScorer) for member in ensemble.members):
        return _of_rule(ensemble, reference)
    return None


def as_sql(found: Sum, source: str, version: str, season: tuple[date, float]) -> str:
    """The query over `source`. `season` is the as-of date whose level was measured, and what it adds there."""
    topics: dict[str, list[str]] = {}
    for name, term in found.terms.items():
        topics.setdefault(column_of(topic_of(name)), []).append(term)
    level = f"case when as_of_date = date '{season[0]}' then {number(season[1])} else {number(0.0)} end"
    keys, parts = ["customer_id", "as_of_date"], ["baseline_log_odds", "season_contribution", *topics]
    known = [*keys, *map(_known, found.terms)]
    contributions = [
        *keys,
        f"{number(found.baseline)} as baseline_log_odds",
        f"{level} as season_contribution",
        *(f"{' + '.join(terms)} as {topic}" for topic, terms in topics.items()),
    ]
    sums = ["*", f"{' + '.join(parts)} as churn_log_odds"]
    final = [
        *keys,
        f"'{version}' as model_version",
        "1 / (1 + exp(-churn_log_odds)) as churn_probability",
        "churn_log_odds",
        *parts,
    ]
    return f"""with known as (
    select
        {_lines(known)}
    from {source}
),

contributions as (
    select
        {_lines(contributions)}
    from known
),

sums as (
    select
        {_lines(sums)}
    from contributions
)

select
    {_lines(final, 4)}
from sums
"""


def number(value: float) -> str:
    """A double that both engines read as the same double."""
    return f"{value:.17e}" if value >= 0 else f"({value:.17e})"


def column_of(topic: str) -> str:
    """The column that says what a topic adds."""
    return re.sub(r"\W+", "_", topic.lower()) + "_contribution"


def _of_logistic(ensemble: Ensemble) -> Sum:
    members = [member for member in ensemble.members if isinstance(member, logistic.LogisticScorer)]
    calibrator = ensemble.calibrator
    terms = [member.terms() for member in members]
    slope, constant, unknown = (calibrator.slope * np.mean([term[i] for term in terms], axis=0) for i in range(3))
    start = np.array([np.mean([member.intercept for member in members])])
    return Sum(
        float(calibrator.logit(start)[0]),
        {
            name: f"coalesce({number(slope[i])} * sign({name}) * ln(1 + abs({name})) + {number(constant[i])}, "
            f"{number(unknown[i])})"
            for i, name in enumerate(ensemble.names)
        },
    )


def _of_rule(ensemble: Ensemble, reference: Floats) -> Sum:
    start = ensemble.score(reference).mean()
    silent = "greatest(coalesce(recency_days, 0), 0)"
    gap = f"greatest(coalesce(typical_gap_days, {number(rules.GAP_WHERE_UNKNOWN)}), 1)"
    score = {rules.RECENCY: silent, rules.RECENCY_BY_GAP: f"{silent} / {gap}"}.get(ensemble.algorithm)
    slope = number(ensemble.calibrator.slope)
    needed = rules.NEEDED[ensemble.algorithm]
    terms = {name: number(0.0) for name in needed}
    if score:
        terms[needed[0]] = f"{slope} * (ln(1 + {score}) - {number(float(start))})"
    return Sum(float(ensemble.calibrator.logit(np.array([start]))[0]), terms)


def _known(name: str) -> str:
    value = f"cast({name} as double)"
    return f"case when abs({value}) <= {number(LARGEST)} then {value} end as {name}"


def _lines(expressions: list[str], indent: int = 8) -> str:
    return (",\n" + " " * indent).join(expressions)
