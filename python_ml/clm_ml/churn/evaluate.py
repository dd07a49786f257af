"""The figures of a run, as the register holds them: every candidate and every rule on the same customers."""

from __future__ import annotations

import json
from typing import Any

from clm_ml.errors import UsageError
from clm_ml.models import contact, register
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
            *_profit(found["metrics"], run),
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
    return _table([head, *lines]) + "\n* chosen"


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
    return f"calibration of {algorithm} on the test slice\n" + _table([head, *body])


def _profit(metrics: list[dict[str, Any]], run: dict[str, Any]) -> list[str]:
    """The contact rule with the champion's scores against its rivals; nothing where there were no values to read."""
    read = {m["metric"]: m for m in metrics if m["candidate"] == run["algorithm"] and m["split"] == "test"}
    if contact.METRICS[0] not in read:
        return []
    terms = json.loads(run["parameters"])["contact"]["terms"]
    head = ["profit per customer (test, 95 % interval)", "", "the rule earns more by"]
    body = [["contact rule", _figure(read["profit_contact_rule"]), ""]]
    for rival in contact.RIVALS:
        gain = _figure(read[f"profit_gain_over_{rival}"])
        body.append([rival.replace("_", " "), _figure(read[f"profit_{rival}"]), gain])
    return [
        _table([head, *body])
        + f"\nof {read['contact_rate']['row_count']:,} customers of known value the rule contacts "
        f"{read['contact_rate']['metric_value']:.0%}. Real outcomes, simulated response: an offer of "
        f"{terms['offer_cost']:g} keeps {terms['success_rate']:.0%} of those who leave,\n"
        f"{terms['take_rate']:.0%} of the others take it, a contact costs {terms['contact_cost']:g}. "
        "No experiment: it is not a measured lift"
    ]


def _effects(effects: list[dict[str, Any]]) -> str:
    head = ["AUC lost when shuffled", "mean", "range"]
    body = [
        [e["feature_name"], f"{e['auc_loss']:+.4f}", f"{e['auc_loss_low']:+.4f} … {e['auc_loss_high']:+.4f}"]
        for e in effects[:10]
    ]
    return _table([head, *body])


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


def _table(lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
