"""RFM scores and segments by as-of date; equal values get equal scores."""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

CUSTOMERS = ("customer_id", "as_of_date", "recency_days", "frequency_count", "monetary_amount")
SEGMENTS = ("rfm_code", "rfm_segment")
SCORES = {"r_score": "recency_days", "f_score": "frequency_count", "m_score": "monetary_amount"}
COMPARED = (*CUSTOMERS, *SCORES, "rfm_segment")


def _score_in_sql(score: str, of: str) -> str:
    order = f"{of} desc" if score == "r_score" else of
    rank, count = f"rank() over (partition by as_of_date order by {order})", "count(*) over (partition by as_of_date)"
    return f"1 + 5 * ({rank} - 1) // {count} as {score}"


SQL = f"""
    with scored as (
        select {", ".join(CUSTOMERS)}, {", ".join(_score_in_sql(*score) for score in SCORES.items())}
        from {{customers}} where recency_days is not null
    )
    select scored.*, rfm_segment
    from scored left join {{segments}} on cast(rfm_code as varchar) = concat(r_score, f_score, m_score)
"""


def in_polars(read: Read) -> Any:
    """Ranks over the as-of date."""
    import polars as pl

    segments = read("segments", SEGMENTS).with_columns(pl.col("rfm_code").cast(pl.String)).lazy()
    scores = {
        score: 1 + 5 * (pl.col(of).rank("min", descending=score == "r_score").over("as_of_date") - 1).cast(pl.Int64)
        // pl.len().over("as_of_date").cast(pl.Int64)
        for score, of in SCORES.items()
    }  # fmt: skip
    return (
        read("customers", CUSTOMERS, where=pl.col("recency_days").is_not_null())
        .lazy()
        .with_columns(**scores)
        .with_columns(rfm_code=pl.concat_str(*SCORES))
        .join(segments, on="rfm_code", how="left")
        .select(COMPARED)
        .collect()
    )


def in_pandas(read: Read) -> Any:
    """Ranks by group; amounts are doubles, for pandas ranks decimals one by one."""
    customers = read("customers", CUSTOMERS, dtype_backend="pyarrow").dropna(subset="recency_days")
    customers = customers.astype(dict.fromkeys(SCORES.values(), "float64"))
    by_date = customers.groupby("as_of_date")
    count = by_date["customer_id"].transform("size")
    for score, of in SCORES.items():
        rank = by_date[of].rank("min", ascending=score != "r_score")
        customers[score] = (1 + 5 * (rank - 1) // count).astype("int64")
    segments = read("segments", SEGMENTS).astype({"rfm_code": "str"}).set_index("rfm_code")["rfm_segment"]
    code = 100 * customers["r_score"] + 10 * customers["f_score"] + customers["m_score"]
    return customers.assign(rfm_segment=code.astype("str").map(segments))


STEP = HeavyStep(
    title="RFM",
    models=(names.RFM,),
    inputs={
        "customers": (names.RFM_FEATURES, CUSTOMERS),
        "segments": (names.RFM_SEGMENTS, SEGMENTS),
    },
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=COMPARED,
)
