"""What the shop's registers hold: customers, products, subscriptions, requests to be forgotten."""

from __future__ import annotations

import numpy as np

from clm_ml.simulate import columns as col
from clm_ml.simulate.contact import EPOCH
from clm_ml.simulate.people import CHANNELS, COUNTRIES, People
from clm_ml.simulate.process import History
from clm_ml.simulate.shop import BRANDS, CATEGORIES, Shop

FIRST_NAMES = (
    *("Ada", "Ben", "Cora", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jan", "Kira", "Leo"),
    *("Mia", "Nils", "Olga", "Paul", "Rosa", "Sam", "Tina", "Uwe", "Vera", "Will", "Yara", "Zoe"),
)
LAST_NAMES = (
    *("Adler", "Brandt", "Carter", "Dupont", "Evans", "Fischer", "Garnier", "Hansen", "Ivanov", "Jansen", "Keller"),
    *("Lopez", "Meyer", "Novak", "Olsen", "Petit", "Roth", "Smith", "Thomas", "Vogel", "Weber", "Young"),
)
CITIES = (
    ("Berlin", "Hamburg", "Köln"),
    ("Paris", "Lyon", "Lille"),
    ("Amsterdam", "Utrecht", "Breda"),
    ("London", "Leeds", "Bath"),
    ("Boston", "Denver", "Austin"),
)
REFERRAL = CHANNELS.index("referral")
PLANS, PLAN_CENTS = ("plus", "family"), np.array([490, 790])


def customers_table(shop: Shop, people: People, rng: np.random.Generator) -> dict[str, col.Column]:
    """One row per customer, as of signing up."""
    n = len(people)
    first, last = rng.integers(0, len(FIRST_NAMES), n), rng.integers(0, len(LAST_NAMES), n)
    ids = people.number
    digits = col.numbered("", ids, 1)
    lower_first = col.chosen([w.lower() for w in FIRST_NAMES], first)
    lower_last = col.chosen([w.lower() for w in LAST_NAMES], last)
    city = people.country * 3 + rng.integers(0, 3, n)
    created = shop.start_second + people.signup_day * 86400 + people.signup_second
    born = (shop.start_date - EPOCH).days - rng.integers(18 * 365, 80 * 365, n)
    referrer, is_referred = _referrers(people, rng)
    return {
        "customer_id": col.customer_ids(ids),
        "created_at": col.instant(created),
        "email": col.joined(lower_first, ".", lower_last, digits, "@example.com"),
        "phone": col.numbered("+999", ids, 8, rng.random(n) < 0.6),
        "full_name": col.joined(col.chosen(FIRST_NAMES, first), " ", col.chosen(LAST_NAMES, last)),
        "country": col.chosen(COUNTRIES, people.country),
        "city": col.chosen([c for cities in CITIES for c in cities], city),
        "birth_date": col.day(born, rng.random(n) < 0.7),
        "acquisition_channel": col.chosen(CHANNELS, people.channel),
        "referred_by_customer_id": col.customer_ids(referrer, is_referred),
        "email_consent": col.flag(people.email_consent),
        "sms_consent": col.flag(rng.random(n) < 0.3),
        "is_test": col.flag(people.is_test),
        "updated_at": col.instant(created),
    }


def _referrers(people: People, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Somebody who signed up on an earlier day recommended the shop."""
    by_day = np.argsort(people.signup_day, kind="stable")
    earlier = np.searchsorted(people.signup_day[by_day], people.signup_day, side="left")
    position = (rng.random(len(people)) * earlier).astype(np.int64)
    return people.number[by_day[position]], (people.channel == REFERRAL) & (earlier > 0)


def products_table(shop: Shop) -> dict[str, col.Column]:
    """One row per product; prices in euro; the cost of some is not known."""
    products = shop.products
    number = np.arange(products.count)
    name = col.joined(
        col.chosen(BRANDS, products.brand),
        " ",
        col.chosen(CATEGORIES, products.category),
        " ",
        col.numbered("", number + 1, 1),
    )
    return {
        "product_id": col.numbered("P", number + 1, 5),
        "product_name": name,
        "category": col.chosen(CATEGORIES, products.category),
        "brand": col.chosen(BRANDS, products.brand),
        "list_price": col.money(products.price_cents[0]),
        "unit_cost": col.money(products.cost_cents, products.cost_cents > 0),
    }


def subscriptions_table(
    shop: Shop, people: People, history: History, first: int, rng: np.random.Generator
) -> tuple[dict[str, col.Column], int]:
    """A few have a plan, and how many; who left ends it within weeks: a second version, recorded when it ended."""
    n = len(people)
    started = people.signup_day * 86400 + people.signup_second + rng.integers(3600, 60 * 86400, n)
    left = np.minimum(history.left_day, 10 * shop.days) * 86400
    has = np.flatnonzero((rng.random(n) < 0.03) & (started < np.minimum(left, shop.days * 86400)))
    ended = (left + rng.integers(86400, 30 * 86400, n))[has]
    plan = rng.integers(0, 2, len(has))
    again = np.flatnonzero(ended < shop.days * 86400)
    row = np.concatenate([np.arange(len(has)), again])
    is_end = np.arange(len(row)) >= len(has)
    ended_at = shop.start_second + ended[row]
    table = {
        "subscription_id": col.numbered("S", first + row, 5),
        "customer_id": col.customer_ids(people.number[has[row]]),
        "plan": col.chosen(PLANS, plan[row]),
        "started_at": col.instant(shop.start_second + started[has[row]]),
        "ended_at": col.instant(ended_at, is_end),
        "monthly_amount": col.money(PLAN_CENTS[plan[row]]),
        "recorded_at": col.instant(ended_at, is_end),
    }
    return table, len(has)


def erasures_table(shop: Shop, people: People, history: History, rng: np.random.Generator) -> dict[str, col.Column]:
    """A few of those who left ask to be forgotten."""
    n = len(people)
    asked = np.minimum(history.left_day, 10 * shop.days) * 86400 + rng.integers(3600, 60 * 86400, n)
    who = np.flatnonzero((asked < shop.days * 86400) & (rng.random(n) < 0.01))
    return {
        "customer_id": col.customer_ids(people.number[who]),
        "requested_at": col.instant(shop.start_second + asked[who]),
    }
