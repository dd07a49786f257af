"""Why this customer has this score: the topics that move it most, signed, in words a marketer reads.

Features that tell the same story (recency and the gap ratio) form one topic and their contributions are added,
so that no story is told twice. PHRASES is the one place for words; a feature it lacks is named by its own words.
Baseline, the three reasons and everything else add up to the log odds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clm_ml.models.contributions import Contributor
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.rows import Floats, Ints
from clm_ml.models.sequence import CHANNELS, STEPS

if TYPE_CHECKING:
    import pyarrow as pa

COUNT = 3
MOST_SAID = 200_000  # sentences kept
SMALLEST = 1e-9  # a topic that moves the log odds by no more is no reason


@dataclass(frozen=True)
class Phrase:
    """`text` may name {value}, {s} (plural) and any feature; `zero`, `unknown` replace it at 0 or where not known."""

    topic: str
    text: str
    zero: str = ""
    unknown: str = ""
    longer: str = ""
    leads: bool = False  # where its feature is there, it speaks for the whole topic


_RECENCY = Phrase(
    "order rhythm",
    "no order for {recency_days}",
    zero="ordered today",
    longer="no order for {recency_days}, usually every {typical_gap_days}",
    leads=True,
)


def _window(topic: str, things: str, window: str) -> Phrase:
    return Phrase(topic, f"{{value}} {things}{{s}} in {window}", f"no {things} in {window}")


PHRASES: dict[str, Phrase] = {
    "recency_days": _RECENCY,
    "gap_ratio": _RECENCY,
    "typical_gap_days": Phrase(
        "order rhythm", "usually orders every {value}", unknown="has ordered on one day only"
    ),
    "frequency_count": _window("orders", "purchase day", "a year"),
    "purchase_day_count": Phrase("orders", "{value} purchase day{s} in all"),
    "order_count_365d": _window("orders", "order", "a year"),
    "purchase_days_30d": _window("orders of late", "purchase day", "30 days"),
    "purchase_days_90d": _window("orders of late", "purchase day", "90 days"),
    "net_revenue_90d_amount": Phrase("orders of late", "spent {value} in 90 days", "spent nothing in 90 days"),
    "monetary_amount": Phrase("spend", "spent {value} in a year", "spent nothing in a year"),
    "net_revenue_amount": Phrase("spend", "spent {value} in all", "spent nothing in all"),
    "average_order_amount": Phrase("basket", "{value} per order", unknown="no order to average"),
    "category_count_365d": Phrase("variety", "bought from {value} categor{ies} in a year", "bought from no category"),
    "tenure_days": Phrase("tenure", "first order {value} ago", unknown="has not ordered yet"),
    "discount_rate_365d": Phrase("discounts", "{value} discount on a year's orders", "no discount in a year"),
    "refund_rate_365d": Phrase("refunds", "{value} of a year's orders refunded", "no refund in a year"),
    "active_days_30d": _window("visits", "active day", "30 days"),
    "active_days_90d": _window("visits", "active day", "90 days"),
    "event_count_30d": _window("visits", "click", "30 days"),
    "event_count_90d": _window("visits", "click", "90 days"),
    "product_view_count_30d": _window("browsing", "product view", "30 days"),
    "cart_count_30d": Phrase("browsing", "{value} cart addition{s} in 30 days", "nothing put in the cart in 30 days"),
    "days_since_last_visit": Phrase("visits", "last visit {value} ago", "visited today", "never seen visiting"),
    "activity_trend_ratio": Phrase(
        "visits", "activity at {value} times the usual", "activity has stopped", "no activity to compare"
    ),
    "ticket_count_90d": _window("support", "support ticket", "90 days"),
    "ticket_count_365d": _window("support", "support ticket", "a year"),
    "days_since_last_ticket": Phrase("support", "last support ticket {value} ago", unknown="no support ticket yet"),
    "complaint_count_365d": _window("complaints", "complaint", "a year"),
    "review_count_365d": _window("reviews", "review", "a year"),
    "low_review_count_365d": _window("reviews", "bad review", "a year"),
    "message_count_90d": Phrase("messages", "{value} message{s} sent in 90 days", "no message sent in 90 days"),
    "opened_count_90d": Phrase("messages", "opened {value} message{s} in 90 days", "opened no message in 90 days"),
    "clicked_count_90d": Phrase("messages", "clicked {value} message{s} in 90 days", "clicked no message in 90 days"),
    "open_rate_90d": Phrase("messages", "opened {value} of messages in 90 days", "opened no message in 90 days",
                            "got no message in 90 days"),
    "click_rate_90d": Phrase("messages", "clicked {value} of messages in 90 days", "clicked no message in 90 days",
                             "got no message in 90 days"),
    "days_since_last_open": Phrase("messages", "last opened a message {value} ago", "opened a message today",
                                   "never opened a message"),
    "is_unsubscribed": Phrase("subscription to messages", "unsubscribed from messages", "receives messages"),
}  # fmt: skip


def topic_of(name: str) -> str:
    """The story a feature, or a step of the sequence, belongs to; of an unlisted feature, its own name."""
    if name in STEPS:
        return CHANNELS[STEPS[name].channel]
    return PHRASES[name].topic if name in PHRASES else name


def topics_of(names: tuple[str, ...]) -> tuple[tuple[str, ...], Ints]:
    """The topics in the order of their features, and the number of each feature's topic."""
    topics = tuple(dict.fromkeys(topic_of(name) for name in names))
    return topics, np.array([topics.index(topic_of(name)) for name in names], dtype=np.int64)


@dataclass(frozen=True)
class Reasons:
    """Per customer the three strongest topics, in words and in log odds, and the sum of all the others.

    baseline + contribution + other = the ensemble's log odds. Where fewer topics move the score, text and topic are
    NULL and the contribution is NaN. `text` and `topic` are Arrow arrays, one a place; `score` is the ensemble's.
    """

    baseline: float
    text: tuple[pa.StringArray, ...]
    topic: tuple[pa.StringArray, ...]
    contribution: Floats
    other: Floats
    score: Floats


class Explainer:
    """A model made ready to give reasons for its scores; sentences that were said are kept to be said again."""

    def __init__(self, ensemble: Ensemble, reference: Floats) -> None:
        self._names = ensemble.names
        self._topics, self._number = topics_of(ensemble.names)
        self._contributor = Contributor(ensemble, reference, self._number)
        self._said: dict[tuple[float, ...], str] = {}

    def of(self, features: Floats) -> Reasons:
        """Three reasons per customer, strongest first, and what they leave."""
        found = self._contributor.of(features)
        sums = _by_topic(found.parts, self._number, max(COUNT, len(self._topics)))
        order, strength = _strongest(sums)
        is_reason = np.abs(strength) > SMALLEST
        speakers = _speakers(self._names, features, found.parts, sums, self._number)
        reason, rest = np.where(is_reason, strength, np.nan), sums.copy()
        rows, places = np.nonzero(is_reason)
        rest[rows, order[rows, places]] = 0.0
        return Reasons(
            found.baseline,
            self._sentences(features, order, reason, speakers),
            tuple(_taken(self._topics, np.where(is_reason, order, -1)[:, place]) for place in range(COUNT)),
            reason,
            _row_sums(rest),
            found.score,
        )

    def _sentences(
        self, features: Floats, order: Ints, contribution: Floats, speakers: Ints
    ) -> tuple[pa.StringArray, ...]:
        """Feature by feature; customers alike are put in words once."""
        sentence: list[str] = []
        code = np.full(order.shape, -1)
        rows, places = np.nonzero(np.isfinite(contribution))
        position = speakers[rows, order[rows, places]]
        for one in np.unique(position):
            here = np.flatnonzero(position == one)
            row, place = rows[here], places[here]
            is_raising = contribution[row, place] > 0
            seen = [is_raising, *_seen(self._names, int(one), features, row)]
            alike, first = _alike(seen)
            code[row, place] = len(sentence) + alike
            keys = zip(*(values[first].tolist() for values in seen), strict=True)
            sentence += [self._say(int(one), key, features, row[i]) for i, key in zip(first, keys, strict=True)]
        return tuple(_taken(sentence, code[:, place]) for place in range(COUNT))

    def _say(self, position: int, key: tuple[float, ...], features: Floats, row: int) -> str:
        """A sentence, which `position` and `key` determine."""
        said = self._said.get((position, *key))
        if said is None:
            sign = "raises" if key[0] else "lowers"
            said = f"{say_feature(self._names, position, features[row])} ({sign} the risk)"
            if len(self._said) >= MOST_SAID:
                self._said.clear()
            self._said[position, *key] = said
        return said


def explain(ensemble: Ensemble, features: Floats, reference: Floats) -> Reasons:
    """Of these customers, once."""
    return Explainer(ensemble, reference).of(features)


def say_feature(names: tuple[str, ...], position: int, values: Floats) -> str:
    """One feature of one customer, in words."""
    name, value = names[position], float(values[position])
    phrase = PHRASES.get(name)
    if phrase is None:
        return f"{name.replace('_', ' ')}: {_format(name, value)}"
    if math.isnan(value) and phrase.unknown:
        return phrase.unknown
    if value == 0 and phrase.zero:
        return phrase.zero
    words = _Words(names, values)
    words |= {"value": _format(name, value), "s": "" if value == 1 else "s", "ies": "y" if value == 1 else "ies"}
    for text in (phrase.longer, phrase.text):
        if text:
            try:
                return text.format_map(words)
            except KeyError:
                continue
    return f"{name.replace('_', ' ')}: {_format(name, value)}"


class _Words(dict[str, str]):
    """What a phrase may name: a feature is put in words when it is asked for; one that is not known is not there."""

    def __init__(self, names: tuple[str, ...], values: Floats) -> None:
        super().__init__()
        self._names, self._customer = names, values

    def __missing__(self, name: str) -> str:
        value = float(self._customer[self._names.index(name)]) if name in self._names else math.nan
        if math.isnan(value):
            raise KeyError(name)
        return _format(name, value)


def _seen(names: tuple[str, ...], position: int, features: Floats, rows: Ints) -> list[Floats]:
    """What a sentence about a feature depends on: the values that it may name, as far as they are told apart."""
    phrase = PHRASES.get(names[position], Phrase("", ""))
    fields = {field for text in (phrase.longer, phrase.text) for _, field, _, _ in Formatter().parse(text)}
    used = [i for i, name in enumerate(names) if i == position or name in fields]
    return [_as_said(names[i], features[rows, i]) for i in used]


def _as_said(name: str, values: Floats) -> Floats:
    """Values that `_format` puts in the same words become one; those below 2, or 10, may have words of their own."""
    if "_rate" in name:
        percent = np.rint(100 * values)
        return np.where((values == 0) | (values == 1), percent + 0.5, percent)
    if "_amount" in name:
        return np.where(np.abs(values) >= 10, np.rint(values), values)
    if name.endswith("_days") or name.startswith("days_since"):
        return np.where(np.abs(values) >= 2, np.rint(values), values)
    return values


def _alike(seen: list[npt.NDArray[Any]]) -> tuple[Ints, Ints]:
    """A number for each row, the same for rows that are alike, and the first row of each number."""
    import pyarrow as pa

    code = np.zeros(len(seen[0]), dtype=np.int64)
    for values in seen:
        encoded = pa.array(values).dictionary_encode()
        code = code * len(encoded.dictionary) + encoded.indices.to_numpy()
    alike = pa.array(code).dictionary_encode()
    number: Ints = alike.indices.to_numpy()
    first = np.empty(len(alike.dictionary), dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return number, first


def _taken(words: Sequence[str], code: Ints) -> pa.StringArray:
    """The words of these numbers; NULL where it is below 0."""
    import pyarrow as pa

    return pa.array(words, pa.string()).take(pa.array(code, mask=code < 0))


def _strongest(sums: Floats) -> tuple[Ints, Floats]:
    """Per customer the numbers of the strongest topics and what they add, the first of equals first."""
    order = np.empty((COUNT, len(sums)), dtype=np.int64).T
    strength = np.empty((COUNT, len(sums))).T
    size = np.abs(sums)
    rows = np.arange(len(sums))
    for place in range(COUNT):
        best, at = size[:, 0].copy(), np.zeros(len(sums), dtype=np.int64)
        for topic in range(1, sums.shape[1]):
            stronger = size[:, topic] > best
            at[stronger] = topic
            np.copyto(best, size[:, topic], where=stronger)
        order[:, place], strength[:, place] = at, sums[rows, at]
        size[rows, at] = -1.0
    return order, strength


def _speakers(names: tuple[str, ...], features: Floats, parts: Floats, sums: Floats, number: Ints) -> Ints:
    """Per customer and topic the feature that is put in words: the leading one, or the one that pushes hardest
    in the topic's direction, or of equals (where the topic was measured as a whole) the one farthest from nothing. A
    step of the sequence speaks only where the topic has no feature.
    """
    leads = np.array([name in PHRASES and PHRASES[name].leads for name in names])
    is_feature = np.array([name not in STEPS for name in names])
    speakers = np.empty((int(number.max()) + 1, len(parts)), dtype=np.int64).T
    for topic in range(speakers.shape[1]):
        inside = np.flatnonzero(number == topic)
        able = next(some for some in (inside[leads[inside]], inside[is_feature[inside]], inside) if len(some))
        speakers[:, topic] = able[0]
        if len(able) == 1:
            continue
        sign = np.sign(sums[:, topic])
        hardest, size = parts[:, able[0]] * sign, np.abs(np.nan_to_num(features[:, able[0]]))
        for position in able[1:]:
            push, far = parts[:, position] * sign, np.abs(np.nan_to_num(features[:, position]))
            harder = (push > hardest) | ((push == hardest) & (far > size))
            speakers[harder, topic] = position
            hardest, size = np.where(harder, push, hardest), np.where(harder, far, size)
    return speakers


def _by_topic(parts: Floats, number: Ints, count: int) -> Floats:
    """Sums by topic; added up column by column, so that a row's sums do not depend on the other rows."""
    sums = np.zeros((count, len(parts))).T
    for position, topic in enumerate(number):
        sums[:, topic] += parts[:, position]
    return sums


def _row_sums(columns: Floats) -> Floats:
    sums = np.zeros(len(columns))
    for column in columns.T:
        sums += column
    return sums


def _format(name: str, value: float) -> str:
    if math.isnan(value):
        return "unknown"
    if "_rate" in name:
        return f"{100 * value:.0f} %"
    if "_amount" in name:
        return f"{value:,.0f}" if abs(value) >= 10 else f"{value:,.2f}"
    if name.endswith("_days") or name.startswith("days_since"):
        return f"{value:.0f} day" + ("" if round(value) == 1 else "s")
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
