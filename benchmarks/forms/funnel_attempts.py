"""How far each visit went down the funnel: within the visit, and with later visits of the visitor within seven days.

Each step is chained to the earliest moment of the next one that does not come before it, from the last step back. The
moments of a stage are those at which a visit first and last reached it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

WINDOW_DAYS = 7
STAGES = ("product_view", "cart", "checkout", "purchase")
MOMENTS = {
    "product_view": ("first_product_view_at",),
    **{stage: (f"first_{stage}_at", f"last_{stage}_at") for stage in STAGES[1:]},
}
COUNTS = tuple(f"{stage}_count" for stage in STAGES)
VISITS = (
    "session_id", "visitor_id", "session_date", "is_test", "started_at", *sum(MOMENTS.values(), ()), *COUNTS,
)  # fmt: skip
HAS = tuple(f"has_{stage}" for stage in STAGES)
COMPARED = ("session_id", "visitor_id", "session_date", "session_step", "visitor_step", *HAS)


def _moments_in_sql(stage: str) -> str:
    first, *last = MOMENTS[stage]
    found = [f"select visitor_id, {first} as {stage}_at from visits where {first} is not null"]
    found += [f"select visitor_id, {name} from visits where {name} > {first}" for name in last]
    return " union all ".join(found)


def _followed_in_sql(stage: str, after: str) -> str:
    return f"""
        {stage}s as (
            select earlier.*, {", ".join(f"{name}_at" for name in STAGES[STAGES.index(after) :])}
            from ({_moments_in_sql(stage)}) as earlier
            asof left join {after}s as later
                on earlier.visitor_id = later.visitor_id and earlier.{stage}_at <= later.{after}_at
        )
    """


def _after_in_sql(stage: str, before: str) -> str:
    first, last = MOMENTS[stage]
    return f"case when {first} >= in_{before} then {first} when {last} >= in_{before} then {last} end as in_{stage}"


def _deepest_in_sql(reached: str) -> str:
    steps = [f"when {reached.format(stage)} then {step}" for step, stage in enumerate(STAGES, 2)]
    return f"case {' '.join(reversed(steps))} else 1 end"


SQL = f"""
    with visits as (
        select
            *,
            first_product_view_at as in_product_view,
            {", ".join(_after_in_sql(stage, before) for before, stage in pairwise(STAGES))}
        from {{visits}} where not is_test
    ),
    purchases as ({_moments_in_sql("purchase")}),
    {_followed_in_sql("checkout", "purchase")},
    {_followed_in_sql("cart", "checkout")},
    {_followed_in_sql("product_view", "cart")}
    select
        session_id, visits.visitor_id, session_date,
        {_deepest_in_sql("in_{0} is not null")} as session_step,
        {_deepest_in_sql(f"{{0}}_at <= started_at + interval {WINDOW_DAYS} day")} as visitor_step,
        {", ".join(f"{stage}_count > 0 as has_{stage}" for stage in STAGES)}
    from visits
    asof left join product_views as later
        on visits.visitor_id = later.visitor_id and visits.started_at <= later.product_view_at
"""


def in_polars(read: Read) -> Any:
    """The moments of two steps at a time, the earlier ones looking forward."""
    import polars as pl

    visits = read("visits", VISITS).filter(~pl.col("is_test"))

    def followed(earlier: Any, at: str, later: Any, later_at: str) -> Any:
        return earlier.sort(at).join_asof(
            later, left_on=at, right_on=later_at, by="visitor_id", strategy="forward", coalesce=False,
            check_sortedness=False,
        )  # fmt: skip

    def moments(stage: str) -> Any:
        columns = [visits.lazy().select("visitor_id", pl.col(name).alias(f"{stage}_at")) for name in MOMENTS[stage]]
        return pl.concat(columns).drop_nulls().unique()

    chain = moments("purchase").sort("purchase_at")
    for stage, after in zip(STAGES[-2::-1], STAGES[:0:-1], strict=True):
        chain = followed(moments(stage), f"{stage}_at", chain, f"{after}_at")
    within = visits.lazy().with_columns(in_product_view="first_product_view_at")
    for before, stage in pairwise(STAGES):
        first, last = (pl.when(pl.col(name) >= pl.col(f"in_{before}")).then(pl.col(name)) for name in MOMENTS[stage])
        within = within.with_columns(pl.coalesce(first, last).alias(f"in_{stage}"))
    limit = pl.col("started_at") + pl.duration(days=WINDOW_DAYS)
    rows = followed(within, "started_at", chain, "product_view_at").with_columns(
        session_step=1 + pl.sum_horizontal(*[pl.col(f"in_{stage}").is_not_null() for stage in STAGES]),
        visitor_step=1 + pl.sum_horizontal(*[pl.col(f"{stage}_at") <= limit for stage in STAGES]),
        **{f"has_{stage}": pl.col(f"{stage}_count") > 0 for stage in STAGES},
    )
    return rows.select(COMPARED).collect()


def in_pandas(read: Read) -> Any:
    """The same with merge_asof; visitors as codes."""
    import pandas as pd

    visits = read("visits", VISITS)
    visits = visits[~visits["is_test"]].sort_values("started_at", ignore_index=True)
    visits["visitor"] = pd.factorize(visits["visitor_id"])[0]

    def followed(earlier: Any, at: str, later: Any, later_at: str) -> Any:
        return pd.merge_asof(earlier, later, left_on=at, right_on=later_at, by="visitor", direction="forward")

    def moments(stage: str) -> Any:
        columns = [visits[["visitor", name]].set_axis(["visitor", f"{stage}_at"], axis=1) for name in MOMENTS[stage]]
        return pd.concat(columns).dropna().drop_duplicates().sort_values(f"{stage}_at")

    chain = moments("purchase")
    for stage, after in zip(STAGES[-2::-1], STAGES[:0:-1], strict=True):
        chain = followed(moments(stage), f"{stage}_at", chain, f"{after}_at")
    rows = followed(visits, "started_at", chain, "product_view_at")
    limit, reached = rows["started_at"] + pd.Timedelta(days=WINDOW_DAYS), rows["first_product_view_at"]
    rows["session_step"] = 1 + reached.notna().astype("int64")
    for stage in STAGES[1:]:
        first, last = (rows[name].where(rows[name] >= reached) for name in MOMENTS[stage])
        reached = first.fillna(last)
        rows["session_step"] += reached.notna()
    rows["visitor_step"] = 1 + sum((rows[f"{stage}_at"] <= limit).astype("int64") for stage in STAGES)
    return rows.assign(**{f"has_{stage}": rows[f"{stage}_count"] > 0 for stage in STAGES})[list(COMPARED)]


STEP = HeavyStep(
    title="funnel attempts",
    models=(names.FUNNEL_ATTEMPTS,),
    inputs={"visits": (names.VISITS, VISITS)},
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=COMPARED,
)
