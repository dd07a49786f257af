"""What is simulated: how many customers, which days, products and campaigns. All days count from the first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clm_ml.errors import UsageError

BLOCK_CUSTOMERS = 5000  # customers simulated at a time: bounds the memory, and is part of what a seed means
WINDOW_DAYS = 14  # a message works on the days 1 … 14 after it was sent
FIRST_CAMPAIGN_DAY = 20
CATEGORIES = ("home", "garden", "kitchen", "toys", "sport", "beauty")
BRANDS = ("Alder", "Birch", "Cedar", "Hazel")
EUR_PER_UNIT = {"EUR": 1.0, "GBP": 1.17, "USD": 0.92}
CURRENCIES = tuple(EUR_PER_UNIT)


@dataclass(frozen=True)
class Shop:
    """One run. `event_rate` scales how often people visit, `visit_depth` how many events a visit has.

    `tracked_orders` is the share of web orders whose visit the tracker saw; others refused it.
    """

    customers: int
    months: int
    seed: int
    end_date: dt.date = dt.date(2025, 6, 30)
    horizon_days: int = 90
    event_rate: float = 1.0
    visit_depth: float = 1.0
    campaign_every_days: int = 28
    campaign_reach: float = 1.0
    anonymous_share: float = 0.5
    tracked_orders: float = 1.0

    def __post_init__(self) -> None:
        if min(self.customers, self.months, self.horizon_days) < 1 or self.event_rate <= 0 or self.seed < 0:
            raise UsageError(
                "a shop needs at least one customer, one month, a horizon of one day and an event rate above 0",
                "see `clm-ml simulate --help`",
            )
        if self.campaign_every_days <= WINDOW_DAYS:
            raise UsageError(f"campaigns must start more than {WINDOW_DAYS} days apart", "raise campaign_every_days")

    @cached_property
    def start_date(self) -> dt.date:
        """The first day: `months` months before the day after the last."""
        after = self.end_date + dt.timedelta(days=1)
        month = after.year * 12 + after.month - 1 - self.months
        return dt.date(month // 12, month % 12 + 1, min(after.day, 28))

    @property
    def days(self) -> int:
        return (self.end_date - self.start_date).days + 1

    @cached_property
    def as_of_days(self) -> list[int]:
        """The month ends within the run, as day numbers."""
        dates = [self.date(d) for d in range(self.days)]
        return [i for i, d in enumerate(dates) if (d + dt.timedelta(days=1)).day == 1]

    @property
    def start_second(self) -> int:
        return int(dt.datetime.combine(self.start_date, dt.time(), dt.UTC).timestamp())

    @property
    def end_second(self) -> int:
        """The first second after the run: nothing later has been recorded yet."""
        return self.start_second + self.days * 86400

    def date(self, day: int) -> dt.date:
        return self.start_date + dt.timedelta(days=day)

    @cached_property
    def is_sale(self) -> np.ndarray:
        """Per day, up to the end of the last horizon: the first week of every odd month."""
        dates = [self.date(d) for d in range(self.days + self.horizon_days + 1)]
        return np.array([d.month % 2 == 1 and d.day <= 7 for d in dates])

    @cached_property
    def season(self) -> np.ndarray:
        """Per day, the factor on everybody's purchase rate: weekends and the weeks before Christmas are busy."""
        dates = [self.date(d) for d in range(self.days + self.horizon_days + 1)]
        weekend = np.array([1.15 if d.weekday() >= 5 else 0.94 for d in dates])
        return weekend * np.array([1.3 if d.month == 12 and d.day < 24 else 1.0 for d in dates])

    def campaign_on(self, day: int) -> int | None:
        """The number of the campaign that is sent on this day, also beyond the end of the run."""
        number, rest = divmod(day - FIRST_CAMPAIGN_DAY, self.campaign_every_days)
        return number if rest == 0 and number >= 0 else None

    def campaign_day(self, number: int) -> int:
        return FIRST_CAMPAIGN_DAY + number * self.campaign_every_days

    @property
    def campaign_count(self) -> int:
        return max(0, (self.days - 1 - FIRST_CAMPAIGN_DAY) // self.campaign_every_days + 1)

    @cached_property
    def products(self) -> Products:
        return Products.drawn(np.random.default_rng([self.seed, 1]))


def control_share(campaign: int) -> float:
    """Every third campaign is an experiment: half of its audience is left alone."""
    return 0.5 if campaign % 3 == 0 else 0.0


@dataclass(frozen=True)
class Products:
    """Sixty products, ten a category; prices in cents of each currency, cost in cents of euro, 0 where unknown."""

    category: np.ndarray
    brand: np.ndarray
    price_cents: np.ndarray  # (currency, product)
    cost_cents: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Products:
        category = np.repeat(np.arange(len(CATEGORIES)), 10)
        level = np.array([32.0, 40.0, 24.0, 18.0, 45.0, 15.0])[category]
        euro = np.round(level * rng.lognormal(0, 0.45, len(category))) + rng.choice(
            [-0.01, -0.05, 0.49], len(category)
        )
        rates = np.array(list(EUR_PER_UNIT.values()))
        price = np.rint(100 * np.maximum(euro, 1.99) / rates[:, None]).astype(np.int64)
        known = rng.random(len(category)) < 0.88
        cost = np.where(known, np.rint(price[0] * rng.uniform(0.4, 0.65, len(category))), 0).astype(np.int64)
        return cls(category, rng.integers(0, len(BRANDS), len(category)), price, cost)

    @property
    def count(self) -> int:
        return len(self.category)
