"""The figures of a run, as the register holds them: every candidate and every rule on the same customers."""

from __future__ import annotations

import json
from typing import Any

from clm_ml.models import contact, register, rules
from clm_ml.models.metrics import METRICS
from clm_ml.models.read_out import figure, figures_of, grid, run_of, side_by_side
from clm_ml.models.snapshots import CHURN
from clm_ml.warehouse import connect

SHOWN = (*METRICS, "auc_gain_over_rule", "log_loss_gain_over_rule")
TABLED = ("log_loss", "auc", "ece", "calibration_slope")
SIDE_BY_SIDE = 3  # models with all their figures, and the chosen one, and the rules


def evaluate(version: str | None = None) -> dict[str, Any]:
    """One run (the champion by default) with its metrics, calibration, feature effects and costs."""
    with connect(read_only=True) as con:
        run = run_of(con, CHURN.name, version)
        return {
            "run": run,
            "metrics": figures_of(con, register.METRICS, run, "split, candidate, metric"),
            "calibration": figures_of(con, register.CALIBRATION, run, "split, candidate, bin_number"),
            "effects": figures_of(con, register.EFFECTS, run, "effect_rank"),
            "costs": figures_of(con, register.COSTS, run, "candidate"),
        }


def as_text(found: dict[str, Any]) -> str:
    """A line per candidate, the best side by side, calibration and features of the chosen, a verdict."""
    run, metrics = found["run"], found["metrics"]
    return "\n\n".join(
        [
            f"{run['model_version']} · {run['algorithm']} · test {run['test_date']}, "
            f"{run['test_customer_count']:,} customers, H = {run['horizon_days']} days",
            _candidates(metrics, found["costs"]),
            side_by_side(_best(metrics), SHOWN, "log_loss"),
            _calibration(found["calibration"], run["algorithm"]),
            *_profit(found["metrics"], run),
            _effects(found["effects"]),
            f"verdict: {run['verdict']}.",
        ]
    )


def _candidates(metrics: list[dict[str, Any]], costs: list[dict[str, Any]]) -> str:
    """Who competed, best log loss on test first, with the cost to train and to score."""
    cost = {one["candidate"]: one for one in costs}
    chosen = {m["candidate"] for m in metrics if m["is_chosen"]}
    head = [
        "candidate (test)",
        "log loss",
        "AUC",
        "ECE",
        "slope",
        "fits",
        "rows each",
        "seconds",
        "ms for 1,000 scores",
    ]
    body = []
    for name in _by_log_loss(metrics):
        figures = [_number(metrics, name, metric) for metric in TABLED]
        body.append([f"{name} *" if name in chosen else name, *figures, *_words_of_cost(cost.get(name))])
    return grid([head, *body])


def _best(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures of the rules, the best models and the chosen one."""
    models = [name for name in _by_log_loss(metrics) if name not in rules.NEEDED]
    chosen = {m["candidate"] for m in metrics if m["is_chosen"]}
    shown = {*models[:SIDE_BY_SIDE], *rules.NEEDED, *chosen}
    return [m for m in metrics if m["candidate"] in shown]


def _by_log_loss(metrics: list[dict[str, Any]]) -> list[str]:
    found = [m for m in metrics if m["split"] == "test" and m["metric"] == "log_loss"]
    return [m["candidate"] for m in sorted(found, key=lambda m: (m["metric_value"], m["candidate"]))]


def _number(metrics: list[dict[str, Any]], name: str, metric: str) -> str:
    place = (name, "test", metric)
    value = next((m["metric_value"] for m in metrics if (m["candidate"], m["split"], m["metric"]) == place), None)
    return "–" if value is None else f"{value:.3f}"


def _words_of_cost(cost: dict[str, Any] | None) -> list[str]:
    if cost is None:
        return ["–"] * 4
    seconds, per_1000 = cost["fit_seconds"], 1000 * cost["score_seconds_per_1000"]
    return [str(cost["fit_count"]), f"{cost['fit_row_count']:,}", f"{seconds:.2f}", f"{per_1000:.2f}"]


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


def _profit(metrics: list[dict[str, Any]], run: dict[str, Any]) -> list[str]:
    """The contact rule with the champion's scores against its rivals; nothing where there were no values to read."""
    read = {m["metric"]: m for m in metrics if m["candidate"] == run["algorithm"] and m["split"] == "test"}
    if contact.METRICS[0] not in read:
        return []
    terms = json.loads(run["parameters"])["contact"]["terms"]
    head = ["profit per customer (test, 95 % interval)", "", "the rule earns more by"]
    body = [["contact rule", figure(read["profit_contact_rule"]), ""]]
    for rival in contact.RIVALS:
        gain = figure(read[f"profit_gain_over_{rival}"])
        body.append([rival.replace("_", " "), figure(read[f"profit_{rival}"]), gain])
    return [
        grid([head, *body])
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
    return grid([head, *body])
