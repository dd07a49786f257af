"""How time grows with size: the slope of log time against log size; 1 is in proportion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

TOLD_APART = 0.5  # CPU seconds: a smaller difference of two commands says nothing
Times = dict[str, dict[int, float]]  # what, then events to CPU seconds


def exponent(times: Mapping[int, float]) -> float | None:
    """Least squares on the logarithms; None with fewer than two sizes."""
    points = [(math.log(size), math.log(max(time, 1e-3))) for size, time in times.items()]
    if len(points) < 2:
        return None
    x_mean, y_mean = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points)


def times_of(report: dict[str, Any]) -> Times:
    """Everything that was measured at every size, differences only where they can be told from the commands' own."""
    found: Times = {}
    for events, at_size in report["sizes"].items():
        for name, cpu in _times(at_size):
            found.setdefault(name, {})[int(events)] = cpu
    return {name: times for name, times in found.items() if len(times) == len(report["sizes"])}


def _times(at_size: dict[str, Any]) -> list[tuple[str, float]]:
    found, differences = [], []
    for build in at_size.get("builds", []):
        differences.append(
            (f"{build['command']} beyond its fixed cost", build["took"]["cpu"] - build["fixed"]["cpu"])
        )
        found.append((f"the bare statements of {build['command']}", build["statements"]["cpu"]))
    if "sessions" in at_size:
        found.append(("the session models", at_size["sessions"]["from_stored"]["cpu"]))
    found += [(f"model {model['model']}", model["took"]["cpu"]) for model in at_size.get("models", [])]
    for name in ("train", "score"):
        learning = at_size.get("learning", {})
        if name in learning:
            differences.append((f"clm-ml {name} beyond its start", learning[name]["cpu"] - learning["start"]["cpu"]))
    for line in at_size.get("refresh", {}).get("commands", []):
        if line["command"] == "dbt run":
            cpu = line["took"]["cpu"] - line["nothing_new"]["cpu"]
            differences.append((f"dbt run after {line['arrival']}, beyond one where nothing is new", cpu))
    return found + [(name, cpu) for name, cpu in differences if cpu >= TOLD_APART]
