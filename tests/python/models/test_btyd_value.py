"""Spending, the value of it, the table of customers, and which model is chosen."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from clm_ml.models.btyd import gamma_gamma
from clm_ml.models.btyd.customers import Contestant, Plan, choose, contest, fit_orders, fit_spend, placed, predict
from clm_ml.models.btyd.gamma_gamma import Spend
from clm_ml.models.btyd.maximum import by_differences
from clm_ml.models.btyd.mbg_nbd import MbgNbd
from clm_ml.models.btyd.value import discounted_margin, net_clv, yearly_to_periodic
from drawn import AGE, BG, HORIZON, MBG, people

P, Q, GAMMA = 4.0, 3.5, 20.0
TODAY = date(2024, 6, 30)


def spenders(count=20_000, seed=1):
    """Orders and mean value, drawn order by order; and each customer's true mean."""
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 8, count).astype(float)
    scale = 1 / rng.gamma(Q, 1 / GAMMA, count)
    mean = np.array([rng.gamma(P, s, int(n)).mean() for n, s in zip(orders, scale, strict=True)])
    return orders, mean, P * scale


def table(kind="mbg_nbd", params=MBG, count=6_000, seed=2):
    someone = people(kind, params, count, seed)
    recency = np.minimum(np.ceil(someone.recency * 10) / 10, someone.age)
    frame = pd.DataFrame({"frequency": someone.frequency, "recency": recency, "age": someone.age})
    frame.insert(0, "customer_id", [f"carla-{i}" for i in range(count)])
    rng = np.random.default_rng(seed)
    frame["mean_value"] = np.where(someone.frequency > 0, rng.gamma(4.0, 10.0, count), np.nan)
    return frame, someone


# ---- Gamma-Gamma


def test_a_fit_finds_the_spending_that_drew_the_customers():
    orders, mean, true_mean = spenders()
    fitted = gamma_gamma.fit(Spend.of(orders, mean))
    off = (fitted.maximum.log_params - np.log([P, Q, GAMMA])) / fitted.maximum.errors
    assert np.abs(off).max() < 3.5
    told = fitted.expected_value(orders, mean)
    for n in range(1, 8):
        assert told[orders == n].mean() == pytest.approx(true_mean[orders == n].mean(), rel=0.03)
    assert np.square(told - true_mean).mean() < np.square(mean - true_mean).mean()


def test_the_gradient_of_spending():
    orders, mean, _ = spenders(500)
    spend = Spend.of(orders, mean)
    for at in np.log([[1.0, 2.0, 30.0], [8.0, 1.2, 4.0]]):
        by_hand = by_differences(lambda p: gamma_gamma.log_likelihood(p, spend)[0], at)
        assert gamma_gamma.log_likelihood(at, spend)[1] == pytest.approx(by_hand, rel=1e-5, abs=1e-3)


def test_another_currency_scales_gamma_and_nothing_else():
    orders, mean, _ = spenders(2_000)
    euro, yen = (gamma_gamma.fit(Spend.of(orders, mean * rate)) for rate in (1.0, 160.0))
    assert yen.params == pytest.approx(euro.params * [1, 1, 160], rel=1e-6)
    assert yen.expected_value(orders, mean * 160) == pytest.approx(160 * euro.expected_value(orders, mean), rel=1e-6)


def test_a_customer_s_own_mean_counts_for_more_with_every_order():
    fitted = gamma_gamma.fit(Spend.of(*spenders(2_000)[:2]))
    told = fitted.expected_value(np.array([0, 1, 5, 1e6]), np.array([np.nan, 100.0, 100.0, 100.0]))
    assert told[0] == pytest.approx(fitted.population_mean)
    assert told[0] < told[1] < told[2] < told[3]
    assert told[3] == pytest.approx(100, rel=1e-4)
    assert fitted.expected_value(np.array([2.0]), np.array([-5.0]))[0] < told[0]  # refunds


def test_who_says_nothing_of_spending_is_left_out():
    spend = Spend.of(np.array([0, 2, 2, 3, 1.0]), np.array([np.nan, 7.0, 7.0, -1.0, np.nan]))
    assert (spend.orders.tolist(), spend.mean.tolist(), spend.count.tolist()) == ([2], [7], [2])
    with pytest.raises(ValueError, match="no customer"):
        gamma_gamma.fit(Spend.of(np.zeros(3), np.full(3, np.nan)))


def test_correlation_by_hand():
    orders, mean = np.array([1, 1, 2, 3.0]), np.array([10, 10, 30, 20.0])
    assert Spend.of(orders, mean).correlation == pytest.approx(np.corrcoef(orders, mean)[0, 1])


# ---- value


def test_net_clv_of_the_definitions():
    """Revenue 300, margin 40 %, acquisition 50, service 20: 50, or 47.64 at 1 % a month."""
    increments, margin = np.array([[1.0, 1.0, 1.0]]), np.array([100 * 0.4])
    for rate, expected in ((0.0, 50.0), (0.01, 47.64)):
        predicted = discounted_margin(increments, margin, rate)
        net = net_clv(np.zeros(1), predicted, np.array([50.0]), np.array([20.0]))
        assert net[0] == pytest.approx(expected, abs=0.005)


def test_a_rate_compounds_to_the_year():
    assert (1 + yearly_to_periodic(0.12, 12)) ** 12 == pytest.approx(1.12)


def test_orders_are_not_counted_again_in_later_periods():
    """A sum over the periods of all orders up to their ends would grow with the number of periods."""
    frame, _ = table()
    orders, spend = fit_orders(frame, MbgNbd), fit_spend(frame)
    coarse = predict(frame, orders, spend, Plan(TODAY, periods=1, period=HORIZON))
    fine = predict(frame, orders, spend, Plan(TODAY, periods=40, period=HORIZON / 40))
    assert fine["clv_margin_amount"].to_numpy() == pytest.approx(coarse["clv_margin_amount"].to_numpy(), rel=1e-9)


# ---- the table of customers


def test_one_row_per_customer_in_the_order_they_came():
    frame, someone = table()
    plan = Plan(TODAY, periods=4, period=HORIZON / 4, rate=0.01)
    orders, spend = fit_orders(frame, MbgNbd), fit_spend(frame)
    told = predict(frame, orders, spend, plan)
    assert told["customer_id"].tolist() == frame["customer_id"].tolist()
    mixed = frame.sample(frac=1, random_state=3)
    again = predict(mixed, orders, spend, plan).set_index("customer_id").loc[frame["customer_id"]].reset_index()
    pd.testing.assert_frame_equal(told, again, rtol=1e-12)
    assert told["expected_order_count"].sum() == pytest.approx(someone.later.sum(), rel=0.05)
    assert told["no_order_probability"].mean() == pytest.approx((someone.later == 0).mean(), abs=0.02)
    assert told["alive_probability"].mean() == pytest.approx(someone.alive.mean(), abs=0.03)


def test_a_date_is_missing_where_most_never_order_again():
    frame, _ = table()
    orders = fit_orders(frame, MbgNbd)
    told = predict(frame, orders, fit_spend(frame), Plan(TODAY, periods=1, period=HORIZON))
    gone = told["alive_probability"] <= 0.5
    assert gone.any()
    assert told.loc[gone, "next_order_date"].isna().all()
    assert told.loc[told["alive_probability"] <= 0.95, "next_order_high_date"].isna().all()
    regular = pd.DataFrame(
        {"customer_id": ["ada"], "frequency": [30], "recency": [AGE], "age": [AGE], "mean_value": [9.0]}
    )
    ada = predict(regular, orders, fit_spend(frame), Plan(TODAY, periods=1, period=HORIZON, unit_days=7))
    time = orders.model.time_to_next(placed(regular)[0], 0.5)[0]
    assert ada["next_order_date"][0] == pd.Timestamp(TODAY) + pd.Timedelta(days=int(np.ceil(7 * time)))


def test_alive_is_not_published_where_it_is_an_assumption():
    frame, _ = table("bg_nbd", (0.8, 6.0, 1e-6, 10.0), 1_500)
    orders = fit_orders(frame, MbgNbd)
    assert not orders.dropout_is_identified
    told = predict(frame, orders, fit_spend(frame), Plan(TODAY, periods=1, period=HORIZON))
    assert told["alive_probability"].isna().all()
    assert told["expected_order_count"].notna().all()


# ---- which one


def test_the_model_that_drew_the_customers_is_the_likeliest():
    frame, someone = table("bg_nbd", BG, 3_000)
    found = contest(frame, someone.later, HORIZON)
    assert choose(found).fitted.model.NAME == "bg_nbd"
    assert abs(found[0].bias) < 0.08


def test_clearly_smaller_errors_overrule_the_likelihood():
    frame, someone = table(count=500)
    likely, close, other = contest(frame, someone.later, HORIZON)
    order = sorted((likely, close, other), key=lambda one: -one.log_likelihood)
    better = Contestant(order[1].fitted, order[0].squared_errors * 0.5, 0.1, 0.0)
    equal = Contestant(order[1].fitted, order[0].squared_errors.copy(), 0.1, 0.0)
    assert choose([order[0], better]) is better
    assert choose([order[0], equal]) is order[0]
