"""Why this customer has this score: the topics that move it most, signed, in words a marketer reads.

Features that tell the same story (recency and the gap ratio) form one topic and their contributions are added,
so that no story is told twice. PHRASES is the one place for words; a feature it lacks is named by its own words.
Baseline, the three reasons and everything else add up to the log odds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import Formatter

import numpy as np
import numpy.typing as npt

from clm_ml.models.contributions import contributions
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.logistic import log_scale
from clm_ml.models.rows import Floats, Ints
from clm_ml.models.sequence import CHANNELS, STEPS

Texts = npt.NDArray[np.object_]

COUNT = 3
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
    None and the contribution is NaN.
    """

    baseline: float
    text: Texts
    topic: Texts
    contribution: Floats
    other: Floats


def explain(ensemble: Ensemble, features: Floats, reference: Floats) -> Reasons:
    """Three reasons per customer, strongest first, and what they leave."""
    names = ensemble.names
    topics, number = topics_of(names)
    found = contributions(ensemble, features, reference, number)
    sums = _by_topic(found.parts, number, max(COUNT, len(topics)))
    order = np.argsort(-np.abs(sums), axis=1, kind="stable")
    strength = np.take_along_axis(sums, order, axis=1)
    is_reason = np.abs(strength[:, :COUNT]) > SMALLEST
    spoken = np.where(is_reason, strength[:, :COUNT], np.nan)
    member = (number[:, None] == np.arange(len(topics))).astype(float)
    speakers = _speakers(names, features, found.parts, sums[:, : len(topics)], member)
    text = np.full(is_reason.shape, None, dtype=object)
    topic = np.full(is_reason.shape, None, dtype=object)
    named = np.array(topics, dtype=object)
    for place in range(COUNT):
        rows = np.flatnonzero(is_reason[:, place])
        chosen = order[rows, place]
        topic[rows, place] = named[chosen]
        speaker = speakers[rows, chosen]
        for position in np.unique(speaker):
            here = rows[speaker == position]
            text[here, place] = _sentences(names, int(position), features[here], spoken[here, place])
    rest = np.where(is_reason, 0.0, strength[:, :COUNT])
    return Reasons(found.baseline, text, topic, spoken, _row_sums(np.hstack([rest, strength[:, COUNT:]])))


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


def _sentences(names: tuple[str, ...], position: int, features: Floats, contribution: Floats) -> Texts:
    """One feature of many customers, in words; customers alike are put in words once."""
    phrase = PHRASES.get(names[position], Phrase("", ""))
    fields = {field for text in (phrase.longer, phrase.text) for _, field, _, _ in Formatter().parse(text)}
    used = [i for i, name in enumerate(names) if i == position or name in fields]
    _, first, alike = np.unique(features[:, used], axis=0, return_index=True, return_inverse=True)
    said = np.array([say_feature(names, position, features[i]) for i in first], dtype=object)
    sign = np.where(contribution > 0, " (raises the risk)", " (lowers the risk)").astype(object)
    result: Texts = said[alike.reshape(-1)] + sign
    return result


def _speakers(names: tuple[str, ...], features: Floats, parts: Floats, sums: Floats, member: Floats) -> np.ndarray:
    """Per customer and topic the feature that is put in words: the leading one, or the one that pushes hardest
    in the topic's direction, or (where the topic was measured as a whole) the one farthest from nothing. A step of
    the sequence speaks only where the topic has no feature.
    """
    leads = np.array([name in PHRASES and PHRASES[name].leads for name in names])
    rank = 1e9 * (leads.astype(float) - np.array([name in STEPS for name in names]))
    size = np.abs(np.nan_to_num(log_scale(features)))
    columns = []
    for topic in range(member.shape[1]):
        inside = member[:, topic] > 0
        push = parts * np.sign(sums[:, topic])[:, None] + 1e-12 * size
        columns.append(np.argmax(np.where(inside, push + rank, -np.inf), axis=1))
    return np.column_stack(columns)


def _by_topic(parts: Floats, number: Ints, count: int) -> Floats:
    """Sums by topic; added up column by column, so that a row's sums do not depend on the other rows."""
    sums = np.zeros((len(parts), count))
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
