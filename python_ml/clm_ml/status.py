"""What is loaded, quarantined, trained and scored, and what to type next. A piece that is missing is "not yet"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clm_ml.tasks import TASKS
from clm_ml.warehouse import connect, table_exists

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

Record = dict[str, Any]
WATCHLIST = "audience_churn_watchlist"
HEADLINES = {
    "churn": ("auc", "AUC"),
    "clv": ("normalised_gini", "normalised Gini"),
    "segment": ("silhouette", "silhouette"),
}


def status() -> Record:
    """The state of the warehouse, one entry per part, `tasks` one per task; None where it does not exist yet."""
    with connect(read_only=True) as con:
        features = _features(con)
        found: Record = {
            "loaded": _loaded(con),
            "quarantined": _quarantined(con),
            "features": features,
            "tasks": {task: _task(con, task, features) for task in TASKS},
            "refused": _refused(con),
            "look": _look(con),
        }
    found["next"] = _next(found)
    return found


def as_text(found: Record) -> str:
    """A line per part, and per task."""
    loaded, features = found["loaded"], found["features"]
    lines = [f"loaded       {f'{loaded} files' if loaded else 'not yet (the demo shop comes as seeds)'}"]
    lines += _quarantine_lines(found["quarantined"])
    lines.append(f"features     {f'newest as of {features}' if features else 'not yet'}")
    lines += _task_lines("trained", {task: _trained_words(one["trained"]) for task, one in found["tasks"].items()})
    lines += _task_lines("scored", {task: _scored_words(one["scored"]) for task, one in found["tasks"].items()})
    lines += _refused_lines(found["refused"])
    lines += _look_lines(found["look"])
    return "\n".join([*lines, f"next         {found['next']}"])


def _loaded(con: Connection) -> int | None:
    return _one(con, "raw", "load_files", "select count(*) from raw.load_files")


def _quarantined(con: Connection) -> list[Record] | None:
    if not table_exists(con, "quality", "fct_quarantined_rows"):
        return None
    rows = con.execute(
        "select table_name, reason, count(*) from quality.fct_quarantined_rows group by 1, 2 order by 3 desc, 1, 2"
    ).fetchall()
    return [{"table_name": table, "reason": reason, "rows": count} for table, reason, count in rows]


def _features(con: Connection) -> Any:
    return _one(con, "features", "feat_customer__all", "select max(as_of_date) from features.feat_customer__all")


def _task(con: Connection, task: str, features: Any) -> Record:
    trained = _trained(con, task)
    return {"trained": trained, "scored": _scored(con, task, features, trained)}


def _trained(con: Connection, task: str) -> Record | None:
    """The champion, and the figure of its test read (of segments: on validation) that says most."""
    if not table_exists(con, "predictions", "ml_training_runs"):
        return None
    row = con.execute(
        "select model_version, algorithm, trained_at, test_date from predictions.ml_training_runs "
        f"where task = '{task}' and is_champion order by trained_at desc, model_version"
    ).fetchone()
    if row is None:
        return None
    metric, words = HEADLINES[task]
    value = con.execute(
        "select max(metric_value) from predictions.ml_metrics "
        f"where model_version = ? and is_chosen and split in ('test', 'validation') and metric = '{metric}' "
        "group by split order by split",
        [row[0]],
    ).fetchone()
    names = ("model_version", "algorithm", "trained_at", "test_date")
    return {**dict(zip(names, row, strict=True)), "metric": words, "value": value[0] if value else None}


def _scored(con: Connection, task: str, features: Any, trained: Record | None) -> Record | None:
    table = f"pred_{task}"
    if not table_exists(con, "predictions", table):
        return None
    row = con.execute(
        f"select as_of_date, model_version, count(*) from predictions.{table} "
        "group by 1, 2 order by as_of_date desc, max(scored_at) desc, model_version limit 1"
    ).fetchone()
    if row is None:
        return None
    why = _why_stale(row[0], row[1], features, trained)
    return {"as_of_date": row[0], "model_version": row[1], "rows": row[2], "is_stale": bool(why), "why_stale": why}


def _refused(con: Connection) -> list[Record]:
    """Why a task was last refused, or could not be scored; empty where nothing was."""
    if not table_exists(con, "predictions", "ml_gates"):
        return []
    rows = con.execute(
        "select task, gate, reason from predictions.ml_gates where not is_passed order by task, gate"
    ).fetchall()
    return [{"task": task, "gate": gate, "reason": reason} for task, gate, reason in rows]


def _look(con: Connection) -> Record | None:
    """The watchlist and its first three, without names and addresses; None where the marts do not show the scores."""
    if not _marts_show_the_scores(con) or not table_exists(con, "marts", WATCHLIST):
        return None
    names = ("customer_id", "churn_probability", "revenue_at_stake_amount", "reason_1")
    rows = con.execute(
        f"select {', '.join(names)} from marts.{WATCHLIST} order by watch_rank, customer_id limit 3"
    ).fetchall()
    return {
        "table": f"marts.{WATCHLIST}",
        "customers": _one(con, "marts", WATCHLIST, f"select count(*) from marts.{WATCHLIST}"),
        "top": [dict(zip(names, row, strict=True)) for row in rows],
    }


def _marts_show_the_scores(con: Connection) -> bool:
    """Whether every customer of dim_customers carries the newest score, date and probability, or rightly none."""
    if not table_exists(con, "marts", "dim_customers") or not table_exists(con, "predictions", "pred_churn__latest"):
        return False
    row = con.execute(
        "select count(*) filter (where c.is_scored), count(*) filter (where "
        "c.is_scored <> (s.customer_id is not null) or c.scored_as_of_date is distinct from s.as_of_date "
        "or c.churn_probability is distinct from s.churn_probability) "
        "from marts.dim_customers as c left join predictions.pred_churn__latest as s using (customer_id)"
    ).fetchone()
    return row is not None and row[0] > 0 and row[1] == 0


def _why_stale(day: Any, version: str, newest: Any, trained: Record | None) -> str | None:
    if newest and newest > day:
        return f"the features know {newest}"
    if trained and trained["model_version"] != version:
        return f"{trained['model_version']} has been trained since"
    return None


def _next(found: Record) -> str:
    trained = {task: one for task, one in found["tasks"].items() if one["trained"]}
    if not found["features"]:
        return "dbt build"
    if not trained:
        return "clm-ml train"
    if any(not one["scored"] or one["scored"]["is_stale"] for one in trained.values()):
        return "clm-ml score"
    if "churn" in trained and not found["look"]:
        return "dbt build --selector after_scoring"
    return "nothing: score again after the next refresh (dbt build, then clm-ml score)"


def _task_lines(word: str, said: dict[str, str | None]) -> list[str]:
    """One line per task; a single one where no task has anything to say."""
    if not any(said.values()):
        return [f"{word:<12} not yet"]
    lines = [f"{task}: {words or 'not yet'}" for task, words in said.items()]
    return [f"{word if not i else '':<12} {line}" for i, line in enumerate(lines)]


def _trained_words(trained: Record | None) -> str | None:
    if trained is None:
        return None
    figure = f", {trained['metric']} {trained['value']:.3f}" if trained["value"] is not None else ""
    return f"{trained['model_version']}, champion: {trained['algorithm']}{figure}"


def _scored_words(scored: Record | None) -> str | None:
    if scored is None:
        return None
    stale = f" — stale: {scored['why_stale']}" if scored["is_stale"] else ""
    return f"{scored['rows']:,} customers as of {scored['as_of_date']}{stale}"


def _refused_lines(refused: list[Record]) -> list[str]:
    return [f"refused      {one['task']}, {one['gate']}: {one['reason']}" for one in refused]


def _look_lines(look: Record | None) -> list[str]:
    if look is None:
        return []
    return [f"look         {look['table']}: {look['customers']:,} customers; the first of them"] + [
        f"             {one['customer_id']}: probability {one['churn_probability']:.2f}, "
        f"{one['revenue_at_stake_amount']:,} at stake; {one['reason_1'] or 'no reason stands out'}"
        for one in look["top"]
    ]


def _quarantine_lines(quarantined: list[Record] | None) -> list[str]:
    if quarantined is None:
        return ["quarantined  not yet"]
    total = sum(line["rows"] for line in quarantined)
    return [f"quarantined  {total:,} rows"] + [
        f"             {line['rows']:,} {line['table_name']}: {line['reason']}" for line in quarantined
    ]


def _one(con: Connection, schema: str, name: str, query: str) -> Any:
    if not table_exists(con, schema, name):
        return None
    row = con.execute(query).fetchone()
    return row[0] if row else None
