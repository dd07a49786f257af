"""The way to an order: a product is seen before it is in the cart, a cart is checked out before it is paid."""

from __future__ import annotations

import numpy as np

from clm_ml.simulate.clicks import (
    BUY,
    CART,
    CHECKOUT,
    NOBODY,
    PRODUCT,
    PURCHASE,
    TYPES,
    Clicks,
    Visits,
    draw_deliveries,
)
from clm_ml.simulate.people import People
from clm_ml.simulate.shop import Shop

STEPS = np.array([PRODUCT, CART, CHECKOUT, PURCHASE])  # steps 1 to 4
STEP_OF_KIND = np.array([{PRODUCT: 1, CART: 2, CHECKOUT: 3, PURCHASE: 4}.get(k, 0) for k in range(len(TYPES))])
UNSEEN_CARTS = 0.1  # of carts without an order: filled from a search or a list
LEFT_CARTS = 0.25  # of visits that end on a product
LEFT_CHECKOUTS = 0.25  # of these carts


def with_steps(shop: Shop, people: People, visits: Visits, clicks: Clicks, rng: np.random.Generator) -> Clicks:
    """The clicks as a shopper makes them, in order of time, with random numbers of their own.

    What a purchase, a checkout or a cart needs comes before it in its visit; some who end on a product leave it in
    the cart; of the web orders only `shop.tracked_orders` have a visit.
    """
    is_seen = (visits.kind != BUY) | (rng.random(len(visits)) < shop.tracked_orders)
    clicks = clicks.at_positions(np.flatnonzero(is_seen[clicks.visit]))
    clicks = clicks.at_positions(np.lexsort((clicks.place, clicks.visit)))
    clicks.product = _products_seen(clicks)
    parts = [clicks, _steps_before(shop, people, visits, clicks, rng), _left_carts(shop, visits, clicks, rng)]
    return Clicks.together(parts).within(shop)


def _products_seen(clicks: Clicks) -> np.ndarray:
    """Who puts something into the cart has just looked at it."""
    product = clicks.product.copy()
    looks = (clicks.kind[:-1] == PRODUCT) & (clicks.kind[1:] == CART) & (clicks.visit[:-1] == clicks.visit[1:])
    product[:-1][looks] = product[1:][looks]
    return product


def _steps_before(shop: Shop, people: People, visits: Visits, clicks: Clicks, rng: np.random.Generator) -> Clicks:
    """What an event needs and its visit lacks so far: evenly between it and the event before, or before it."""
    step = STEP_OF_KIND[clicks.kind]
    is_first, reached = _reached_before(clicks.visit, step)
    missing = np.maximum(step - 1 - reached, 0)
    is_unseen = (missing == 1) & (step == 2) & (visits.kind[clicks.visit] != BUY)
    missing[is_unseen & (rng.random(len(clicks)) < UNSEEN_CARTS)] = 0
    needs = np.repeat(np.arange(len(clicks)), missing)
    place = np.arange(len(needs)) - np.repeat(
        np.cumsum(missing) - missing, missing
    )  # 0 is the first of those missing
    part = (place + 1) / (missing[needs] + 1)
    at = clicks.at[needs]
    before = clicks.at[np.maximum(needs - 1, 0)]
    lead = np.where(is_first[needs], 1, 0) * (5 + np.minimum(rng.exponential(40, len(needs)), 600)).astype(np.int64)
    at = np.where(
        is_first[needs], at - _summed_from_here(lead, needs), before + ((at - before) * part).astype(np.int64)
    )
    visit, kind = clicks.visit[needs], STEPS[reached[needs] + place]
    wanted = np.where(clicks.product >= 0, clicks.product, visits.product[clicks.visit])
    wanted = np.where(wanted >= 0, wanted, rng.integers(0, shop.products.count, len(clicks)))
    product = np.where(kind == CHECKOUT, -1, wanted[needs])
    known = clicks.known[needs] & (at >= _signed_up(shop, people, visits)[visit])
    return Clicks(visit, clicks.place[needs] - 1 + part, at, kind, known, product, *draw_deliveries(shop, at, rng))


def _reached_before(visit: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether an event is its visit's first, and the furthest step of the visit's earlier events."""
    is_first = np.diff(visit, prepend=-1) != 0
    group = np.cumsum(is_first) * 10
    furthest = np.maximum.accumulate(group + step) - group
    return is_first, np.where(is_first, 0, np.roll(furthest, 1))


def _summed_from_here(seconds: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Of each position, its own and all later seconds of its group."""
    total = np.cumsum(seconds[::-1])[::-1]
    last = np.searchsorted(group, group, side="right")
    return total - np.append(total, 0)[last]


def _signed_up(shop: Shop, people: People, visits: Visits) -> np.ndarray:
    """Per visit, the second before which nobody can be known by name."""
    second = shop.start_second + people.signup_day * 86400 + people.signup_second
    return np.where(visits.customer == NOBODY, 0, second[visits.customer])


def _left_carts(shop: Shop, visits: Visits, clicks: Clicks, rng: np.random.Generator) -> Clicks:
    """Carts, and checkouts, that come to nothing."""
    is_last = np.diff(clicks.visit, append=-1) != 0
    ends = np.flatnonzero(is_last & (clicks.kind == PRODUCT) & (visits.kind[clicks.visit] != BUY))
    ends = ends[rng.random(len(ends)) < LEFT_CARTS]
    goes_on = (rng.random(len(ends)) < LEFT_CHECKOUTS) & (visits.customer[clicks.visit[ends]] != NOBODY)
    after = np.concatenate([ends, ends[goes_on]])
    carted_at = clicks.at[ends] + 5 + rng.exponential(40, len(ends)).astype(np.int64)
    checked_at = carted_at[goes_on] + 5 + rng.exponential(40, goes_on.sum()).astype(np.int64)
    at = np.concatenate([carted_at, checked_at])
    is_cart = np.arange(len(after)) < len(ends)
    return Clicks(
        clicks.visit[after],
        clicks.place[after] + np.where(is_cart, 1, 2),
        at,
        np.where(is_cart, CART, CHECKOUT),
        clicks.known[after],
        np.where(is_cart, clicks.product[after], -1),
        *draw_deliveries(shop, at, rng),
    )
