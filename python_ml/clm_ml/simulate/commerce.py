"""What the till and the service desk saw: orders, lines, refunds, tickets, reviews. Amounts are whole cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.simulate import columns as col
from clm_ml.simulate import law
from clm_ml.simulate.people import People, second_of_day
from clm_ml.simulate.process import History
from clm_ml.simulate.shop import CURRENCIES, EUR_PER_UNIT, Shop

Tables = dict[str, dict[str, col.Column]]
ORDER_CHANNELS = ("web", "store", "phone")
TICKET_TEXTS = (
    "The parcel arrived damaged.",
    "The order came a week late.",
    "I received the wrong item.",
    "Half of the order is missing.",
    "How can I send this back?",
    "When will it be in stock again?",
    "Please send me an invoice.",
)
TICKET_CHANNELS = ("email", "phone", "chat")
RESPONSE_SECONDS = np.array([6 * 3600, 60, 600])  # as a mean, by channel
UNANSWERED = 0.03
COMPLAINT_TEXTS = 4  # the first of them
REVIEW_TEXTS = ("Broke at once.", "Not as described.", "It is fine.", "Good quality.", "Would buy again!")


@dataclass
class Orders:
    """The orders of a block with their lines; `first` is the number of its first order."""

    customer: np.ndarray
    at: np.ndarray  # second since 1970
    day: np.ndarray
    is_cancelled: np.ndarray
    is_bad: np.ndarray
    channel: np.ndarray
    number: np.ndarray
    line_order: np.ndarray
    line_number: np.ndarray
    line_product: np.ndarray
    line_quantity: np.ndarray
    line_price: np.ndarray
    line_discount: np.ndarray

    @property
    def gross(self) -> np.ndarray:
        return _summed(self.line_order, self.line_price * self.line_quantity, len(self.at))

    @property
    def discount(self) -> np.ndarray:
        return _summed(self.line_order, self.line_discount, len(self.at))

    @property
    def is_web(self) -> np.ndarray:
        return self.channel == 0


@dataclass
class Refunds:
    """All refunds the orders lead to, also those after the end of the run."""

    order: np.ndarray
    day: np.ndarray
    at: np.ndarray
    cents: np.ndarray


def draw_orders(shop: Shop, people: People, history: History, first_number: int, rng: np.random.Generator) -> Orders:
    """Give the orders of the days their time, channel and lines; a first order comes minutes after signing up."""
    n = len(history.order_day)
    customer, day = history.order_customer, history.order_day
    at_signup = day == people.signup_day[customer]
    second = np.where(at_signup, np.minimum(people.signup_second[customer] + 150, 86399), second_of_day(n, rng))
    at = shop.start_second + day * 86400 + second
    order = np.lexsort((np.arange(n), at))
    customer, day = customer[order], day[order]
    channel = np.where(at_signup[order], 0, rng.choice(3, n, p=[0.87, 0.09, 0.04]))
    return Orders(
        customer,
        at[order],
        day,
        history.order_is_cancelled[order],
        history.order_is_bad[order],
        channel,
        first_number + np.arange(n),
        *_draw_lines(shop, people, customer, day, rng),
    )


def _draw_lines(
    shop: Shop, people: People, customer: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    products = shop.products
    count = 1 + rng.binomial(3, people.basket[customer])
    order = np.repeat(np.arange(len(customer)), count)
    number = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count) + 1
    per_category = products.count // (products.category.max() + 1)
    favourite = people.favourite[customer][order] * per_category + rng.integers(0, per_category, len(order))
    product = np.where(rng.random(len(order)) < 0.6, favourite, rng.integers(0, products.count, len(order)))
    quantity = 1 + (rng.random(len(order)) < law.SECOND_PIECE).astype(np.int64)
    price = products.price_cents[people.currency[customer][order], product]
    percent = _draw_percents(shop, people, customer, day, rng)[order]
    return order, number, product, quantity, price, np.rint(price * quantity * percent / 100).astype(np.int64)


def _draw_percents(
    shop: Shop, people: People, customer: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    n = len(customer)
    uses = rng.random(n) < law.discount_probability(shop, people.price_sensitivity[customer], day)
    percent = np.where(shop.is_sale[day], rng.choice(law.SALE_PERCENTS, n), rng.choice(law.USUAL_PERCENTS, n))
    return np.where(uses, percent, 0)


def draw_refunds(shop: Shop, orders: Orders, rng: np.random.Generator) -> Refunds:
    """Bad orders are refunded more often; about a third of the refunds are full."""
    n = len(orders.at)
    likely = np.where(orders.is_bad, law.REFUND_OF_BAD, law.REFUND_OF_GOOD)
    order = np.flatnonzero(~orders.is_cancelled & (rng.random(n) < likely))
    paid = (orders.gross - orders.discount)[order]
    percent = np.where(rng.random(len(order)) < law.FULL_OF_REFUNDS, 100, rng.choice(law.PARTIAL_SHARES, len(order)))
    day = orders.day[order] + rng.choice(law.REFUND_DELAYS, len(order))
    at = shop.start_second + day * 86400 + second_of_day(len(order), rng)
    return Refunds(order, day, at, np.rint(paid * percent / 100).astype(np.int64))


def pending_refunds(shop: Shop, people: People, orders: Orders, refunds: Refunds, day: int) -> np.ndarray:
    """Per customer, in euro: what orders up to `day` will be refunded within the horizon after it."""
    due = (orders.day[refunds.order] <= day) & (refunds.day > day) & (refunds.day <= day + shop.horizon_days)
    customer = orders.customer[refunds.order[due]]
    rates = np.array(list(EUR_PER_UNIT.values()))
    euro = refunds.cents[due] / 100 * rates[people.currency[customer]]
    return np.bincount(customer, euro, len(people))


def order_tables(shop: Shop, people: People, orders: Orders, refunds: Refunds, rng: np.random.Generator) -> Tables:
    """orders, order_items and refunds, as far as they were known at the end of the run."""
    kept = refunds.at < shop.end_second
    return {
        "orders": _orders_table(shop, people, orders, rng),
        "order_items": {
            "order_id": _order_ids(orders.number[orders.line_order]),
            "line_number": col.whole(orders.line_number),
            "product_id": col.numbered("P", orders.line_product + 1, 5),
            "quantity": col.whole(orders.line_quantity),
            "unit_price": col.money(orders.line_price),
            "discount_amount": col.money(orders.line_discount),
        },
        "refunds": {
            "refund_id": col.joined("R", _order_ids(orders.number[refunds.order[kept]])),
            "order_id": _order_ids(orders.number[refunds.order[kept]]),
            "refunded_at": col.instant(refunds.at[kept]),
            "amount": col.money(refunds.cents[kept]),
        },
    }


def _orders_table(shop: Shop, people: People, orders: Orders, rng: np.random.Generator) -> dict[str, col.Column]:
    """An order that is called off was known before: it stands there twice, the second time as cancelled."""
    n = len(orders.at)
    known = orders.at + rng.integers(3600, 3 * 86400, n)
    called_off = np.flatnonzero(orders.is_cancelled & (known < shop.end_second))
    row = np.concatenate([np.arange(n), called_off])
    is_again = np.arange(len(row)) >= n
    recent = orders.at[row] >= shop.end_second - 2 * 86400
    status = np.where(is_again, 2, np.where(recent, 1, 0))
    paid = (orders.gross - orders.discount)[row]
    return {
        "order_id": _order_ids(orders.number[row]),
        "customer_id": col.customer_ids(people.number[orders.customer[row]]),
        "ordered_at": col.instant(orders.at[row]),
        "status": col.chosen(("completed", "processing", "cancelled"), status),
        "channel": col.chosen(ORDER_CHANNELS, orders.channel[row]),
        "currency": col.chosen(CURRENCIES, people.currency[orders.customer[row]]),
        "gross_amount": col.money(orders.gross[row]),
        "discount_amount": col.money(orders.discount[row]),
        "shipping_amount": col.money(np.where(paid < 5000, 490, 0)),
        "tax_amount": col.money(np.rint(paid * 19 / 119).astype(np.int64)),
        "recorded_at": col.instant(known[row], is_again),
    }


def service_tables(
    shop: Shop,
    people: People,
    orders: Orders,
    first_ticket: int,
    rng: np.random.Generator,
    response_rng: np.random.Generator,
) -> tuple[Tables, int]:
    """support_tickets and reviews, and how many tickets there are. Who got a bad order complains the day after."""
    n = len(orders.at)
    asks = (rng.random(n) < np.where(orders.is_bad, 1.0, 0.04)) & ~orders.is_cancelled
    opened = orders.at + rng.integers(8 * 3600, 30 * 3600, n)
    order = np.flatnonzero(asks & (opened < shop.end_second))
    tickets = _tickets_table(shop, people, orders, order, opened[order], first_ticket, rng, response_rng)
    return {"support_tickets": tickets, "reviews": _reviews_table(shop, people, orders, rng)}, len(order)


def _tickets_table(
    shop: Shop,
    people: People,
    orders: Orders,
    order: np.ndarray,
    opened: np.ndarray,
    first: int,
    rng: np.random.Generator,
    response_rng: np.random.Generator,
) -> dict[str, col.Column]:
    n, bad = len(order), orders.is_bad[order]
    closed = opened + np.rint(rng.exponential(30 * 3600, n)).astype(np.int64) + 600
    is_closed = closed < shop.end_second
    rating = np.where(bad, rng.integers(1, 3, n), rng.integers(3, 6, n))
    text = np.where(bad, rng.integers(0, COMPLAINT_TEXTS, n), rng.integers(COMPLAINT_TEXTS, len(TICKET_TEXTS), n))
    channel = rng.integers(0, len(TICKET_CHANNELS), n)
    answered, is_answered = _answers(opened, closed, channel, response_rng)
    return {
        "ticket_id": col.numbered("T", first + np.arange(n), 6),
        "customer_id": col.customer_ids(people.number[orders.customer[order]]),
        "opened_at": col.instant(opened),
        "first_response_at": col.instant(answered, is_answered & (answered < shop.end_second)),
        "closed_at": col.instant(closed, is_closed),
        "category": col.chosen(("complaint", "question"), np.where(bad, 0, 1)),
        "channel": col.chosen(TICKET_CHANNELS, channel),
        "rating": col.whole(rating, is_closed & (rng.random(n) < 0.6)),
        "message": col.chosen(TICKET_TEXTS, text),
        "handling_cost_amount": col.money(rng.integers(250, 1400, n)),
    }


def _answers(
    opened: np.ndarray, closed: np.ndarray, channel: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """When somebody first answered, and whether anybody did; a few tickets are closed without a word."""
    takes = 20 + rng.exponential(RESPONSE_SECONDS[channel])
    answered = opened + np.minimum(takes, 0.9 * (closed - opened)).astype(np.int64)
    return answered, rng.random(len(opened)) >= UNANSWERED


def _reviews_table(shop: Shop, people: People, orders: Orders, rng: np.random.Generator) -> dict[str, col.Column]:
    first_line = np.flatnonzero(orders.line_number == 1)  # one per order, in the order of the orders
    at = orders.at + rng.integers(4 * 86400, 15 * 86400, len(orders.at))
    writes = ~orders.is_cancelled & (rng.random(len(at)) < 0.07) & (at < shop.end_second)
    order = np.flatnonzero(writes)
    rating = np.where(orders.is_bad[order], rng.integers(1, 3, len(order)), rng.choice(5, len(order), p=_STARS) + 1)
    return {
        "review_id": col.joined("V", _order_ids(orders.number[order])),
        "customer_id": col.customer_ids(people.number[orders.customer[order]]),
        "product_id": col.numbered("P", orders.line_product[first_line[order]] + 1, 5),
        "rating": col.whole(rating),
        "body": col.chosen(REVIEW_TEXTS, rating - 1, rng.random(len(order)) < 0.7),
        "created_at": col.instant(at[order]),
    }


_STARS = (0.03, 0.05, 0.14, 0.33, 0.45)


def _order_ids(numbers: np.ndarray) -> col.Column:
    return col.numbered("", numbers, 7)


def _summed(group: np.ndarray, cents: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros(count, np.int64)
    np.add.at(total, group, cents)
    return total
