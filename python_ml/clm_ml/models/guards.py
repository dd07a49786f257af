"""What training refuses, each by name: identifiers, leaks, features that saw the future, too few customers."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from clm_ml.errors import DataRefused
from clm_ml.models.metrics import Ties, auc
from clm_ml.models.rows import Floats, Rows
from clm_ml.models.sequence import STEPS, TABLE
from clm_ml.models.slices import Slices

MIN_CUSTOMERS = 200  # eligible customers with a matured label
MIN_OF_EACH_CLASS = 30  # churned, and not churned, in each slice
LEAK_AUC = 0.97  # a feature that alone separates better than this knows the outcome
SUSPECT_AUC = 0.90  # a feature that alone does this well, and …
SUSPECT_GAIN = 0.10  # … this much better than the best rule, knows the outcome too
FUTURE_AUC = 0.65  # a feature that says this much about outcomes that are known, and …
FUTURE_SHIFT = 0.50  # … whose values are this different (KS) where the outcome is not known yet, saw the future
UNIQUE_SHARE = 0.98  # an identifier has a value of its own for nearly every customer
ID_RANK_CORRELATION = 0.999

RULE_FEATURES = ("recency_days", "typical_gap_days", "gap_ratio")

_ID_NAME = re.compile(r"(^|_)(id|ids|key|uuid|guid)$")
_NUMBER = re.compile(r"^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w+INT\w*|FLOAT|DOUBLE|DECIMAL.*)$")
_MOMENT = re.compile(r"^(DATE|TIME.*)$")


def usable_features(columns: dict[str, str]) -> tuple[str, ...]:
    """The numeric and boolean columns. Raises DataRefused on an identifier or a text column."""
    for name, kind in columns.items():
        if _ID_NAME.search(name):
            _refuse(name, "its name says that it is an identifier")
        if not _NUMBER.match(kind) and not is_moment(kind):
            _refuse(name, f"it is {kind.lower()}, not a number: an identifier, or a category that needs encoding")
    return tuple(name for name, kind in columns.items() if _NUMBER.match(kind))


def is_moment(kind: str) -> bool:
    """Whether a column of this type holds dates or instants."""
    return bool(_MOMENT.match(kind))


def refuse_duplicates(table: str, count: int) -> None:
    if count:
        raise DataRefused(
            f"{table} has {count} customers and as-of dates more than once",
            f"run `dbt test` on {table}; mend the model",
        )


def refuse_later_moment(feature: str, count: int) -> None:
    if count:
        _refuse(feature, f"it saw the future: {count} rows hold a date later than their as_of_date")


def refuse_beyond_watermark(table: str, count: int, mark: date) -> None:
    if count:
        raise DataRefused(
            f"{table} has {count} rows whose as_of_date is later than the watermark {mark}: they saw the future",
            "leave later days out of the variables today and as_of_dates, then run `dbt build`",
        )


def refuse_early_labels(table: str, count: int, mark: date) -> None:
    if count:
        raise DataRefused(
            f"{table} states {count} outcomes whose horizon ends after the watermark {mark}: they have not matured",
            "run `dbt build --select labels`; an unmatured label is NULL",
        )


def refuse_identifiers(rows: Rows) -> None:
    """A number that is the customer's id in disguise: one value per customer, in the ids' order or never changing."""
    newest = rows.take(rows.day == rows.day.max())
    text = _ranks(np.unique(newest.customer.astype(str), return_inverse=True)[1].astype(float))
    digits = np.array([float(re.sub(r"\D", "", str(c))[-15:] or "nan") for c in newest.customer])
    for position, name in enumerate(rows.names):
        values = newest.features[:, position]
        known = np.isfinite(values)
        if known.sum() < 20 or len(np.unique(values[known])) < UNIQUE_SHARE * known.sum():
            continue
        if any(_correlation(values, other) >= ID_RANK_CORRELATION for other in (text, digits)):
            _refuse(name, "its values follow customer_id: it is an identifier")
        if np.all(values[known] == np.round(values[known])) and _never_changes(rows, position):
            _refuse(name, "every customer has an own whole number that never changes: it is an identifier")


def refuse_leaks(rows: Rows, trusted: tuple[str, ...] = ()) -> None:
    """A feature that alone knows the outcome of the training rows."""
    rules_read = [name for name in RULE_FEATURES if name in rows.names]
    best_rule = max((auc_alone(rows, name) for name in rules_read), default=0.5)
    for name in rows.names:
        alone = auc_alone(rows, name) if name not in trusted else 0.5
        if alone > LEAK_AUC:
            _refuse(
                name, f"alone it reaches AUC {alone:.3f} on the training rows: it knows the outcome (a leak)", True
            )
        if name not in rules_read and alone > SUSPECT_AUC and alone > best_rule + SUSPECT_GAIN:
            _refuse(
                name,
                f"alone it reaches AUC {alone:.3f} on the training rows where the best rule reaches {best_rule:.3f}: "
                "it knows more than the as-of date can (a leak)",
                True,
            )


def refuse_foresight(matured: Rows, scoring: Rows, trusted: tuple[str, ...] = ()) -> None:
    """A feature that tells outcomes apart, and looks different where the outcome is not known yet.

    `matured` are all labelled rows, `scoring` the newest as-of date, later than all of them. The change is held
    against the usual one between two matured dates as far apart, so that what merely grows is left alone.
    """
    dates = matured.dates()
    if len(dates) < 2 or not len(scoring):
        return
    newest = dates[-1]
    apart = scoring.dates()[-1] - newest
    earlier = min(dates[:-1], key=lambda day: abs((newest - day) - apart))
    now, before = matured.take(matured.on((newest,))), matured.take(matured.on((earlier,)))
    for name in matured.names:
        alone = auc_alone(matured, name) if name not in trusted else 0.5
        moved = shift(_column(now, name), _column(scoring, name))
        if alone > FUTURE_AUC and moved > max(FUTURE_SHIFT, 2 * shift(_column(before, name), _column(now, name))):
            _refuse(
                name,
                f"it saw the future: it tells outcomes apart (AUC {alone:.3f}) where they are known, and its values "
                f"are different on {scoring.dates()[-1]}, where they are not (KS distance {moved:.2f})",
                True,
            )


def refuse_small(rows: Rows, slices: Slices, classes: tuple[str, str] = ("churned", "retained")) -> None:
    """Too few customers, or too few of one class in a slice; `classes` are the words for label 1 and label 0."""
    customers = len(set(rows.customer))
    if customers < MIN_CUSTOMERS:
        raise DataRefused(
            f"{customers} eligible customers have a matured label; training needs {MIN_CUSTOMERS}",
            "load more customers or a longer history; until then the RFM marts rank customers without a model",
        )
    parts = {"training": slices.train, "calibration": (slices.calibration,), "test": (slices.test,)}
    for part, days in parts.items():
        label = rows.label[rows.on(days)]
        ones, zeros = int((label == 1).sum()), int((label == 0).sum())
        if min(ones, zeros) < MIN_OF_EACH_CLASS:
            raise DataRefused(
                f"the {part} slice ({days[0]} … {days[-1]}) has {ones} {classes[0]} and {zeros} {classes[1]} "
                f"customers; training needs {MIN_OF_EACH_CLASS} of each",
                "load a longer history, or choose another test date with --as-of",
            )


def varying(rows: Rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The features that say anything in these rows, and those that have one value (or none) everywhere."""
    says = [_varies(rows.features[:, i]) for i in range(len(rows.names))]
    kept = tuple(name for name, useful in zip(rows.names, says, strict=True) if useful)
    return kept, tuple(name for name in rows.names if name not in kept)


def auc_alone(rows: Rows, name: str) -> float:
    """How well one feature alone orders the outcomes, either way round; unknown counts as lowest, or as highest."""
    values = _column(rows, name)
    ones = np.ones((1, len(values)))
    best = 0.5
    for unknown in (-np.inf, np.inf):
        rank = _ranks(np.where(np.isnan(values), unknown, values))
        value = float(auc(Ties.of(rows.label, rank, ones))[0])
        best = max(best, value, 1 - value) if np.isfinite(value) else best
    return best


def shift(before: Floats, now: Floats) -> float:
    """Kolmogorov–Smirnov distance, unknown counted as a value of its own."""
    low = min(np.nanmin(before, initial=0), np.nanmin(now, initial=0)) - 1
    a, b = np.sort(np.where(np.isnan(before), low, before)), np.sort(np.where(np.isnan(now), low, now))
    at = np.unique(np.r_[a, b])
    share_a = np.searchsorted(a, at, side="right") / len(a)
    share_b = np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(share_a - share_b).max())


def _refuse(feature: str, why: str, may_be_trusted: bool = False) -> None:
    table = TABLE[1] if feature in STEPS else "feat_customer__all"
    remedy = f"take {feature} out of features.{table}"
    if may_be_trusted:
        remedy += f"; if it really is known at the as-of date, say so: --trust {feature}"
    raise DataRefused(f"feature {feature} is refused: {why}", remedy)


def _column(rows: Rows, name: str) -> Floats:
    column: Floats = rows.features[:, rows.names.index(name)]
    return column


def _varies(values: Floats) -> bool:
    return len(np.unique(values)) > 1


def _never_changes(rows: Rows, position: int) -> bool:
    order = np.lexsort((rows.day, rows.customer.astype(str)))
    customer, values = rows.customer[order], rows.features[order, position]
    again = customer[1:] == customer[:-1]
    return bool(again.any()) and bool(np.all(values[1:][again] == values[:-1][again]))


def _ranks(values: Floats) -> Floats:
    return np.unique(values, return_inverse=True)[1].astype(float)


def _correlation(a: Floats, b: Floats) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 20:
        return 0.0
    x, y = _ranks(a[known]), _ranks(b[known])
    return 0.0 if x.std() == 0 or y.std() == 0 else abs(float(np.corrcoef(x, y)[0, 1]))
