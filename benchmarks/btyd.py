"""`python -m benchmarks.btyd`: BG/NBD on grouped customers against the same likelihood on ungrouped rows.

One process, one thread, CPU seconds; only the ratios mean something on another machine. With the package `lifetimes`
installed its fitter is timed on the same customers too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.model import Fitted, fit
from clm_ml.models.rows import Floats
from clm_ml.models.threads import one_thread

Answer = TypeVar("Answer")
TRUE = (0.6, 60.0, 0.8, 2.4)  # r, alpha in days, a, b
DAYS = 730


def customers(count: int, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    """Frequency, recency and age in whole days of customers drawn from BG/NBD, acquired over two years."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = TRUE
    age = rng.integers(1, DAYS + 1, count).astype(float)
    rate, chance = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count)
    now, frequency, recency = (np.zeros(count) for _ in range(3))
    going = np.arange(count)
    while len(going):
        now[going] += rng.exponential(1, len(going)) / rate[going]
        going = going[now[going] <= age[going]]
        frequency[going] += 1
        recency[going] = np.ceil(now[going])
        going = going[rng.random(len(going)) >= chance[going]]
    return frequency, recency, age


def measured(count: int) -> dict[str, Any]:
    """Seconds of each way, and how many times the grouped one's the others took."""
    rows = customers(count)
    with one_thread():
        grouping, cells = _timed(lambda: Cells.of(*rows))
        fitting, grouped = _timed(lambda: fit(BgNbd, cells))
        row_by_row, ungrouped = _timed(lambda: fit(BgNbd, Cells.ungrouped(*rows)))
        public = _lifetimes(rows)
    seconds = grouping + fitting
    return {
        "customers": count,
        "cells": len(cells.count),
        "seconds": {"grouping": grouping, "fit": fitting, "ungrouped": row_by_row, **public},
        "times_grouped": {name: took / seconds for name, took in {"ungrouped": row_by_row, **public}.items()},
        "params": grouped.maximum.params,
        "furthest_apart": _apart(grouped, ungrouped),
    }


def _lifetimes(rows: tuple[Floats, Floats, Floats]) -> dict[str, float]:
    try:
        from lifetimes import BetaGeoFitter  # type: ignore[import-not-found]
    except ImportError:
        return {}
    return {"lifetimes": _timed(lambda: BetaGeoFitter().fit(*rows))[0]}


def _apart(one: Fitted, other: Fitted) -> float:
    return float(np.abs(one.maximum.log_params - other.maximum.log_params).max())


def _timed(work: Callable[[], Answer]) -> tuple[float, Answer]:
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def main() -> None:
    """Prints JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.btyd", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000, help="how many are drawn (default 1,000,000)")
    print(json.dumps(measured(parser.parse_args().customers), indent=2))


if __name__ == "__main__":
    main()
