"""The figures of a run: every rule and model on the same customers, deciles, and what the data do not tell."""

from __future__ import annotations

from typing import Any

from clm_ml.clv.rows import CLV
from clm_ml.clv.train import DECILES, PARAMETERS
from clm_ml.models import register
from clm_ml.models.read_out import figures_of, grid, run_of, side_by_side
from clm_ml.models.value_metrics import VALUE_METRICS
from clm_ml.warehouse import connect

SHOWN = (*VALUE_METRICS, "normalised_gini_gain_over_rule", "mae_gain_over_rule")


def evaluate(version: str | None = None) -> dict[str, Any]:
    """One run (the champion by default) with its metrics, deciles and parameters."""
    with connect(read_only=True) as con:
        run = run_of(con, CLV.name, version)
        return {
            "run": run,
            "metrics": figures_of(con, register.METRICS, run, "split, candidate, metric"),
            "deciles": figures_of(con, DECILES, run, "split, candidate, decile"),
            "parameters": figures_of(con, PARAMETERS, run, "as_of_date, candidate, parameter"),
        }


def as_text(found: dict[str, Any]) -> str:
    """The test read side by side with intervals, the deciles of the chosen, the parameters, a verdict."""
    run = found["run"]
    return "\n\n".join(
        [
            f"{run['model_version']} · {run['algorithm']} · test {run['test_date']}, "
            f"{run['test_customer_count']:,} customers, margin of {run['horizon_days']} days",
            side_by_side(found["metrics"], SHOWN, "normalised_gini", highest_first=True),
            _deciles(found["deciles"], run["algorithm"]),
            _parameters(found["parameters"]),
            f"verdict: {run['verdict']}.",
        ]
    )


def _deciles(lines: list[dict[str, Any]], algorithm: str) -> str:
    head = ["decile", "customers", "predicted", "actual", "share of all"]
    body = [
        [
            str(line["decile"]),
            str(line["customer_count"]),
            f"{line['mean_predicted_margin']:,.2f}",
            f"{line['mean_actual_margin']:,.2f}",
            "–" if line["share_of_actual"] is None else f"{line['share_of_actual']:.1%}",
        ]
        for line in lines
        if line["candidate"] == algorithm and line["split"] == "test"
    ]
    return f"margin per customer by tenth of {algorithm}'s predictions, test slice\n" + grid([head, *body])


def _parameters(lines: list[dict[str, Any]]) -> str:
    head = ["as of", "model", "parameter", "value", "standard error", ""]
    body = [
        [
            str(line["as_of_date"]),
            line["candidate"],
            line["parameter"],
            "–" if line["parameter_value"] is None else f"{line['parameter_value']:,.4g}",
            "–" if line["standard_error"] is None else f"{line['standard_error']:,.3g}",
            "" if line["is_identified"] else "not identified",
        ]
        for line in lines
    ]
    return "what the order and spend models say\n" + grid([head, *body])
