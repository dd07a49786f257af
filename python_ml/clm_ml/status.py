"""What is loaded, quarantined, trained and scored, and what to type next. A piece that is missing is "not yet"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clm_ml.warehouse import connect, table_exists

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

Record = dict[str, Any]
WATCHLIST = "audience_churn_watchlist"


def status() -> Record:
    """The state of the warehouse, one entry per part; None where it does not exist yet."""
    with connect(read_only=True) as con:
        found: Record = {
            "loaded": _loaded(con),
            "quarantined": _quarantined(con),
            "features": _features(con),
            "trained": _trained(con),
            "scored": _scored(con),
            "refused": _refused(con),
            "look": _look(con),
        }
    found["next"] = _next(found)
    return found


def as_text(found: Record) -> str:
    """A line per part."""
    loaded, trained, scored, features = (found[part] for part in ("loaded", "trained", "scored", "features"))
    lines = [f"loaded       {f'{loaded} files' if loaded else 'not yet (the demo shop comes as seeds)'}"]
    lines += _quarantine_lines(found["quarantined"])
    lines.append(f"features     {f'newest as of {features}' if features else 'not yet'}")
    if trained:
        auc = f", AUC {trained['auc']:.3f}" if trained["auc"] is not None else ""
        lines.append(f"trained      {trained['model_version']}, champion: {trained['algorithm']}{auc}")
    else:
        lines.append("trained      not yet")
    if scored:
        stale = f" — stale: {scored['why_stale']}" if scored["is_stale"] else ""
        lines.append(f"scored       {scored['rows']:,} customers as of {scored['as_of_date']}{stale}")
    else:
        lines.append("scored       not yet")
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


def _trained(con: Connection) -> Record | None:
    if not table_exists(con, "predictions", "ml_training_runs"):
        return None
    row = con.execute(
        "select model_version, algorithm, trained_at, test_date from predictions.ml_training_runs "
        "where task = 'churn' and is_champion order by trained_at desc, model_version"
    ).fetchone()
    if row is None:
        return None
    auc = con.execute(
        "select max(metric_value) from predictions.ml_metrics "
        "where model_version = ? and is_chosen and split = 'test' and metric = 'auc'",
        [row[0]],
    ).fetchone()
    names = ("model_version", "algorithm", "trained_at", "test_date")
    return {**dict(zip(names, row, strict=True)), "auc": auc[0] if auc else None}


def _scored(con: Connection) -> Record | None:
    if not table_exists(con, "predictions", "pred_churn"):
        return None
    row = con.execute(
        "select as_of_date, model_version, count(*) from predictions.pred_churn "
        "group by 1, 2 order by as_of_date desc, max(scored_at) desc, model_version limit 1"
    ).fetchone()
    if row is None:
        return None
    why = _why_stale(row[0], row[1], _features(con), _trained(con))
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
    if not found["features"]:
        return "dbt build"
    if not found["trained"]:
        return "clm-ml train"
    if not found["scored"] or found["scored"]["is_stale"]:
        return "clm-ml score"
    if not found["look"]:
        return "dbt build --selector after_scoring"
    return "nothing: score again after the next refresh (dbt build, then clm-ml score)"


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
