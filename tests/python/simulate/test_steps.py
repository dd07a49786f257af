"""Clicks as a shopper makes them: seen, carted, checked out, paid, in that order, by a random stream of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clm_ml.simulate.clicks import BROWSE, BUY, CART, CHECKOUT, PAGE, PRODUCT, PURCHASE, Clicks, Visits
from clm_ml.simulate.demo import DEMO
from clm_ml.simulate.people import draw_people
from clm_ml.simulate.run import simulate
from clm_ml.simulate.shop import Shop
from clm_ml.simulate.steps import with_steps

Ask = Callable[[str], list[tuple[object, ...]]]
NOON = DEMO.start_second + 400 * 86400 + 43200


@pytest.fixture
def walk() -> Callable[..., pd.DataFrame]:
    """walk(kind of visit, *(seconds after noon, kind of click)): the clicks of a known customer's visit."""

    def made(visit_kind: int, *drawn: tuple[int, int]) -> pd.DataFrame:
        people = draw_people(DEMO, 1, 1, np.random.default_rng(1))
        people.signup_day[:] = 400
        people.signup_second[:] = 43200 - 150
        one = np.ones(1, int)
        visits = Visits(0 * one, one, NOON * one, visit_kind * one, one, -one, -one, 7 * one)
        n = len(drawn)
        at, kind = NOON + np.array([d[0] for d in drawn]), np.array([d[1] for d in drawn])
        product = np.where(np.isin(kind, [PRODUCT, CART]), 30 + np.arange(n), -1)
        no = np.zeros(n, bool)
        clicks = Clicks(np.zeros(n, int), np.arange(n), at, kind, ~no, product, at, no, no)
        shop = Shop(1, DEMO.months, 1)
        steps = with_steps(shop, people, visits, clicks, np.random.default_rng(4))
        return pd.DataFrame(
            {"kind": steps.kind, "after": steps.at - NOON, "product": steps.product, "known": steps.known}
        )

    return made


def test_a_purchase_alone_is_led_up_to(walk: Callable[..., pd.DataFrame]) -> None:
    clicks = walk(BUY, (0, PURCHASE))
    assert clicks["kind"].tolist() == [PRODUCT, CART, CHECKOUT, PURCHASE]
    assert clicks["after"].iloc[-1] == 0
    assert clicks["after"].is_monotonic_increasing
    assert clicks["product"].tolist() == [7, 7, -1, -1]


def test_nobody_has_a_name_before_signing_up(walk: Callable[..., pd.DataFrame]) -> None:
    clicks = walk(BUY, (-150, CHECKOUT), (0, PURCHASE))
    assert clicks["kind"].tolist() == [PRODUCT, CART, CHECKOUT, PURCHASE]
    assert clicks["known"].tolist() == [False, False, True, True]


def test_what_is_there_already_is_not_made_again(walk: Callable[..., pd.DataFrame]) -> None:
    clicks = walk(BUY, (-90, PRODUCT), (-60, CART), (-30, CHECKOUT), (0, PURCHASE))
    assert clicks["kind"].tolist() == [PRODUCT, CART, CHECKOUT, PURCHASE]
    assert clicks["product"].tolist() == [31, 31, -1, -1]


def test_steps_fit_between_the_click_before_and_the_one_that_needs_them(walk: Callable[..., pd.DataFrame]) -> None:
    clicks = walk(BROWSE, (0, PAGE), (4, CHECKOUT))
    assert clicks["kind"].tolist() == [PAGE, PRODUCT, CART, CHECKOUT]
    assert clicks["after"].tolist() == [0, 1, 2, 4]
    assert clicks["product"].iloc[1] == clicks["product"].iloc[2]


def test_an_order_s_visit_holds_every_step_in_order(ask: Ask) -> None:
    """A purchase is the order's own second; what leads up to it is the half hour before, on the same device."""
    bought = ask("""
        select count(*), count(*) filter (where cart_at is null or checkout_at is null or view_at is null)
        from (
            select o.order_id, max(e.occurred_at) filter (where e.event_type = 'checkout') as checkout_at,
                min(e.occurred_at) filter (where e.event_type = 'add_to_cart') as cart_at,
                min(e.occurred_at) filter (where e.event_type = 'product_view') as view_at
            from (select distinct order_id, customer_id, ordered_at from orders) as o
            join events as p
                on p.event_type = 'purchase' and p.customer_id = o.customer_id and p.occurred_at = o.ordered_at
            join events as e on e.anonymous_id = p.anonymous_id
                and e.occurred_at between p.occurred_at - interval 3 hours and p.occurred_at
            where o.ordered_at >= timestamp '2024-10-02'
            group by o.order_id
            having min(e.occurred_at) is not null)""")
    assert bought[0][1] == 0
    assert int(str(bought[0][0])) > 500


def test_some_carts_come_to_nothing(ask: Ask) -> None:
    (carts, bought) = ask("""
        select count(*), count(*) filter (where exists (
            select 1 from events as p where p.event_type = 'purchase' and p.anonymous_id = c.anonymous_id
                and p.occurred_at between c.occurred_at and c.occurred_at + interval 2 hours))
        from events as c where c.event_type = 'add_to_cart'""")[0]
    assert 0.2 < int(str(bought)) / int(str(carts)) < 0.8


def test_clicks_have_random_numbers_of_their_own(tmp_path: Path) -> None:
    """Other clicks, and everything else stays as it was, to the byte."""
    for name, share in (("all", 1.0), ("some", 0.3)):
        simulate(Shop(60, 6, 3, event_rate=0.1, tracked_orders=share), tmp_path / name, "csv")
    differ = {
        file.name
        for file in (tmp_path / "all").rglob("*.csv")
        if _hash(file) != _hash(tmp_path / "some" / file.relative_to(tmp_path / "all"))
    }
    assert differ == {"events.csv"}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
