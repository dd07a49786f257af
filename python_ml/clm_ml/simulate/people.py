"""Who the customers are: the traits that drive what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.simulate.shop import CATEGORIES, Shop

CHANNELS = ("organic", "paid_search", "paid_social", "affiliate", "referral", "email")
CHANNEL_SHARES = (0.30, 0.24, 0.20, 0.08, 0.11, 0.07)
CHANNEL_HAZARD = np.array([0.9, 1.0, 1.35, 1.15, 0.7, 0.9])
HABIT_RATES, HABIT_SHARES = (1 / 260, 1 / 75, 1 / 28), (0.45, 0.37, 0.18)  # orders a day: rare, regular, devoted
COUNTRIES = ("DE", "FR", "NL", "GB", "US")
COUNTRY_SHARES = (0.45, 0.17, 0.12, 0.16, 0.10)
CURRENCY_OF_COUNTRY = np.array([0, 0, 0, 1, 2])  # positions in shop.CURRENCIES
INDIFFERENT, PERSUADABLE, ANNOYED = 0, 1, 2
RESPONSES = ("indifferent", "persuadable", "annoyed")


@dataclass
class People:
    """The customers of one block, one position each. Rates are per day, seconds count within the day."""

    number: np.ndarray  # 1 … customers, over all blocks
    signup_day: np.ndarray
    signup_second: np.ndarray
    buys_at_once: np.ndarray
    order_rate: np.ndarray  # 0 for a lead that never buys
    leave_rate: np.ndarray
    leaves_at_once: np.ndarray  # tries the shop once and is gone the next day
    visit_rate: np.ndarray
    visit_depth: np.ndarray
    bad_order_rate: np.ndarray  # probability that an order goes wrong for this customer
    price_sensitivity: np.ndarray
    basket: np.ndarray  # probability of each of three further items
    favourite: np.ndarray
    response: np.ndarray
    open_rate: np.ndarray
    channel: np.ndarray
    country: np.ndarray
    email_consent: np.ndarray
    is_test: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    @property
    def currency(self) -> np.ndarray:
        return CURRENCY_OF_COUNTRY[self.country]


def draw_people(shop: Shop, first_number: int, count: int, rng: np.random.Generator) -> People:
    """The customers first_number … first_number + count − 1."""
    channel = rng.choice(len(CHANNELS), count, p=CHANNEL_SHARES)
    is_lead = rng.random(count) < 0.05
    habit = rng.choice(HABIT_RATES, count, p=HABIT_SHARES) * rng.lognormal(0, 0.2, count)
    order_rate = np.where(is_lead, 0.0, habit)
    leave_rate = rng.gamma(3.0, 1 / 2200 / 3.0, count) * CHANNEL_HAZARD[channel]
    interest = np.where(is_lead, 0.12, 0.06 + 26 * order_rate)
    return People(
        number=np.arange(first_number, first_number + count),
        signup_day=np.floor(shop.days * 0.97 * rng.random(count) ** 1.1).astype(np.int64),
        signup_second=second_of_day(count, rng),
        buys_at_once=~is_lead & (rng.random(count) < 0.75),
        order_rate=order_rate,
        leave_rate=leave_rate,
        leaves_at_once=rng.random(count) < 0.22 * CHANNEL_HAZARD[channel],
        visit_rate=interest * rng.lognormal(0, 0.1, count) * shop.event_rate,
        visit_depth=2 * rng.lognormal(-0.08, 0.4, count) * shop.visit_depth,
        bad_order_rate=rng.beta(1.2, 16, count),
        price_sensitivity=rng.beta(1.2, 2.2, count),
        basket=rng.beta(1.5, 3, count),
        favourite=rng.integers(0, len(CATEGORIES), count),
        response=rng.choice(3, count, p=[0.63, 0.25, 0.12]),
        open_rate=rng.beta(3, 4, count),
        channel=channel,
        country=rng.choice(len(COUNTRIES), count, p=COUNTRY_SHARES),
        email_consent=rng.random(count) < 0.7,
        is_test=rng.random(count) < 0.004,
    )


def second_of_day(count: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds within a day: few at night, most in the afternoon and evening."""
    return (86399 * rng.beta(3.2, 2.2, count)).astype(np.int64)
