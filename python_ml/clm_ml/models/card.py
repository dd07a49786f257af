"""The card of a version, in Markdown, from the tables alone: what it is for, learned from, how good, its limits.

Nothing is computed here that BI cannot read: ml_training_runs, ml_metrics, ml_calibration, ml_feature_effects,
ml_gates, and the read-outs of past scores and of drift, where dbt has made them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clm_ml.models import recurrent, register
from clm_ml.models.read_out import run_of
from clm_ml.warehouse import Record, connect, table_exists

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

STRONGEST = 10
PURPOSE: dict[str, tuple[str, ...]] = {
    "churn": (
        "The probability that an eligible customer places no valid order in the {horizon} days after the as-of date. "
        "For choosing whom to contact, and for how many losses to expect; not for judging one person.",
    ),
    "clv": ("What a customer is expected to bring in the {horizon} days after the as-of date.",),
    "segment": ("Which customers are alike, by what they bought and how often they came by: for speaking to them.",),
}
LIMITS: dict[str, tuple[str, ...]] = {
    "churn": (
        "The label is silence for {horizon} days, not a decision to leave: who orders more rarely counts as lost, "
        "and comes back.",
        "A customer's interval is of the own probability, by the assumptions of docs/model_guards.md; it says "
        "nothing about the 0 or 1 that comes.",
        "Reasons are what moves the score, no causes: changing one of them need not keep the customer.",
        "What has changed since is under drift.",
    ),
    "clv": ("No season is corrected for: totals are too low before a strong one and too high after it.",),
}
SHARED_LIMIT = "It holds for customers like those it learned from. A year unlike the last is not foreseen."
READ_ON = {"segment": "validation"}  # the split whose figures say most; of the others it is the test


def card(task: str, version: str | None = None) -> str:
    """The champion's card, or that of another version."""
    with connect(read_only=True) as con:
        run = run_of(con, task, version)
        limits = [*_words(LIMITS, run), SHARED_LIMIT]
        parts = [
            f"# {run['model_version']}",
            *_words(PURPOSE, run),
            _facts(run),
            _figures(con, run),
            _calibration(con, run),
            _effects(con, run),
            _gates(con, run),
            _past(con, run),
            _drift(con, run),
            "## Limits\n\n" + "\n".join(f"- {line}" for line in limits),
            _made_of(run),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _words(said: dict[str, tuple[str, ...]], run: Record) -> list[str]:
    return [line.format(horizon=run["horizon_days"]) for line in said.get(run["task"], ())]


def _facts(run: Record) -> str:
    features = json.loads(run["feature_names"])
    rows = [
        ("algorithm", run["algorithm"]),
        ("scores now", "yes, it is the champion" if run["is_champion"] else "no, another version is the champion"),
        ("why", run["verdict"]),
        *_dates(run),
        ("features", f"{len(features)}: {', '.join(features)}"),
        *_sequence(run),
    ]
    return "## Data and split\n\n" + _table(("", ""), rows)


def _sequence(run: Record) -> list[tuple[str, str]]:
    """What the recurrent network reads instead of them."""
    channels = json.loads(run["parameters"]).get("sequence", [])
    is_read = run["algorithm"] == recurrent.NAME
    return [("read as a sequence instead", f"{', '.join(channels)}, of each four weeks of a year")] if is_read else []


def _dates(run: Record) -> list[tuple[str, str]]:
    """What the dates of a run were for: churn is calibrated, of value a model is chosen, segments are drawn."""
    task, newest = run["task"], run["deployed_calibration_date"]
    if task == "segment":
        return [
            ("drawn on", f"{run['test_date']}, {run['test_customer_count']:,} customers"),
            ("compared with", f"{run['last_train_date']}, {run['train_row_count']:,} customers"),
        ]
    middle, refitted = ("calibrated", "calibrated on") if task == "churn" else ("chosen", "order models on")
    return [
        ("fitted", f"{run['first_train_date']} … {run['last_train_date']}, {run['train_row_count']:,} rows"),
        (middle, f"{run['calibration_date']}, {run['calibration_row_count']:,} rows"),
        ("tested", f"{run['test_date']}, {run['test_customer_count']:,} customers"),
        ("fitted again to score", f"up to {run['deployed_last_train_date']}, {refitted} {newest}"),
    ]


def _figures(con: Connection, run: Record) -> str:
    split = READ_ON.get(run["task"], "test")
    found = _of(con, register.METRICS, run, f"is_chosen and split = '{split}'", "metric")
    rows = [
        (one["metric"], _figure(one["metric_value"]), _range(one["value_low"], one["value_high"])) for one in found
    ]
    return _section(
        f"Figures on the {split} date" if split == "test" else "Figures", ("metric", "value", "95 % interval"), rows
    )


def _calibration(con: Connection, run: Record) -> str:
    chosen = f"split = 'test' and candidate = '{run['algorithm']}'"
    rows = [
        (
            one["bin_number"],
            one["row_count"],
            _figure(one["mean_probability"]),
            _figure(one["observed_rate"]),
            _range(one["rate_low"], one["rate_high"]),
        )
        for one in _of(con, register.CALIBRATION, run, chosen, "bin_number")
    ]
    head = ("tenth", "customers", "foretold", "came about", "95 % interval")
    return _section("Calibration on the test date", head, rows)


def _effects(con: Connection, run: Record) -> str:
    found = _of(con, register.EFFECTS, run, f"effect_rank <= {STRONGEST}", "effect_rank")
    rows = [(one["feature_name"], _figure(one["auc_loss"], 4)) for one in found]
    return _section("What it leans on", ("feature", "AUC lost when shuffled"), rows)


def _gates(con: Connection, run: Record) -> str:
    if not table_exists(con, "predictions", "ml_gates"):
        return ""
    query = "select * from predictions.ml_gates where task = ? order by is_passed, gate"
    rows = [
        (
            one["gate"],
            _count(one["found_count"]),
            _count(one["needed_count"]),
            "passed" if one["is_passed"] else f"refused: {one['reason']}",
        )
        for one in register.records(con, query, [run["task"]])
    ]
    return _section("Gates, as last measured", ("gate", "found", "needed", ""), rows)


def _past(con: Connection, run: Record) -> str:
    if not table_exists(con, "quality", "fct_score_calibration"):
        return ""
    query = "select * from quality.fct_score_calibration where model_version = ? order by as_of_date"
    rows = [
        (
            one["as_of_date"],
            "yes" if one["is_out_of_sample"] else "no: it had learned from later outcomes",
            _count(one["customer_count"]),
            _figure(one["mean_probability"]),
            _figure(one["churn_rate"]),
            _range(one["churn_rate_low"], one["churn_rate_high"]),
            _figure(one["brier_score"]),
            _figure(one["auc"]),
        )
        for one in register.records(con, query, [run["model_version"]])
    ]
    head = ("scored as of", "counts", "customers", "foretold", "came about", "95 % interval", "Brier", "AUC")
    return _section("Past scores whose outcome is known", head, rows)


def _drift(con: Connection, run: Record) -> str:
    if not table_exists(con, "quality", "fct_feature_drift"):
        return ""
    query = "select * from quality.fct_feature_drift where model_version = ? order by psi desc, feature_name"
    found = register.records(con, query, [run["model_version"]])
    known = [one for one in found if one["psi"] is not None]
    bands = [f"{sum(one['drift_band'] == b for one in known)} {b}" for b in ("drifted", "moved", "stable")]
    rows = [
        (
            one["feature_name"],
            one["as_of_date"],
            _figure(one["psi"]),
            _figure(one["psi_by_chance"]),
            one["drift_band"],
        )
        for one in known
        if one["drift_band"] != "stable" or one["feature_name"] == "churn_probability"
    ]
    counted = f"{', '.join(bands)}, {len(found) - len(known)} not measured"
    head = ("feature", "as of", "stability index", "by chance alone", "")
    return _section(f"Drift since training: {counted}", head, rows)


def _made_of(run: Record) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in json.loads(run["package_versions"]).items())
    rows = [
        ("trained", f"{run['trained_at']:%Y-%m-%d %H:%M} UTC"),
        ("data", f"SHA-256 {run['data_hash']}"),
        ("code", run["code_version"]),
        ("packages", packages),
        ("seed", run["seed"]),
        ("file", f"{run['model_file']}, SHA-256 {run['model_sha256']}" if run["model_file"] else "none: a rule"),
    ]
    return "## Made of\n\n" + _table(("", ""), rows)


def _of(con: Connection, table: str, run: Record, which: str, order: str) -> list[Record]:
    query = f"select * from predictions.{table} where model_version = ? and {which} order by {order}"
    return register.records(con, query, [run["model_version"]])


def _section(title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    return f"## {title}\n\n{_table(head, rows)}" if rows else ""


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_figure(low)} … {_figure(high)}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
