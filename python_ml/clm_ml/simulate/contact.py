"""What marketing did: campaigns, messages and what became of them, control groups, spend by day and channel."""

from __future__ import annotations

import datetime as dt

import numpy as np

from clm_ml.simulate import columns as col
from clm_ml.simulate.people import CHANNEL_SHARES, CHANNELS, People
from clm_ml.simulate.process import History
from clm_ml.simulate.shop import FIRST_CAMPAIGN_DAY, Shop, control_share

OBJECTIVES = ("winback", "newsletter", "sale")
PAID_COST = {"paid_search": 1400, "paid_social": 1900, "affiliate": 900}  # cents a new customer costs
EPOCH = dt.date(1970, 1, 1)


def message_tables(
    shop: Shop, people: People, history: History, first: int, rng: np.random.Generator
) -> tuple[dict[str, dict[str, col.Column]], np.ndarray, np.ndarray, np.ndarray]:
    """campaign_messages and experiment_assignments; and who clicked, when, in which campaign."""
    sent = history.contact_is_treated
    customer, campaign = history.contact_customer[sent], history.contact_campaign[sent]
    opened, gone = history.contact_is_opened[sent], history.contact_is_unsubscribed[sent]
    n = len(customer)
    sent_at = _sent_at(shop, campaign) + rng.integers(0, 1800, n)
    delivered = rng.random(n) < 0.985
    opened_at = sent_at + 60 + np.minimum(rng.exponential(5 * 3600, n), 12 * 3600).astype(np.int64)
    clicked_at, gone_at = opened_at + rng.integers(5, 300, n), opened_at + rng.integers(20, 600, n)
    clicked = opened & ~gone & (rng.random(n) < np.where(people.response[customer] == 1, 0.35, 0.12))
    opened, clicked, gone = (is_so & (opened_at + 600 < shop.end_second) for is_so in (opened, clicked, gone))
    messages = {
        "message_id": col.numbered("M", first + np.arange(n), 7),
        "campaign_id": col.numbered("K", campaign + 1, 3),
        "customer_id": col.customer_ids(people.number[customer]),
        "variant": col.chosen(("treatment",), np.zeros(n, int)),
        "sent_at": col.instant(sent_at),
        "delivered_at": col.instant(sent_at + rng.integers(1, 60, n), delivered | opened),
        "opened_at": col.instant(opened_at, opened),
        "clicked_at": col.instant(clicked_at, clicked),
        "unsubscribed_at": col.instant(gone_at, gone),
        "cost_amount": col.money(np.full(n, 2)),
    }
    tables = {"campaign_messages": messages, "experiment_assignments": _assignments(shop, people, history)}
    return tables, customer[clicked], clicked_at[clicked], campaign[clicked]


def _sent_at(shop: Shop, campaign: np.ndarray) -> np.ndarray:
    """Nine in the morning of the campaign's day, as a second since 1970."""
    return shop.start_second + (FIRST_CAMPAIGN_DAY + campaign * shop.campaign_every_days) * 86400 + 9 * 3600


def _assignments(shop: Shop, people: People, history: History) -> dict[str, col.Column]:
    tested = np.array([control_share(k) > 0 for k in range(shop.campaign_count)], bool)
    row = np.flatnonzero(tested[history.contact_campaign]) if len(tested) else np.zeros(0, int)
    campaign = history.contact_campaign[row]
    return {
        "experiment_id": col.numbered("X", campaign + 1, 3),
        "customer_id": col.customer_ids(people.number[history.contact_customer[row]]),
        "variant": col.chosen(("control", "treatment"), history.contact_is_treated[row].astype(int)),
        "assigned_at": col.instant(_sent_at(shop, campaign) - 3600),
    }


def campaign_tables(shop: Shop) -> dict[str, dict[str, col.Column]]:
    """campaigns, experiments and marketing_spend: what does not hang on a customer."""
    numbers = np.arange(shop.campaign_count)
    tested = np.array([k for k in numbers if control_share(int(k)) > 0], int)
    always_on = np.arange(len(PAID_COST))
    starts = np.concatenate([_sent_at(shop, numbers), np.full(len(PAID_COST), shop.start_second)])
    lasts = len(numbers) * [True] + len(PAID_COST) * [False]
    objective = np.concatenate([numbers % 3, np.full(len(PAID_COST), 3)])
    names = [f"{OBJECTIVES[k % 3]} {shop.date(shop.campaign_day(int(k))):%Y-%m}" for k in numbers]
    campaigns = {
        "campaign_id": _joined_ids(numbers, always_on),
        "campaign_name": col.chosen([*names, *(f"always on {c}" for c in PAID_COST)], np.arange(len(starts))),
        "channel": col.chosen(["email"] * len(numbers) + list(PAID_COST), np.arange(len(starts))),
        "objective": col.chosen([*OBJECTIVES, "acquisition"], objective),
        "starts_at": col.instant(starts),
        "ends_at": col.instant(starts + 14 * 86400, np.array(lasts)),
    }
    experiments = {
        "experiment_id": col.numbered("X", tested + 1, 3),
        "experiment_name": col.chosen([f"{n} against no contact" for n in names], tested),
        "primary_metric": col.chosen(("conversion",), np.zeros(len(tested), int)),
        "starts_at": col.instant(_sent_at(shop, tested) - 3600),
        "ends_at": col.instant(_sent_at(shop, tested) + 14 * 86400),
    }
    return {"campaigns": campaigns, "experiments": experiments, "marketing_spend": _spend(shop)}


def _joined_ids(numbers: np.ndarray, always_on: np.ndarray) -> col.Column:
    return col.numbered("K", np.concatenate([numbers + 1, 900 + always_on]), 3)


def _spend(shop: Shop) -> dict[str, col.Column]:
    """Per day and paid channel: its share of the new customers at what one costs, give or take a quarter."""
    rng = np.random.default_rng([shop.seed, 2])
    day = np.repeat(np.arange(shop.days), len(PAID_COST))
    paid = np.tile(np.arange(len(PAID_COST)), shop.days)
    shares = np.array([CHANNEL_SHARES[CHANNELS.index(c)] for c in PAID_COST])
    a_day = shop.customers / shop.days * shares * np.array(list(PAID_COST.values()))
    return {
        "spend_date": col.day((shop.start_date - EPOCH).days + day),
        "channel": col.chosen(list(PAID_COST), paid),
        "campaign_id": col.numbered("K", 900 + paid, 3),
        "amount": col.money(np.rint(a_day[paid] * rng.lognormal(0, 0.25, len(day))).astype(np.int64)),
    }
