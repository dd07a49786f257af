"""The truth is true: what it expects of customers is what they then do, and what is said to move them moves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from clm_ml.simulate import law
from clm_ml.simulate.commerce import draw_orders, draw_refunds, pending_refunds
from clm_ml.simulate.people import ANNOYED, INDIFFERENT, PERSUADABLE, People, draw_people
from clm_ml.simulate.process import History, State, live
from clm_ml.simulate.shop import EUR_PER_UNIT, Shop
from clm_ml.simulate.truth import expectations

SHOP = Shop(customers=15000, months=12, seed=2)
DAY = SHOP.as_of_days[7]
END = DAY + SHOP.horizon_days


@pytest.fixture(scope="module", params=["as drawn"])
def lived(request: pytest.FixtureRequest) -> tuple[People, History]:
    """A population and its history; the stormy one is often upset, which shows errors in the small print."""
    people = draw_people(SHOP, 1, SHOP.customers, np.random.default_rng(2))
    if request.param == "stormy":
        often, soon = np.full(len(people), 0.5), np.full(len(people), 0.004)
        people = replace(people, bad_order_rate=often, leave_rate=soon, order_rate=people.order_rate * 2)
    return people, live(SHOP, people, np.random.default_rng(3))


both_kinds = pytest.mark.parametrize("lived", ["as drawn", "stormy"], indirect=True)


def _z(observed: np.ndarray, expected: np.ndarray) -> float:
    """How many standard errors the mean of the observed is away from that of the expected."""
    difference = observed - expected
    return float(difference.mean() / (difference.std() / np.sqrt(len(difference))))


def _deciles(values: np.ndarray) -> list[np.ndarray]:
    return np.array_split(np.argsort(values, kind="stable"), 10)


@both_kinds
def test_as_many_place_no_order_as_the_truth_says_in_every_decile(lived: tuple[People, History]) -> None:
    people, history = lived
    probability, _ = expectations(SHOP, people, history.states[DAY], DAY)
    valid = ~history.order_is_cancelled & (history.order_day > DAY) & (history.order_day <= END)
    silent = ~np.isin(np.arange(len(people)), history.order_customer[valid])
    here = np.flatnonzero(history.states[DAY].here)
    assert probability[here].min() < 0.05 < 0.8 < probability[here].max()
    assert abs(_z(silent[here], probability[here])) < 3
    for decile in _deciles(probability[here]):
        assert abs(_z(silent[here[decile]], probability[here[decile]])) < 3.5


def test_who_left_orders_nothing(lived: tuple[People, History]) -> None:
    people, history = lived
    probability, value = expectations(SHOP, people, history.states[DAY], DAY)
    gone = history.left_day <= DAY
    assert gone.sum() > 1000
    assert (probability[gone] == 1).all()
    assert (value[gone] == 0).all()
    assert not (gone[history.order_customer] & (history.order_day > DAY)).any()


@both_kinds
def test_customers_bring_the_revenue_the_truth_expects_in_every_decile(lived: tuple[People, History]) -> None:
    people, history = lived
    rng = np.random.default_rng(4)
    orders = draw_orders(SHOP, people, history, 1, rng)
    refunds = draw_refunds(SHOP, orders, rng)
    euro = np.array(list(EUR_PER_UNIT.values()))[people.currency] / 100
    bought = (orders.day > DAY) & (orders.day <= END) & ~orders.is_cancelled
    back = (refunds.day > DAY) & (refunds.day <= END)
    paid = np.bincount(orders.customer[bought], (orders.gross - orders.discount)[bought], len(people))
    returned = np.bincount(orders.customer[refunds.order[back]], refunds.cents[back], len(people))
    _, value = expectations(SHOP, people, history.states[DAY], DAY)
    expected = value - pending_refunds(SHOP, people, orders, refunds, DAY)
    observed = (paid - returned) * euro
    here = np.flatnonzero(history.states[DAY].here)
    assert abs(_z(observed[here], expected[here])) < 3
    for decile in _deciles(expected[here]):
        assert abs(_z(observed[here[decile]], expected[here[decile]])) < 3.5


def test_without_anything_that_moves_a_customer_the_truth_is_the_closed_form() -> None:
    """Leaves at rate m, buys at rate r a day: no order in H days with 1 − Σ e^(−(m+r)(t−1)) e^(−m) (1 − e^(−r))."""
    shop = Shop(1, 3, 1, campaign_every_days=10**6)
    ada = draw_people(shop, 1, 1, np.random.default_rng(1))
    ada = replace(ada, leave_rate=np.array([0.01]), order_rate=np.array([0.03]), price_sensitivity=np.array([0.0]))
    object.__setattr__(shop, "season", np.ones(500))
    state = State(np.array([True]), np.array([False]), np.array([False]), np.array([-1]))
    rate, days = 0.03 * (1 - law.CANCEL_PROBABILITY), np.arange(1, 91)
    closed = 1 - np.sum(np.exp(-(0.01 + rate) * (days - 1)) * np.exp(-0.01) * (1 - np.exp(-rate)))
    assert expectations(shop, ada, state, 40)[0] == pytest.approx([closed], abs=1e-12)


def test_a_bad_order_raises_the_hazard_of_leaving(lived: tuple[People, History]) -> None:
    people, history = lived
    seen = (history.order_day < SHOP.days - 30) & ~people.leaves_at_once[history.order_customer]
    left_soon = history.left_day[history.order_customer] - history.order_day <= 30
    bad, good = (left_soon[seen & is_so].mean() for is_so in (history.order_is_bad, ~history.order_is_bad))
    assert bad > 3 * good


@pytest.mark.parametrize(("response", "low", "high"), [(PERSUADABLE, 1.7, 3.3), (INDIFFERENT, 0.8, 1.25)])
def test_a_message_moves_only_the_persuadable(
    lived: tuple[People, History], response: int, low: float, high: float
) -> None:
    treated, control = _orders_after_messages(*lived, response)
    assert low < treated / control < high


def test_messages_drive_the_annoyed_away(lived: tuple[People, History]) -> None:
    people, history = lived
    tested = (history.contact_campaign % 3 == 0) & (people.response[history.contact_customer] == ANNOYED)
    sent_day = np.array([SHOP.campaign_day(k) for k in history.contact_campaign])
    stayed = history.left_day[history.contact_customer] - sent_day
    left, seen = (stayed > 0) & (stayed <= 14), tested & (stayed > 0) & (sent_day < SHOP.days - 14)
    assert left[seen & history.contact_is_treated].mean() > 2 * left[seen & ~history.contact_is_treated].mean()


def _orders_after_messages(people: People, history: History, response: int) -> tuple[float, float]:
    """Orders per customer in the two weeks after the tested campaigns, with and without the message."""
    counts = {True: [0, 0], False: [0, 0]}
    for campaign in range(0, SHOP.campaign_count, 3):
        day = SHOP.campaign_day(campaign)
        ordered = (history.order_day > day) & (history.order_day <= day + 14)
        orders = np.bincount(history.order_customer[ordered], minlength=len(people))
        for treated in (True, False):
            rows = (history.contact_campaign == campaign) & (history.contact_is_treated == treated)
            who = history.contact_customer[rows]
            who = who[people.response[who] == response]
            counts[treated][0] += int(orders[who].sum())
            counts[treated][1] += len(who)
    return counts[True][0] / counts[True][1], counts[False][0] / counts[False][1]
