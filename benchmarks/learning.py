"""`clm-ml train churn` and `clm-ml score churn` against bare scikit-learn on the same matrix in memory."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks import measure
from benchmarks.bench import Bench
from benchmarks.measure import CommandFailed, Used, median

START = "import clm_ml.cli, clm_ml.churn.train, clm_ml.churn.score, sklearn.ensemble, sklearn.linear_model, skops.io"
BARE = ("bare probability", "bare interval", "bare reasons")


def measured(bench: Bench, repeats: int) -> dict[str, Any]:
    """Both commands on the built warehouse; "refused" and why, where the shop is too small to train on."""
    start = median([_start(bench) for _ in range(max(1, repeats))])
    try:
        train, _ = bench.clm_ml("train", "churn", "--json")
    except CommandFailed as refused:
        return {"refused": str(refused).strip().splitlines()[-2:]}
    score, _ = bench.clm_ml("score", "churn", "--json")
    fits, training = bench.task("bare_training")
    _, scoring = bench.task("score_parts")
    found = {
        "start": start.as_dict(),
        "train": train.as_dict(),
        "score": score.as_dict(),
        "fits": fits.as_dict(),
        "training": training,
        "scoring": scoring,
        "train_to_fits": train.beyond(start).per(fits),
    }
    return found if scoring["is_rule"] else {**found, **_score_ratios(score.beyond(start), scoring["parts"])}


def _score_ratios(score: Used, parts: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Against the probabilities alone, and against all that the command is asked for."""
    bare = measure.total([Used(**parts[name]) for name in BARE])
    return {
        "score_to_probability": score.per(Used(**parts["bare probability"])),
        "score_to_bare": score.per(bare),
        "bare": bare.as_dict(),
    }


def _start(bench: Bench) -> Used:
    used, _ = measure.run([sys.executable, "-c", START], bench.environment)
    return used
