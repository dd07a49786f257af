"""The figures of a run, as the register holds them: every number of clusters beside the RFM segments."""

from __future__ import annotations

from typing import Any

from clm_ml.models import register
from clm_ml.models.read_out import figures_of, grid, run_of
from clm_ml.models.segments.names import LAPSED_ID
from clm_ml.segment.train import NAME, SEGMENTS
from clm_ml.warehouse import connect

SHOWN = {
    "adjusted_rand": "adjusted Rand, resamples",
    "adjusted_rand_earlier": "a quarter earlier",
    "silhouette": "silhouette",
    "silhouette_gain_over_rule": "above RFM",
    "smallest_share": "smallest",
}


def evaluate(version: str | None = None) -> dict[str, Any]:
    """One run (the champion by default) with its metrics and its segments."""
    with connect(read_only=True) as con:
        run = run_of(con, NAME, version)
        return {
            "run": run,
            "metrics": figures_of(con, register.METRICS, run, "split, candidate, metric"),
            "segments": figures_of(con, SEGMENTS, run, "segment_id"),
        }


def as_text(found: dict[str, Any]) -> str:
    """The candidates side by side, the segments with what sets each apart, a verdict."""
    run = found["run"]
    return "\n\n".join(
        [
            f"{run['model_version']} · {run['algorithm']} · as of {run['test_date']}, "
            f"{run['test_customer_count']:,} customers",
            _candidates(found["metrics"]),
            _segments(found["segments"]),
            f"verdict: {run['verdict']}.",
        ]
    )


def _candidates(metrics: list[dict[str, Any]]) -> str:
    figures = {(m["candidate"], m["metric"]): m["metric_value"] for m in metrics}
    chosen = {m["candidate"] for m in metrics if m["is_chosen"]}
    lines = [["candidate", *SHOWN.values()]]
    for name in sorted({m["candidate"] for m in metrics}):
        shown = (figures.get((name, metric)) for metric in SHOWN)
        lines.append([name + " *" * (name in chosen), *("–" if one is None else f"{one:.3f}" for one in shown)])
    return grid(lines) + "\n* chosen"


def _segments(segments: list[dict[str, Any]]) -> str:
    lines = [["id", "segment", "customers", "found again", "kept", "what sets it apart"]]
    for one in sorted(segments, key=lambda s: (s["segment_id"] == LAPSED_ID, s["segment_id"])):
        shares = (one["stability"], one["overlap_before"])
        figures = ["–" if share is None else f"{share:.0%}" for share in shares]
        lines.append(
            [
                str(one["segment_id"]),
                one["segment_name"],
                f"{one['customer_count']:,}",
                *figures,
                one["trait_1"] or "",
            ]
        )
    return grid(lines)
