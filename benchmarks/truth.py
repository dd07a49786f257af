"""`python -m benchmarks.truth`: the scores of simulated shops against the truth that no model reads.

Per seed a shop is simulated, loaded, trained on and scored by the commands a user types; then each customer's
interval is held against their own true probability, and the figures of the test read come from the register.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
from clm_ml.churn.score import level_on, load
from clm_ml.console import progress
from clm_ml.models import register
from clm_ml.models.rows import Floats
from clm_ml.models.season import moved
from clm_ml.models.snapshots import CHURN, read_eligible
from clm_ml.warehouse import connect

from benchmarks.bench import Bench
from benchmarks.measure import ROOT

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

VARIABLES = json.dumps({"churn_horizon_days": 90, "late_days": 0})
MODELS = (
    *("path:seeds/reference", "+feat_customer__all", "+feat_customer__kept_value", "+label_churn"),
    *("int_contact_terms", "predictions"),
)
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
EVENT_RATE = "0.5"  # half the clicks of the default shop: they are most of the cost
FIGURES = ("auc", "log_loss", "ece", "calibration_slope", "calibration_intercept")
POLICY, RIVALS = "profit_contact_rule", ("profit_treat_all", "profit_treat_none", "profit_threshold_half")
ROUNDING = 1e-6  # of the published columns
COVERED, SLOPES = (0.87, 0.93), (0.8, 1.2)


@dataclass(frozen=True)
class Coverage:
    """Intervals against true probabilities, as shares of the customers."""

    customers: int
    covered: float
    truth_below: float
    truth_above: float
    width: float

    @classmethod
    def of(cls, truth: Floats, low: Floats, high: Floats) -> Coverage:
        below, above = truth < low - ROUNDING, truth > high + ROUNDING
        parts = (1 - below.mean() - above.mean(), below.mean(), above.mean(), (high - low).mean())
        return cls(len(truth), *(round(float(part), 4) for part in parts))


def measured(bench: Bench, seed: int, customers: int, months: int) -> dict[str, Any]:
    """One shop, from its simulation to its figures."""
    bench.prepare()
    shop = bench.folder / "shop"
    size = ("--customers", str(customers), "--months", str(months), "--seed", str(seed), "--event-rate", EVENT_RATE)
    bench.clm_ml("simulate", *size, "--out", str(shop), "--overwrite")
    bench.clm_ml("load", "contract", *sorted(str(path) for path in shop.glob("*.parquet")))
    bench.dbt("build", "--threads", "1", "--select", *MODELS, *WITHOUT_TESTS, "--vars", VARIABLES)
    bench.clm_ml("train", "churn")
    bench.clm_ml("score", "churn")
    settings = {"CLM_DATABASE": str(bench.warehouse), "DBT_PROJECT_DIR": str(ROOT)}
    with mock.patch.dict(os.environ, settings), connect() as con:
        return {"seed": seed, **figures(con, shop / "truth" / "truth_customers.parquet")}


def figures(con: Connection, truth_file: Path) -> dict[str, Any]:
    """The champion's figures on test, and its intervals on the newest scores against the truth."""
    run = register.require_champion(con, CHURN.name)
    metrics = register.records(
        con,
        f"select metric, metric_value, value_low, value_high from predictions.{register.METRICS} "
        "where model_version = ? and is_chosen and split = 'test' order by metric",
        [run["model_version"]],
    )
    scores = register.records(
        con,
        "select p.as_of_date, p.customer_id, p.probability_low, p.probability_high, t.probability_no_order "
        f"from predictions.pred_churn as p inner join '{truth_file}' as t using (customer_id, as_of_date) order by 2",
    )
    truth, low, high = (
        np.array([row[name] for row in scores])
        for name in ("probability_no_order", "probability_low", "probability_high")
    )
    gone = truth == 1
    return {
        "algorithm": run["algorithm"],
        "as_of_date": str(scores[0]["as_of_date"]),
        "figures": {one["metric"]: one["metric_value"] for one in metrics if one["metric"] in FIGURES},
        "policy": {one["metric"]: one["metric_value"] for one in metrics if one["metric"] in (POLICY, *RIVALS)},
        "all": asdict(Coverage.of(truth, low, high)),
        "there": asdict(Coverage.of(truth[~gone], low[~gone], high[~gone])),
        "gone": asdict(Coverage.of(truth[gone], low[gone], high[gone])),
        "of_the_estimate": asdict(Coverage.of(truth, *of_the_estimate(con, run, scores))),
    }


def of_the_estimate(con: Connection, run: dict[str, Any], scores: list[dict[str, Any]]) -> tuple[Floats, Floats]:
    """The interval without the customer's own pace: what sampling alone leaves open."""
    day: date = scores[0]["as_of_date"]
    ensemble, _ = load(run)
    level, _ = level_on(con, run, ensemble, day)
    rows = next(read_eligible(con, CHURN, day, ensemble.names))
    known = dict.fromkeys(row["customer_id"] for row in scores)
    rows = rows.take(np.array([customer in known for customer in rows.customer]))
    _, low, high = replace(moved(ensemble, level), pace=None).interval(rows.features)
    return low, high


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Over all seeds: coverage by customer, the slopes' range, and whether they meet what is wanted."""
    people = sum(one["all"]["customers"] for one in runs)
    pooled = {
        part: round(sum(one[part]["covered"] * one[part]["customers"] for one in runs)
                    / sum(one[part]["customers"] for one in runs), 4)
        for part in ("all", "there", "gone", "of_the_estimate")
    }  # fmt: skip
    slopes = [one["figures"]["calibration_slope"] for one in runs]
    return {
        "seeds": len(runs),
        "customers": people,
        "covered": pooled,
        "covered_by_seed": [min(one["all"]["covered"] for one in runs), max(one["all"]["covered"] for one in runs)],
        "width": round(statistics.mean(one["all"]["width"] for one in runs), 4),
        "slopes": [round(min(slopes), 3), round(max(slopes), 3)],
        "policy_as_good": sum(one["policy"][POLICY] >= max(one["policy"][name] for name in RIVALS) for one in runs),
        "is_covered": COVERED[0] <= pooled["all"] <= COVERED[1],
        "is_calibrated_on_each": all(SLOPES[0] <= slope <= SLOPES[1] for slope in slopes),
    }


def as_markdown(found: dict[str, Any]) -> str:
    """The table of the seeds, and what they say together."""
    runs, whole = found["runs"], found["summary"]
    policies = (POLICY, *RIVALS)
    head = ["seed", "champion", "customers", "covered", "truth below", "above", "mean width", "estimate alone covers",
            "slope", "ECE", "AUC", *policies]  # fmt: skip
    lines = [
        [
            str(one["seed"]), one["algorithm"], f"{one['all']['customers']:,}", f"{one['all']['covered']:.3f}",
            f"{one['all']['truth_below']:.3f}", f"{one['all']['truth_above']:.3f}", f"{one['all']['width']:.3f}",
            f"{one['of_the_estimate']['covered']:.3f}",
            *(f"{one['figures'][name]:.3f}" for name in ("calibration_slope", "ece", "auc")),
            *(f"{one['policy'][name]:,.2f}" for name in policies),
        ]
        for one in runs
    ]  # fmt: skip
    return f"# Scores against simulated truth\n\n{_said(whole)}\n\n{_table([head, ['---'] * len(head), *lines])}\n"


def _said(whole: dict[str, Any]) -> str:
    covered, by_seed, slopes = whole["covered"], whole["covered_by_seed"], whole["slopes"]
    return (
        f"{whole['seeds']} shops. 90 % intervals cover {covered['all']:.1%} of {whole['customers']:,} true "
        f"probabilities ({by_seed[0]:.1%} to {by_seed[1]:.1%} by seed; wanted {COVERED[0]:.0%} to {COVERED[1]:.0%}: "
        f"{_yes(whole['is_covered'])}): {covered['there']:.1%} of those who are there, {covered['gone']:.1%} of "
        f"those who are gone. An interval of the estimate alone covers {covered['of_the_estimate']:.1%}. Slopes "
        f"{slopes[0]:.2f} to {slopes[1]:.2f} (wanted {SLOPES[0]} to {SLOPES[1]} on each: "
        f"{_yes(whole['is_calibrated_on_each'])}). The contact rule earns at least as much as the best of its "
        f"rivals in {whole['policy_as_good']} of {whole['seeds']} (real outcomes, simulated response)."
    )


def _table(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _yes(is_met: bool) -> str:
    return "met" if is_met else "not met"


def main() -> int:
    """Writes truth.json and truth.md; seeds that stand in the file already are kept with --resume."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--resume", action="store_true", help="keep the seeds that stand in the file")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "truth")
    asked = parser.parse_args()
    path: Path = asked.out / "truth.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if asked.resume and path.exists() else []
    left = [
        seed for seed in range(asked.first, asked.first + asked.seeds) if seed not in {one["seed"] for one in runs}
    ]
    for seed in progress(left, "shops"):
        runs.append(measured(Bench(asked.work.resolve()), seed, asked.customers, asked.months))
        settings = {"customers": asked.customers, "months": asked.months, "event_rate": EVENT_RATE}
        found = {"settings": settings, "summary": summary(runs), "runs": runs}
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (asked.out / "truth.md").write_text(as_markdown(found), encoding="utf-8")
    print(as_markdown(json.loads(path.read_text(encoding="utf-8"))), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
