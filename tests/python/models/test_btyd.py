"""The order models against simulated customers, finite differences, limits, and integrals taken another way."""

from itertools import pairwise

import numpy as np
import pytest
from clm_ml.models.btyd import geometric, nbd, pareto_nbd
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells, NotCustomers
from clm_ml.models.btyd.maximum import by_differences
from clm_ml.models.btyd.mbg_nbd import MbgNbd
from clm_ml.models.btyd.model import fit
from clm_ml.models.btyd.pareto_nbd import ParetoNbd
from clm_ml.models.btyd.tail import fraction, from_one, gauss, log_tail
from drawn import AGE, BG, HORIZON, MBG, PARETO, people
from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import beta as beta_law
from scipy.stats import gamma as gamma_law

TRUE = {BgNbd: BG, MbgNbd: MBG, ParetoNbd: PARETO}
KINDS = list(TRUE)
EXTREME = [(0.01, 0.01, 0.01, 0.01), (300.0, 0.01, 0.5, 300.0), (0.5, 300.0, 1.0, 2.0), (2.0, 1.0, 0.001, 300.0)]


def model(kind, params=None):
    return kind(np.array(params or TRUE[kind]))


@pytest.fixture(scope="module")
def drawn():
    return {kind: people(kind.NAME, TRUE[kind], 60_000, 3) for kind in KINDS}


def recency_of(people):
    """In tenths of the unit, as days are of weeks: only so are there cells."""
    return np.minimum(np.ceil(people.recency * 10) / 10, people.age)


def cells_of(people):
    return Cells.of(people.frequency, recency_of(people), people.age)


# ---- against simulated customers, at the true parameters


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_and_expectations_are_those_of_the_process(kind, drawn):
    """By past orders: the mean of what is said equals the share that is, within four standard errors."""
    people = drawn[kind]
    cells = Cells.ungrouped(people.frequency, people.recency, people.age)
    m = model(kind)
    said = {
        "alive": (m.alive(cells), people.alive),
        "orders": (m.expected_orders(cells, HORIZON), people.later),
        "none": (m.no_order(cells, HORIZON), people.later == 0),
    }
    for name, (told, happened) in said.items():
        for x in range(5):
            at = people.frequency == x
            error = np.std(happened[at] - told[at]) / np.sqrt(at.sum()) + 1e-9
            assert abs((happened[at] - told[at]).mean()) < 4 * error, (name, x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.95])
def test_the_next_order_comes_by_its_quantile_so_often(kind, quantile, drawn):
    people = drawn[kind]
    cells = Cells.ungrouped(people.frequency, people.recency, people.age)
    time = model(kind).time_to_next(cells, quantile)
    finite = np.isfinite(time) & (time < HORIZON)  # the simulation ends there
    came = (people.wait[finite] <= time[finite]).sum()
    assert abs(came - quantile * finite.sum()) <= 4 * np.sqrt(quantile * (1 - quantile) * finite.sum())
    assert finite.sum() > 1000 or quantile == 0.95
    ever = 1 - model(kind).no_order(cells, 1e8)
    assert np.array_equal(np.isinf(time), ever <= quantile)


@pytest.mark.parametrize("kind", KINDS)
def test_the_quantile_is_where_the_probability_of_an_order_reaches_it(kind):
    cells = Cells.of(np.array([0, 3, 9.0]), np.array([0, 20, 29.0]), np.full(3, AGE))
    m = model(kind)
    for at, time in enumerate(m.time_to_next(cells, 0.3)):
        if np.isfinite(time):
            assert 1 - m.no_order(cells, float(time))[at] == pytest.approx(0.3, abs=1e-9)
        else:
            assert 1 - m.no_order(cells, 1e12)[at] < 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_finds_the_parameters_that_drew_the_customers(kind, drawn):
    fitted = fit(kind, cells_of(drawn[kind]))
    off = (fitted.maximum.log_params - np.log(TRUE[kind])) / fitted.maximum.errors
    assert np.abs(off).max() < 3.5
    assert fitted.maximum.slope < 1e-8
    assert fitted.dropout_is_identified
    assert fitted.words() == ""


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_drops_out_it_says_so(kind):
    people_ = people("bg_nbd", (0.8, 6.0, 1e-6, 10.0), 600, 5)
    fitted = fit(kind, cells_of(people_))
    assert not fitted.dropout_is_identified
    assert fitted.words().startswith("dropout is not identified")
    assert fitted.maximum.unknown


def test_where_all_drop_out_alike_it_is_seen_but_not_how_they_differ():
    people_ = people("bg_nbd", (0.8, 6.0, 3e5, 7e5), 4_000, 5)
    fitted = fit(BgNbd, cells_of(people_))
    assert fitted.dropout_is_identified
    assert fitted.words() == "the likelihood is flat in a, b"


# ---- gradients


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [(0.5, 8.0, 0.7, 2.0), (2.0, 1.0, 1.0, 5.0), (0.1, 50.0, 3.0, 0.4)])
def test_gradients_are_those_of_finite_differences(kind, at, drawn):
    cells = cells_of(drawn[kind])
    log_params = np.log(at)
    told = kind.log_likelihood(log_params, cells)[1]
    wide = by_differences(lambda p: kind.log_likelihood(p, cells)[0], log_params, 1e-3)
    narrow = by_differences(lambda p: kind.log_likelihood(p, cells)[0], log_params, 5e-4)
    assert told == pytest.approx((4 * narrow - wide) / 3, rel=1e-6, abs=1e-3)


def test_the_gradient_of_the_nbd(drawn):
    cells = cells_of(drawn[BgNbd])
    at = np.log([0.7, 4.0])
    by_hand = by_differences(lambda p: nbd.log_likelihood(p, cells)[0], at)
    assert nbd.log_likelihood(at, cells)[1] == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_pareto_and_the_others_agree_with_the_nbd_where_dropout_vanishes(kind, drawn):
    cells = cells_of(drawn[BgNbd])
    plain = nbd.log_likelihood(np.log([0.8, 6.0]), cells)[0]
    assert kind.log_likelihood(np.log([0.8, 6.0, 1e-13, 10.0]), cells)[0] == pytest.approx(plain, abs=0.01)
    assert model(kind, (0.8, 6.0, 1e-13, 10.0)).expected_orders(cells, 5.0) == pytest.approx(
        5.0 * (0.8 + cells.frequency) / (6.0 + cells.age), rel=1e-5
    )


# ---- the integrals, taken another way


@pytest.mark.parametrize("params", [BG, (0.3, 2.0, 1.0, 3.0), (0.3, 2.0, 1.00001, 3.0), (0.9, 71.0, 0.26, 183.0)])
@pytest.mark.parametrize("kind", [BgNbd, MbgNbd])
@pytest.mark.parametrize("x", [0, 1, 40])
def test_the_expectation_is_the_integral_over_everybody_s_own_chance(params, kind, x):
    r, alpha, a, b = params
    cells = Cells.of(np.array([x]), np.array([min(x, 1) * 25.0]), np.array([AGE]))
    k = x + kind.CHANCES_AT_FIRST
    told = geometric.expected_while_alive(np.array(params), cells, kind.CHANCES_AT_FIRST, 52.0)[0]

    def inside(p):
        return -np.expm1(-(r + x) * np.log1p(p * 52.0 / (alpha + AGE))) / p * beta_law.pdf(p, a, b + k)

    parts = np.r_[0, 10.0 ** np.arange(-9, 0), 1]
    by_hand = sum(quad(inside, low, high, epsabs=0, epsrel=1e-10)[0] for low, high in pairwise(parts))
    assert told == pytest.approx(by_hand, rel=2e-6 if abs(a - 1) < 1e-4 else 1e-7)


@pytest.mark.parametrize(("alpha", "beta"), [(8.0, 14.0), (14.0, 8.0), (10.0, 10.0)])
@pytest.mark.parametrize("x", [0, 2])
def test_the_pareto_likelihood_is_the_integral_over_rates_and_lifetimes(alpha, beta, x):
    r, s, t = 0.7, 0.9, 12.0 if x else 0.0
    cells = Cells.of(np.array([x]), np.array([t]), np.array([AGE]))
    told = np.exp(pareto_nbd.log_likelihood_each(np.array([r, alpha, s, beta]), cells)[0])

    def of_rate(rate, end):  # ∫ λ^x e^(−λ end) over λ, closed
        return gamma_law.pdf(rate, r, scale=1 / alpha) * rate**x * np.exp(-rate * end)

    def rates(end):
        return quad(of_rate, 0, 1, args=(end,), epsrel=1e-10)[0] + quad(of_rate, 1, 60, args=(end,), epsrel=1e-10)[0]

    def living(end):  # the density of a lifetime that ends then
        return s * beta**s / (beta + end) ** (s + 1)

    alive = (beta / (beta + AGE)) ** s * rates(AGE)
    dead = quad(lambda end: living(end) * rates(end), t, AGE, epsrel=1e-9)[0]
    assert told == pytest.approx(alive + dead, rel=1e-7)
    m = ParetoNbd(np.array([r, alpha, s, beta]))
    assert m.alive(cells)[0] == pytest.approx(alive / (alive + dead), rel=1e-7)


@pytest.mark.parametrize("m", [0.6, 3.0, 200.0])
@pytest.mark.parametrize("n", [0.5, 1.3, 30.0])
@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (2.0, 0.001), (0.002, 3.0), (5.0, 4.0)])
def test_the_tail_integral(m, n, a, b):
    if m + n <= 1.05:
        pytest.skip("infinite")
    scale = -m * np.log(a) - n * np.log(b)

    def inside(v):  # u = e^v
        return np.exp(v - m * np.log(a + np.exp(v)) - n * np.log(b + np.exp(v)) - scale)

    parts = np.arange(-40.0, 401.0, 4.0)
    by_hand = sum(quad(inside, low, high, epsabs=0, epsrel=1e-11)[0] for low, high in pairwise(parts))
    assert log_tail(np.array([m]), n, np.array([a]), np.array([b]))[0] - scale == pytest.approx(
        np.log(by_hand), abs=1e-8
    )


def test_both_ways_to_the_hypergeometric_function_agree():
    b, c, z = np.meshgrid([0.3, 5.0, 40.0], [0.4, 0.9, 7.0], [0.1, 0.5, 0.79, 0.85], indexing="ij")
    c = b + c
    keep = c > 1
    b, c, z = b[keep], c[keep], z[keep]
    assert fraction(b, c, z) == pytest.approx(hyp2f1(1, b, c, z), rel=1e-12)
    assert gauss(b, c, 1 - z) == pytest.approx(hyp2f1(1, b, c, z), rel=1e-12)
    assert np.isnan(hyp2f1(1, 5000.0, 5000.7, 0.997))  # why there are two
    assert 300 < gauss(np.array([5000.0]), np.array([5000.7]), np.array([0.003]))[0] < 1 / 0.003


def test_near_one_the_series_and_the_fraction_agree():
    b, c, y = np.meshgrid([0.3, 5.0, 40.0, 150.0], [0.4, 0.97, 2.5, 49.3], [1e-5, 1e-3, 0.019], indexing="ij")
    c = b + c
    keep = c > 1
    b, c, y = b[keep], c[keep], y[keep]
    told = from_one(b, c, y)
    assert np.isfinite(told).mean() > 0.9
    assert told[np.isfinite(told)] == pytest.approx(fraction(b, c, 1 - y)[np.isfinite(told)], rel=3e-11)
    assert np.isnan(from_one(np.array([5.0]), np.array([7.0]), np.array([1e-3])))  # both parts are infinite
    assert gauss(np.array([5.0]), np.array([7.0]), np.array([1e-3])) == pytest.approx(
        fraction(np.array([5.0]), np.array([7.0]), np.array([0.999])), rel=1e-12
    )


@pytest.mark.parametrize("params", [BG, MBG, (0.05, 1.0, 0.05, 0.3), (2.0, 0.5, 5.0, 40.0), (0.9, 71.0, 0.26, 183.0)])
@pytest.mark.parametrize("chances", [0, 1])
def test_what_stands_in_for_the_hypergeometric_function_gives_the_same(params, chances):
    x = np.array([0, 1, 7, 300.0])
    cells = Cells.ungrouped(x, np.minimum(x, 20.0), np.full(4, AGE))
    told = geometric.expected_while_alive(np.array(params), cells, chances, 52.0)
    other = [geometric._by_quadrature(np.array(params), cells, chances, 52.0, i) for i in range(4)]
    assert told == pytest.approx(other, rel=1e-9)


# ---- limits and invariances


@pytest.mark.parametrize("kind", KINDS)
def test_who_bought_at_the_very_end_is_alive(kind):
    cells = Cells.of(np.array([0, 4.0]), np.array([0, AGE]), np.array([AGE, AGE]))
    alive = model(kind).alive(cells)
    survived = {
        BgNbd: (1.0, (2.5 + 3) / (1.2 + 2.5 + 3)),
        MbgNbd: (None, (1.7 + 4) / (0.8 + 1.7 + 4)),
        ParetoNbd: (None, 1),
    }
    at_zero, at_end = survived[kind]
    assert alive[1] == pytest.approx(at_end, rel=1e-12)  # but for the chance to drop out that the order itself was
    assert alive[0] == 1.0 if at_zero else 0 < alive[0] < 1


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_known_expects_what_anybody_does(kind):
    cells = Cells.of(np.zeros(1), np.zeros(1), np.zeros(1))
    told = model(kind).expected_orders(cells, AGE)[0]
    people_ = people(kind.NAME, TRUE[kind], 60_000, 8)
    assert told == pytest.approx(people_.frequency.mean(), rel=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_periods_add_up_to_the_horizon_and_shrink(kind, drawn):
    cells = cells_of(drawn[kind])
    m = model(kind)
    steps = m.increments(cells, np.arange(14.0) * 4)
    assert steps.shape == (len(cells.count), 13)
    assert steps.sum(axis=1) == pytest.approx(m.expected_orders(cells, 52.0), rel=1e-9)
    assert (np.diff(steps, axis=1) <= 1e-12).all()


@pytest.mark.parametrize("kind", KINDS)
def test_grouping_changes_nothing(kind, drawn):
    people_ = drawn[kind]
    few = slice(0, 8_000)
    recency = recency_of(people_)[few]
    rows = Cells.ungrouped(people_.frequency[few], recency, people_.age[few])
    cells, place = Cells.placed(people_.frequency[few], recency, people_.age[few])
    assert len(cells.count) < len(rows.count) / 4
    at = np.log([0.6, 7.0, 1.1, 3.0])
    one, other = kind.log_likelihood(at, cells), kind.log_likelihood(at, rows)
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    assert one[1] == pytest.approx(other[1], rel=1e-6)
    m = model(kind)
    assert m.expected_orders(cells, 9.0)[place] == pytest.approx(m.expected_orders(rows, 9.0), abs=1e-9)
    if kind is not ParetoNbd:  # by the row it takes long
        assert fit(kind, cells).maximum.log_params == pytest.approx(fit(kind, rows).maximum.log_params, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_another_unit_of_time_scales_the_times_and_nothing_else(kind, drawn):
    people_ = drawn[kind]
    rows = (people_.frequency[:5000], recency_of(people_)[:5000], people_.age[:5000])
    weeks = fit(kind, Cells.of(*rows))
    days = fit(kind, Cells.of(rows[0], rows[1] * 7, rows[2] * 7))
    scale = np.array([7.0 if name in kind.TIMES else 1.0 for name in kind.NAMES])
    assert days.model.params == pytest.approx(weeks.model.params * scale, rel=1e-6)
    assert days.dropout_gain == pytest.approx(weeks.dropout_gain, abs=1e-6)
    repeats = people_.frequency[:5000].sum()
    assert days.maximum.log_likelihood == pytest.approx(weeks.maximum.log_likelihood - repeats * np.log(7), abs=1e-6)


def test_the_likelihood_of_a_fit_is_that_of_its_parameters(drawn):
    cells = cells_of(drawn[BgNbd])
    fitted = fit(BgNbd, cells)
    assert fitted.maximum.log_likelihood == pytest.approx(BgNbd.log_likelihood(fitted.maximum.log_params, cells)[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("params", EXTREME)
def test_nothing_overflows(kind, params):
    x = np.array([0, 1, 5000, 5000, 1, 0, 700.0])
    t = np.array([0, 1e-6, 1e5, 3.0, 1e5, 0, 10.0])
    age = np.array([1e5, 1e5, 1e5, 1e5, 1e5, 0, 10.5])
    cells = Cells.ungrouped(x, t, age)
    m = model(kind, params)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, gradient = kind.log_likelihood(np.log(params), cells)
        alive, orders, none = m.alive(cells), m.expected_orders(cells, 1e4), m.no_order(cells, 1e4)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((none >= 0) & (none <= 1)).all()
    assert np.isfinite(orders).all()
    assert (orders >= 0).all()
    assert (1 - none <= orders + 1e-9).all()  # Markov's inequality
    assert not np.isnan(m.time_to_next(cells, 0.5)).any()


# ---- rows that no customer can have


@pytest.mark.parametrize(
    ("x", "t", "age"),
    [(1, 5, 4), (0, 3, 4), (2, 0, 4), (-1, 0, 4), (1.5, 2, 4), (1, np.nan, 4), (1, 2, np.inf)],
)
def test_impossible_customers_are_refused(x, t, age):
    with pytest.raises(NotCustomers):
        Cells.of(np.array([x]), np.array([t]), np.array([age]))


def test_nobody_is_refused():
    with pytest.raises(NotCustomers):
        Cells.of(np.array([]), np.array([]), np.array([]))
