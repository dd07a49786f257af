"""The figures of a run, as the register holds them: every candidate and every rule on the same customers."""

from __future__ import annotations

from typing import Any

from clm_ml.models import register
from clm_ml.models.metrics import METRICS
from clm_ml.models.read_out import figures_of, grid, run_of, side_by_side
from clm_ml.models.snapshots import CHURN
from clm_ml.warehouse import connect

SHOWN = (*METRICS, "auc_gain_over_rule", "log_loss_gain_over_rule")


def evaluate(version: str | None = None) -> dict[str, Any]:
    """One run (the champion by default) with its metrics, calibration and feature effects."""
    with connect(read_only=True) as con:
        run = run_of(con, CHURN.name, version)
        return {
            "run": run,
            "metrics": figures_of(con, register.METRICS, run, "split, candidate, metric"),
            "calibration": figures_of(con, register.CALIBRATION, run, "split, candidate, bin_number"),
            "effects": figures_of(con, register.EFFECTS, run, "effect_rank"),
        }


def as_text(found: dict[str, Any]) -> str:
    """The test read side by side with intervals, the calibration of the chosen, the strongest features, a verdict."""
    run = found["run"]
    return "\n\n".join(
        [
            f"{run['model_version']} · {run['algorithm']} · test {run['test_date']}, "
            f"{run['test_customer_count']:,} customers, H = {run['horizon_days']} days",
            side_by_side(found["metrics"], SHOWN, "log_loss"),
            _calibration(found["calibration"], run["algorithm"]),
            _effects(found["effects"]),
            f"verdict: {run['verdict']}.",
        ]
    )


def _calibration(lines: list[dict[str, Any]], algorithm: str) -> str:
    head = ["bin", "customers", "predicted", "observed", "95 % interval"]
    body = [
        [
            str(line["bin_number"]),
            str(line["row_count"]),
            f"{line['mean_probability']:.3f}",
            f"{line['observed_rate']:.3f}",
            f"{line['rate_low']:.3f} … {line['rate_high']:.3f}",
        ]
        for line in lines
        if line["candidate"] == algorithm and line["split"] == "test"
    ]
    return f"calibration of {algorithm} on the test slice\n" + grid([head, *body])


def _effects(effects: list[dict[str, Any]]) -> str:
    head = ["AUC lost when shuffled", "mean", "range"]
    body = [
        [e["feature_name"], f"{e['auc_loss']:+.4f}", f"{e['auc_loss_low']:+.4f} … {e['auc_loss_high']:+.4f}"]
        for e in effects[:10]
    ]
    return grid([head, *body])
