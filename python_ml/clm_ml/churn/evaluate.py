"""The figures of a run, as the register holds them: every candidate and every rule on the same customers."""

from __future__ import annotations

from typing import Any

from clm_ml.console import aligned
from clm_ml.errors import UsageError
from clm_ml.models import register
from clm_ml.models.metrics import METRICS
from clm_ml.models.snapshots import CHURN
from clm_ml.warehouse import connect


def evaluate(version: str | None = None) -> dict[str, Any]:
    """One run (the champion by default) with its metrics, calibration and feature effects."""
    with connect(read_only=True) as con:
        run = register.require_champion(con, CHURN.name)
        if version:
            found = register.find(con, version)
            if not found:
                raise UsageError(f"no run is called {version}", "`clm-ml status` names the champion")
            run = found
        key = [run["model_version"]]
        return {
            "run": run,
            "metrics": register.records(
                con,
                f"select * from predictions.{register.METRICS} where model_version = ? "
                "order by split, candidate, metric",
                key,
            ),
            "calibration": register.records(
                con,
                f"select * from predictions.{register.CALIBRATION} where model_version = ? "
                "order by split, candidate, bin_number",
                key,
            ),
            "effects": register.records(
                con,
                f"select * from predictions.{register.EFFECTS} where model_version = ? order by effect_rank",
                key,
            ),
        }


def as_text(found: dict[str, Any]) -> str:
    """The test read side by side with intervals, the calibration of the chosen, the strongest features, a verdict."""
    run = found["run"]
    return "\n\n".join(
        [
            f"{run['model_version']} · {run['algorithm']} · test {run['test_date']}, "
            f"{run['test_customer_count']:,} customers, H = {run['horizon_days']} days",
            _side_by_side(found["metrics"]),
            _calibration(found["calibration"], run["algorithm"]),
            _effects(found["effects"]),
            f"verdict: {run['verdict']}.",
        ]
    )


def _side_by_side(metrics: list[dict[str, Any]]) -> str:
    test = {(m["candidate"], m["metric"]): m for m in metrics if m["split"] == "test"}
    names = sorted({m["candidate"] for m in metrics}, key=lambda name: _order(test, name))
    shown = [*METRICS, "auc_gain_over_rule", "log_loss_gain_over_rule"]
    head = ["metric (test, 95 % interval)"] + [f"{n} *" if _is_chosen(metrics, n) else n for n in names]
    lines = [[metric, *(_figure(test.get((name, metric))) for name in names)] for metric in shown]
    return aligned([head, *lines]) + "\n* chosen"


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
    return f"calibration of {algorithm} on the test slice\n" + aligned([head, *body])


def _effects(effects: list[dict[str, Any]]) -> str:
    head = ["AUC lost when shuffled", "mean", "range"]
    body = [
        [e["feature_name"], f"{e['auc_loss']:+.4f}", f"{e['auc_loss_low']:+.4f} … {e['auc_loss_high']:+.4f}"]
        for e in effects[:10]
    ]
    return aligned([head, *body])


def _order(test: dict[tuple[str, str], dict[str, Any]], name: str) -> tuple[float, str]:
    figure = test.get((name, "log_loss"))
    return (figure["metric_value"] if figure and figure["metric_value"] is not None else 99.0, name)


def _is_chosen(metrics: list[dict[str, Any]], name: str) -> bool:
    return any(m["is_chosen"] for m in metrics if m["candidate"] == name)


def _figure(metric: dict[str, Any] | None) -> str:
    if metric is None or metric["metric_value"] is None:
        return "–"
    if metric["value_low"] is None:
        return f"{metric['metric_value']:.3f}"
    return f"{metric['metric_value']:.3f} [{metric['value_low']:.3f}, {metric['value_high']:.3f}]"
