"""The customers' days, one after the other: who leaves, who orders, who is upset, who gets a message."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clm_ml.simulate import law
from clm_ml.simulate.people import People
from clm_ml.simulate.shop import WINDOW_DAYS, Shop, control_share

NEVER = np.int64(1 << 30)


@dataclass
class State:
    """What the future depends on, at the end of a day; one position per customer."""

    here: np.ndarray
    upset: np.ndarray
    subscribed: np.ndarray
    treated_until: np.ndarray

    def copy(self) -> State:
        return State(self.here.copy(), self.upset.copy(), self.subscribed.copy(), self.treated_until.copy())


@dataclass
class History:
    """What happened to a block of customers. Orders and contacts are parallel arrays, in order of the days."""

    states: dict[int, State]  # at the month ends
    left_day: np.ndarray
    order_customer: np.ndarray
    order_day: np.ndarray
    order_is_cancelled: np.ndarray
    order_is_bad: np.ndarray
    contact_customer: np.ndarray
    contact_campaign: np.ndarray
    contact_is_treated: np.ndarray
    contact_is_opened: np.ndarray
    contact_is_unsubscribed: np.ndarray


@dataclass
class _Log:
    orders: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    contacts: list[tuple[np.ndarray, ...]] = field(default_factory=list)


def live(shop: Shop, people: People, rng: np.random.Generator) -> History:
    """Every day of the run for one block of customers."""
    n = len(people)
    state = State(np.zeros(n, bool), np.zeros(n, bool), people.email_consent.copy(), np.full(n, -1))
    left_day = np.full(n, NEVER)
    log = _Log()
    states = {}
    for day in range(shop.days):
        who = _stay(people, state, left_day, day, rng)
        _order(shop, people, state, log, who, day, rng)
        _arrive(people, state, left_day, log, day, rng)
        _contact(shop, people, state, log, day, rng)
        if day in shop.as_of_days:
            states[day] = state.copy()
    return History(states, left_day, *_columns(log.orders, 4), *_columns(log.contacts, 5))


def _columns(rows: list[tuple[np.ndarray, ...]], width: int) -> list[np.ndarray]:
    return [np.concatenate(column) for column in zip(*rows, strict=True)] or [np.zeros(0, int)] * width


def _stay(people: People, state: State, left_day: np.ndarray, day: int, rng: np.random.Generator) -> np.ndarray:
    """Some calm down, some leave; the positions of those who are there today."""
    who = np.flatnonzero(state.here)
    state.upset[who] &= rng.random(len(who)) >= law.CALM_PROBABILITY
    rate = law.leave_rate(people, who, state.upset[who], state.treated_until[who] >= day)
    leaves = rng.random(len(who)) >= np.exp(-rate)
    left_day[who[leaves]] = day
    state.here[who[leaves]] = False
    return who[~leaves]


def _order(
    shop: Shop, people: People, state: State, log: _Log, who: np.ndarray, day: int, rng: np.random.Generator
) -> None:
    rate = law.order_rate(shop, people, who, day, state.treated_until[who] >= day)
    _place(people, state, log, np.repeat(who, rng.poisson(rate)), day, rng)


def _arrive(
    people: People, state: State, left_day: np.ndarray, log: _Log, day: int, rng: np.random.Generator
) -> None:
    """New customers; most of them come with their first order, and some do not come back."""
    new = np.flatnonzero(people.signup_day == day)
    state.here[new] = ~people.leaves_at_once[new]
    left_day[new[people.leaves_at_once[new]]] = day + 1
    _place(people, state, log, new[people.buys_at_once[new]], day, rng)


def _place(people: People, state: State, log: _Log, buyer: np.ndarray, day: int, rng: np.random.Generator) -> None:
    cancelled = rng.random(len(buyer)) < law.CANCEL_PROBABILITY
    bad = ~cancelled & (rng.random(len(buyer)) < people.bad_order_rate[buyer])
    state.upset[buyer[bad]] = True
    log.orders.append((buyer, np.full(len(buyer), day), cancelled, bad))


def _contact(shop: Shop, people: People, state: State, log: _Log, day: int, rng: np.random.Generator) -> None:
    """Send today's campaign to its audience, the control group apart. Who left never opens."""
    campaign = shop.campaign_on(day)
    if campaign is None:
        return
    audience = np.flatnonzero((people.signup_day <= day) & state.subscribed)
    audience = audience[rng.random(len(audience)) < shop.campaign_reach]
    treated = rng.random(len(audience)) >= control_share(campaign)
    opened = treated & state.here[audience] & (rng.random(len(audience)) < people.open_rate[audience])
    gone = opened & (rng.random(len(audience)) < law.UNSUBSCRIBE_OF_OPENED[people.response[audience]])
    state.treated_until[audience[treated]] = day + WINDOW_DAYS
    state.subscribed[audience[gone]] = False
    log.contacts.append((audience, np.full(len(audience), campaign), treated, opened, gone))
