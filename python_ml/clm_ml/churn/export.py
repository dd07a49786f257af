"""The champion as a SQL query, for warehouses where Python is far away."""

from __future__ import annotations

from datetime import date

from clm_ml.churn.score import level_on, load
from clm_ml.errors import DataRefused
from clm_ml.models import register
from clm_ml.models.as_sql import as_sql, sum_of
from clm_ml.models.snapshots import CHURN, FEATURES, choose_day, require_features, require_tables
from clm_ml.warehouse import connect

HEAD = """-- {version} ({algorithm}), written by `clm-ml export churn`: write it anew after `clm-ml train`.
-- It scores every row; `clm-ml score` scores the eligible ones only, and rounds the probability to six digits.
-- Season, as of {day} and on no other date: {why}.
"""


def export(day: date | None = None, plain: bool = False) -> str:
    """A query with the champion's probabilities and contributions; raises DataRefused where it is no sum."""
    with connect(read_only=True) as con:
        require_tables(con, FEATURES, ("labels", CHURN.label_table))
        run = register.require_champion(con, CHURN.name)
        day = choose_day(con, day)
        ensemble, reference = load(run)
        require_features(con, CHURN, ensemble.names)
        found = sum_of(ensemble, reference)
        if found is None:
            raise DataRefused(
                f"{run['algorithm']} is no sum of one term per feature: it has no SQL form",
                "read its scores from predictions.pred_churn__latest, which `clm-ml score` fills",
            )
        shift, why = level_on(con, run, ensemble, day)
    source = ".".join(FEATURES) if plain else "{{ ref('" + FEATURES[1] + "') }}"
    head = HEAD.format(version=run["model_version"], algorithm=run["algorithm"], day=day, why=why)
    return head + as_sql(found, source, run["model_version"], (day, shift.amount if shift else 0.0))
