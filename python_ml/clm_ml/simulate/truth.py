"""What may truly be expected of a customer at a month end, computed from the law, not drawn.

For somebody who is there, the future is a Markov chain over eight states (upset or not, subscribed or not, under a
message or not). Carrying its probabilities day by day gives the two quantities exactly: the mass that has placed no
valid order yet, and the expected number of valid orders of each day.
"""

from __future__ import annotations

import numpy as np

from clm_ml.simulate import law
from clm_ml.simulate.people import People
from clm_ml.simulate.process import State
from clm_ml.simulate.shop import FIRST_CAMPAIGN_DAY, WINDOW_DAYS, Shop, control_share


def expectations(shop: Shop, people: People, state: State, day: int) -> tuple[np.ndarray, np.ndarray]:
    """Per customer: the probability of no valid order, and the expected net revenue of new orders in euro, both over
    the horizon after `day`. Whoever is not there orders nothing. Refunds count within the horizon; those of
    earlier orders are not in here.
    """
    probability, value = np.ones(len(people)), np.zeros(len(people))
    who = np.flatnonzero(state.here)
    if len(who):
        probability[who], value[who] = _carry(shop, people, state, day, who)
    return probability, value


def _carry(shop: Shop, people: People, state: State, day: int, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    quiet = _start(state, who, day)  # probability mass of: still there and no valid order since `day`
    present = quiet.copy()  # … of: still there
    ordered, value = np.zeros(len(who)), np.zeros(len(who))
    gross, refunded = law.gross_value(shop, people, who), law.refund_share(people, who)
    last = day + shop.horizon_days
    for today in range(day + 1, last + 1):
        stay, rate = _rates(shop, people, who, today)
        quiet = _calm(quiet) * stay
        present = _calm(present) * stay
        none = np.exp(-rate)
        ordered += (quiet * (1 - none)).sum(axis=(0, 1, 2))
        quiet = quiet * none
        net = gross * (1 - law.discount_share(shop, people, who, today))
        paid_back = refunded * np.mean(last - today >= law.REFUND_DELAYS)
        value += (present * rate).sum(axis=(0, 1, 2)) * net * (1 - paid_back)
        present = _upset(present, np.exp(-rate * people.bad_order_rate[who]))
        quiet, present = (_message(shop, people, who, today, mass) for mass in (quiet, present))
    return 1 - ordered, value


def _start(state: State, who: np.ndarray, day: int) -> np.ndarray:
    """Mass 1 in the customer's own state; axes: upset, subscribed, treated, customer."""
    mass = np.zeros((2, 2, 2, len(who)))
    treated = state.treated_until[who] > day
    mass[
        state.upset[who].astype(int), state.subscribed[who].astype(int), treated.astype(int), np.arange(len(who))
    ] = 1
    return mass


def _rates(shop: Shop, people: People, who: np.ndarray, day: int) -> tuple[np.ndarray, np.ndarray]:
    """The probability of staying today and the rate of valid orders, per upset, subscribed, treated and customer."""
    no, yes = np.zeros(len(who), bool), np.ones(len(who), bool)
    stay = np.exp(-np.stack([[law.leave_rate(people, who, upset, t) for t in (no, yes)] for upset in (no, yes)]))
    rate = np.stack([law.order_rate(shop, people, who, day, t) for t in (no, yes)]) * (1 - law.CANCEL_PROBABILITY)
    return stay[:, None], rate[None, None]


def _calm(mass: np.ndarray) -> np.ndarray:
    moved = mass[1] * law.CALM_PROBABILITY
    return np.stack([mass[0] + moved, mass[1] - moved])


def _upset(mass: np.ndarray, no_bad_order: np.ndarray) -> np.ndarray:
    remains = mass[0] * no_bad_order[0]
    return np.stack([remains, mass[1] + mass[0] - remains])


def _message(shop: Shop, people: People, who: np.ndarray, day: int, mass: np.ndarray) -> np.ndarray:
    """The end of a day: a message's two weeks end, and today's campaign is sent by its law."""
    if (day - WINDOW_DAYS - FIRST_CAMPAIGN_DAY) % shop.campaign_every_days == 0:
        mass = np.stack([mass[:, :, 0] + mass[:, :, 1], np.zeros_like(mass[:, :, 1])], axis=2)
    campaign = shop.campaign_on(day)
    if campaign is None:
        return mass
    mass = mass.copy()
    sent = mass[:, 1, 0] * shop.campaign_reach * (1 - control_share(campaign))
    gone = sent * law.unsubscribe_probability(people, who)
    mass[:, 1, 0] -= sent
    mass[:, 1, 1] += sent - gone
    mass[:, 0, 1] += gone
    return mass
