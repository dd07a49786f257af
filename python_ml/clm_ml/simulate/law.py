"""The rates that the days and the truth share: how fast a customer leaves and buys in a mood and under a message.

A day, for a customer who is there: an upset one may calm down; then they leave, or not; then they place a Poisson
number of orders, some cancelled, some gone wrong (which upsets from the next day on); at its end campaigns are sent.
"""

from __future__ import annotations

import numpy as np

from clm_ml.simulate.people import ANNOYED, PERSUADABLE, People
from clm_ml.simulate.shop import EUR_PER_UNIT, Shop

UPSET_FACTOR = 6.0  # how much faster an upset customer leaves
CALM_PROBABILITY = 1 / 40  # per day
ANNOYED_FACTOR = 4.0  # how much faster somebody annoyed by messages leaves in the two weeks after one
PERSUADED_FACTOR = 2.5  # how much more somebody persuadable buys in the two weeks after one
CANCEL_PROBABILITY = 0.02
UNSUBSCRIBE_OF_OPENED = np.array([0.01, 0.005, 0.25])  # by response
REFUND_OF_BAD, REFUND_OF_GOOD = 0.40, 0.03
FULL_OF_REFUNDS = 0.35
PARTIAL_SHARES = np.array([20, 30, 50])  # per cent of what was paid for the items
REFUND_DELAYS = np.arange(3, 18)  # days
SECOND_PIECE = 0.15
SALE_PERCENTS, USUAL_PERCENTS = np.array([10, 20, 30]), np.array([5, 10])


def leave_rate(people: People, who: np.ndarray, upset: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Per day, for the customers at the positions `who`."""
    annoyed = treated & (people.response[who] == ANNOYED)
    return people.leave_rate[who] * np.where(upset, UPSET_FACTOR, 1.0) * np.where(annoyed, ANNOYED_FACTOR, 1.0)


def order_rate(shop: Shop, people: People, who: np.ndarray, day: int, treated: np.ndarray) -> np.ndarray:
    """Orders per day, cancelled ones included: the price-sensitive wait for the sale."""
    sensitivity = people.price_sensitivity[who]
    sale = 1 + 2.5 * sensitivity if shop.is_sale[day] else 1 - 0.25 * sensitivity
    persuaded = treated & (people.response[who] == PERSUADABLE)
    return people.order_rate[who] * shop.season[day] * sale * np.where(persuaded, PERSUADED_FACTOR, 1.0)


def discount_probability(shop: Shop, sensitivity: np.ndarray, day: int | np.ndarray) -> np.ndarray:
    """That an order of this day uses a discount."""
    return np.where(shop.is_sale[day], 0.30 + 0.60 * sensitivity, 0.04 + 0.30 * sensitivity)


def unsubscribe_probability(people: People, who: np.ndarray) -> np.ndarray:
    """That a message to somebody who is there ends the subscription."""
    return people.open_rate[who] * UNSUBSCRIBE_OF_OPENED[people.response[who]]


def refund_share(people: People, who: np.ndarray) -> np.ndarray:
    """The part of an order's net value that is given back in the end, as expected."""
    bad = people.bad_order_rate[who]
    refunded = bad * REFUND_OF_BAD + (1 - bad) * REFUND_OF_GOOD
    return refunded * (FULL_OF_REFUNDS + (1 - FULL_OF_REFUNDS) * PARTIAL_SHARES.mean() / 100)


def gross_value(shop: Shop, people: People, who: np.ndarray) -> np.ndarray:
    """The expected item value of an order, in euro, before discounts."""
    products = shop.products
    rates = np.array(list(EUR_PER_UNIT.values()))
    euro = products.price_cents / 100 * rates[:, None]
    by_category = np.stack([euro[:, products.category == c].mean(axis=1) for c in np.unique(products.category)])
    currency = people.currency[who]
    price = 0.6 * by_category[people.favourite[who], currency] + 0.4 * euro.mean(axis=1)[currency]
    return (1 + 3 * people.basket[who]) * (1 + SECOND_PIECE) * price


def discount_share(shop: Shop, people: People, who: np.ndarray, day: int) -> np.ndarray:
    """The expected part of the item value that discounts take away on this day."""
    percents = SALE_PERCENTS if shop.is_sale[day] else USUAL_PERCENTS
    return discount_probability(shop, people.price_sensitivity[who], day) * percents.mean() / 100
