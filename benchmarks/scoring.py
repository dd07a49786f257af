"""`python -m benchmarks.scoring`: `clm-ml score churn` of many customers, step by step, beside bare `predict_proba`.

A shop is simulated and built, and a model of each family trained on it by the commands a user types. Its newest
customers are multiplied, each with values of its own, and scored. Bare is scikit-learn's `predict_proba` of every
member of the champion, on a matrix of doubles in memory. CPU seconds of all threads; numerical libraries have one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from clm_ml.churn import score as scoring
from clm_ml.console import say
from clm_ml.models import boosting, contributions, ensemble, forest, logistic, publish, reasons, register, snapshots
from clm_ml.models.snapshots import CHURN
from clm_ml.models.threads import one_thread
from clm_ml.tasks import Scoring
from clm_ml.warehouse import connect

from benchmarks import truth
from benchmarks.bare_models import FIT_ROWS_FOR_SCORING, estimator
from benchmarks.bench import Bench
from benchmarks.child import Meter
from benchmarks.machine import described
from benchmarks.measure import ROOT

Request = dict[str, Any]
Answer = dict[str, Any]

CHOICES = ("all", "high", "none")
MODELS = (logistic.NAME, boosting.NAME, forest.NAME)
PLAN = (
    (logistic.NAME, 1, CHOICES),
    (boosting.NAME, 1, CHOICES),
    (forest.NAME, 1, ("none",)),
    (forest.NAME, 10, ("all", "high")),  # a tenth of the customers: their reasons take minutes
)
SHOP = ("--customers", "6000", "--months", "24", "--seed", "31")
SPREAD = (0.85, 0.30)  # a multiplied customer has 85 to 115 % of each of the values
STEPS: tuple[tuple[Any, str, str], ...] = (
    (publish, "stream", "reading features"),
    (snapshots, "rows_of", "features as a matrix"),
    (contributions.Contributor, "of", "members' scores and contributions"),
    (ensemble.Ensemble, "score", "members' scores and contributions"),
    (ensemble.Ensemble, "interval_at", "interval"),
    (reasons.Explainer, "__init__", "the model made ready, once"),
    (reasons.Explainer, "of", "the three strongest topics"),
    (reasons.Explainer, "_sentences", "reasons in words"),
    (publish.Maker, "made", "columns in Arrow"),
    (publish, "_insert", "insert"),
    (publish, "publish_made", "commit"),
)
BEFORE = "checks, season, start"


class Stopwatch:
    """CPU seconds by step; what a step calls that is a step itself counts there only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open = [BEFORE]
        self._since = time.process_time()

    def turn(self) -> None:
        """Charge what has passed to the innermost open step."""
        now = time.process_time()
        self.seconds[self._open[-1]] = self.seconds.get(self._open[-1], 0.0) + now - self._since
        self._since = now

    def within(self, step: str, call: Callable[[], Any]) -> Any:
        self.turn()
        self._open.append(step)
        try:
            return call()
        finally:
            self.turn()
            self._open.pop()

    def watch(self, owner: Any, name: str, step: str) -> None:
        """From now on calls of owner.name are charged to the step; of a generator, each of its items."""
        inner = getattr(owner, name)

        def watched(*args: Any, **more: Any) -> Any:
            found = self.within(step, lambda: inner(*args, **more))
            return self._items(step, found) if isinstance(found, Iterator) else found

        setattr(owner, name, watched)

    def _items(self, step: str, items: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while (item := self.within(step, lambda: next(items, end))) is not end:
            yield item


def score_steps(request: Request) -> Answer:
    """`clm-ml score churn` in this process, by step."""
    import sklearn.ensemble  # noqa: F401  (as `clm-ml score` has it loaded before it begins)

    watch = Stopwatch()
    for owner, name, step in STEPS:
        watch.watch(owner, name, step)
    scoring.publish_made = publish.publish_made
    with Meter() as meter:
        found = scoring.score(Scoring(reasons=request["reasons"]))
        watch.turn()
    return {"used": meter.used, "steps": watch.seconds, "scored": found["scored"], "bands": found["bands"]}


def bare_predict(request: Request) -> Answer:
    """`predict_proba` of the members, on the same customers in memory: in one call, and in scoring's batches."""
    with one_thread(), connect(read_only=True) as con:
        model, _ = scoring.load(register.require_champion(con, CHURN.name))
        day = snapshots.snapshot_dates(con)[-1]
        features = np.vstack([batch.features for batch in snapshots.read_eligible(con, CHURN, day, model.names)])
        members = _bare_members(con, model)
        with Meter() as bare:
            for member in members:
                member.predict_proba(features)
        with Meter() as in_batches:
            for member in members:
                for start in range(0, len(features), publish.BATCH):
                    member.predict_proba(features[start : start + publish.BATCH])
    return {"used": bare.used, "in_batches": in_batches.used, "members": len(members), "rows": len(features)}


def _bare_members(con: Any, model: ensemble.Ensemble) -> list[Any]:
    """A logistic member is fitted anew as scikit-learn's pipeline: transform, impute, scale, weigh."""
    if model.algorithm != logistic.NAME:
        return [member.estimator for member in model.members]  # type: ignore[attr-defined]
    labelled = snapshots.read_labelled(con, CHURN, model.names, (), FIT_ROWS_FOR_SCORING)
    fitted = estimator(logistic.NAME, 0).fit(labelled.features, labelled.label)
    return [fitted] * len(model.members)


def multiply(path: Path, customers: int) -> None:
    """The newest as-of date gets so many customers, made of its eligible ones; other dates stay."""
    with duckdb.connect(str(path)) as con:
        con.execute("set TimeZone = 'UTC'")
        row = con.execute("select max(as_of_date) from features.feat_customer__all").fetchone()
        assert row is not None
        day = row[0]
        kinds = con.execute("describe features.feat_customer__all").fetchall()
        values = ", ".join(_spread(name, kind) for name, kind, *_ in kinds if name not in snapshots.KEYS)
        eligible = f"f.as_of_date = date '{day}' and {CHURN.eligible}"
        source = con.execute(f"select count(*) from {CHURN.source} where {eligible}").fetchone()
        assert source is not None
        con.execute(
            f"""create table features.many as
            select * from features.feat_customer__all where as_of_date < date '{day}'
            union all by name
            select concat('customer-', lpad(cast(hash(i) % 100000000 as varchar), 8, '0'), '-', i) as customer_id,
                as_of_date, {values}
            from (
                select f.*, row_number() over (order by f.customer_id) - 1 as n from {CHURN.source} where {eligible}
            ) as f
            inner join range({customers}) as r(i) on r.i % {source[0]} = f.n"""
        )
        con.execute(
            f"""create table labels.many as
            select * from labels.label_churn where as_of_date < date '{day}'
            union all by name
            select customer_id, as_of_date, true as is_eligible,
                (select max(horizon_days) from labels.label_churn) as horizon_days
            from features.many where as_of_date = date '{day}'"""
        )
        for schema, name in (("features", "feat_customer__all"), ("labels", "label_churn")):
            con.execute(f"drop {_kind(con, schema, name)} {schema}.{name}")
            con.execute(f"alter table {schema}.many rename to {name}")


def _spread(name: str, kind: str) -> str:
    if kind == "BOOLEAN" or name.startswith("is_"):
        return f'f."{name}"'
    low, width = SPREAD
    value = f"f.\"{name}\" * ({low} + {width} * (hash(i, '{name}') % 10007) / 10007)"
    return f'cast({f"round({value})" if kind in ("BIGINT", "INTEGER") else value} as {kind}) as "{name}"'


def _kind(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> str:
    row = con.execute(
        "select table_type from information_schema.tables where table_schema = ? and table_name = ?", [schema, name]
    ).fetchone()
    return "view" if row and row[0] == "VIEW" else "table"


def run(bench: Bench, customers: int, only: list[str], is_made: bool) -> dict[str, Any]:
    """Per algorithm: with reasons for everyone, for the highest band, and for nobody."""
    if not is_made:
        make_shop(bench)
    models = [measured(bench, name, customers // part, choices) for name, part, choices in PLAN if name in only]
    return {"machine": described(), "models": models}


def make_shop(bench: Bench) -> None:
    """A simulated shop, built as far as training needs it."""
    bench.prepare()
    say("simulating, loading and building a shop")
    folder = bench.folder / "shop"
    bench.clm_ml("simulate", *SHOP, "--out", str(folder), "--overwrite")
    bench.clm_ml("load", "contract", *sorted(str(path) for path in folder.glob("*.parquet")))
    bench.dbt("build", "--threads", "1", "--select", *truth.MODELS, *truth.WITHOUT_TESTS, "--vars", truth.VARIABLES)
    bench.keep("shop")


def measured(bench: Bench, algorithm: str, customers: int, choices: tuple[str, ...]) -> dict[str, Any]:
    """One family's model on the multiplied customers."""
    say(f"{algorithm}: training, then scoring {customers:,} customers")
    bench.place("shop")
    bench.clm_ml("train", "churn", "--candidates", algorithm)
    multiply(bench.warehouse, customers)
    used, bare = bench.task("bare_predict")
    found: dict[str, Any] = {}
    for name in choices:
        with duckdb.connect(str(bench.warehouse)) as con:
            con.execute("delete from predictions.pred_churn")
        scoring_used, scored = bench.task("score_steps", reasons=name)
        ratio = round(scoring_used.cpu / used.cpu, 2)
        say(f"  reasons of {name}: {scoring_used.cpu:.1f} CPU seconds, {ratio:.1f} times bare")
        to_batches = round(scoring_used.cpu / bare["in_batches"]["cpu"], 2)
        found[name] = {"used": scoring_used.as_dict(), "ratio": ratio, "ratio_to_batches": to_batches, **scored}
    return {
        "algorithm": algorithm,
        "customers": customers,
        "bare": {"used": used.as_dict(), **bare},
        "reasons": found,
    }


def as_markdown(found: dict[str, Any]) -> str:
    """The table of docs/scale.md."""
    lines = [
        "| model | customers | bare, one call | in batches | reasons of | CPU seconds | ratios | peak MB |",
        "|---|---:|---:|---:|---|---:|---:|---:|",
    ]
    for model in found["models"]:
        for name, scored in model["reasons"].items():
            used, bare = scored["used"], model["bare"]
            lines.append(
                f"| {model['algorithm']} | {model['customers']:,} | {bare['used']['cpu']:.1f} "
                f"| {bare['in_batches']['cpu']:.1f} | {name} | {used['cpu']:.1f} "
                f"| {scored['ratio']:.1f}, {scored['ratio_to_batches']:.1f} | {used['peak_mb']:,.0f} |"
            )
    return "\n".join(lines)


def steps_as_markdown(found: dict[str, Any]) -> str:
    """CPU seconds by step, where everyone has reasons."""
    models = [model for model in found["models"] if "all" in model["reasons"]]
    lines = [
        f"| | {' | '.join(model['algorithm'] for model in models)} |",
        f"|---|{'---:|' * len(models)}",
    ]
    for name in dict.fromkeys((BEFORE, *(step for _, _, step in STEPS))):
        figures = [f"{model['reasons']['all']['steps'].get(name, 0):.2f}" for model in models]
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "benchmarks" / "scoring")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "scoring.json")
    parser.add_argument("--again", action="store_true", help="on the shop that was made before")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    found = run(Bench(asked.work.resolve()), asked.customers, asked.only, asked.again)
    asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(as_markdown(found), steps_as_markdown(found), sep="\n\n")


if __name__ == "__main__":
    main()
