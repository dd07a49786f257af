"""Names a marketer reads: value, frequency, recency and newness of a segment's median customer, among all of them.

The words depend on where the median customer stands, never on the number k-means gave the cluster. Silence is held
against the usual gap between purchase days, not against the others': in a quiet season all would be recent.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from clm_ml.models.logistic import log_scale
from clm_ml.models.rows import Floats, Ints

LAPSED = "No order in a year"
LAPSED_ID = 0
NEW_DAYS = 90
VALUE = ((0.9, "top value"), (0.6, "high value"), (0.3, "mid value"), (0.0, "low value"))
FREQUENCY = ((0.8, "frequent"), (0.6, "regular"), (0.0, "occasional"))
QUIET, RECENT = 1.5, 0.5  # silence in usual gaps between purchase days: above, at most
APART = {
    "monetary_amount": ("spending more", "spending less"),
    "frequency_count": ("ordering more often", "ordering less often"),
    "recency_days": ("silent for longer", "seen more lately"),
    "tenure_days": ("known for longer", "newer"),
    "active_days_90d": ("more active", "less active"),
}


def order_by_value(features: Floats, groups: Ints, names: tuple[str, ...]) -> Ints:
    """The groups from the most to the least valuable, by the median customer's spend (then the mean's)."""
    money = features[:, names.index("monetary_amount")]
    numbers = range(int(groups.max()) + 1)
    key = [(-float(np.median(money[groups == g])), -float(money[groups == g].mean()), g) for g in numbers]
    return np.array([g for *_, g in sorted(key)], dtype=np.int64)


def name_segments(
    features: Floats, groups: Ints, names: tuple[str, ...], gap: float, kept: dict[int, str] | None = None
) -> list[str]:
    """A name for each group; `kept` are those that have one already. No two are the same."""
    kept = kept or {}
    medians = np.array([np.median(features[groups == g], axis=0) for g in range(int(groups.max()) + 1)])
    plain = [kept.get(g) or describe(medians[g], features, names, gap) for g in range(len(medians))]
    counts, given = Counter(plain), {LAPSED, *kept.values()}
    found = []
    for g, name in enumerate(plain):
        is_free = g in kept or counts[name] == 1
        found.append(name if is_free else _told_apart(g, plain, medians, features, names, given))
        given.add(found[-1])
    return found


def describe(median: Floats, features: Floats, names: tuple[str, ...], gap: float) -> str:
    """The words for a median customer among all customers, who usually buy every `gap` days."""
    value = {name: float(median[i]) for i, name in enumerate(names)}
    place = {name: _place(value[name], features[:, i]) for i, name in enumerate(names)}
    is_new = value["tenure_days"] <= NEW_DAYS
    words = [
        "new" if is_new else "",
        _word(VALUE, place["monetary_amount"]),
        "one order" if value["frequency_count"] <= 1 else _word(FREQUENCY, place["frequency_count"]),
        "" if is_new else _silence(value["recency_days"] / max(gap, 1.0)),
    ]
    text = ", ".join(word for word in words if word)
    return text[0].upper() + text[1:]


def _told_apart(
    group: int, plain: list[str], medians: Floats, features: Floats, names: tuple[str, ...], given: set[str]
) -> str:
    """The name with what sets the group apart from the others of that name; with a number where nothing does."""
    base = plain[group]
    others = [g for g, name in enumerate(plain) if g != group and name == base]
    logs = log_scale(medians)
    away = (logs[group] - logs[others].mean(axis=0)) / np.maximum(log_scale(features).std(axis=0), 1e-9)
    for i in np.argsort(-np.abs(away), kind="stable"):
        if names[i] in APART and away[i] != 0:
            name = f"{base}, {APART[names[i]][0 if away[i] > 0 else 1]}"
            if name not in given:
                return name
    return next(f"{base} ({n})" for n in range(2, 99) if f"{base} ({n})" not in given)


def _silence(gaps: float) -> str:
    return "gone quiet" if gaps > QUIET else "recent" if gaps <= RECENT else ""


def _place(value: float, everyone: Floats) -> float:
    """Which share of the customers is below the value, ties counted half."""
    return float((everyone < value).mean() + (everyone == value).mean() / 2)


def _word(words: tuple[tuple[float, str], ...], place: float) -> str:
    return next(word for start, word in words if place >= start)
