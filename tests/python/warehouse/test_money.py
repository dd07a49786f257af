"""What customers and channels brought and cost, in the demo, equals a recount of its accepted raw rows in pandas."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import pytest
import slow_sessions
from throwaway import ROOT, Throwaway

pytestmark = pytest.mark.slow

TODAY = pd.Timestamp("2025-06-29")
HALF_LIFE = 7 * 86400
GAP = pd.Timedelta(minutes=30)
ZERO = Decimal(0)


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def reference(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "seeds" / "reference" / f"{name}.csv")


class Recount:
    """Every order's revenue and margin, and what each customer and channel cost."""

    def __init__(self, demo: Throwaway) -> None:
        self.demo = demo
        self.testers = set(self.rows("customers").query("is_test == True").customer_id)
        orders = self.rows("orders")
        orders = orders[orders.customer_id.notna() & ~orders.customer_id.isin(self.testers)]
        sale = reference("order_statuses").set_index("order_status").is_sale
        self.lines = self.rows("order_items").merge(
            self.rows("products")[["product_id", "unit_cost"]], on="product_id", how="left"
        )
        self.refunds = self.rows("refunds")
        self.rates = reference("currency_rates")
        self.entries: list[tuple[str, pd.Timestamp, Decimal, Decimal, bool]] = []
        self.orders = pd.DataFrame([self.order(o, sale) for o in orders.to_dict("records")])
        bought = self.orders[self.orders.is_valid & (self.orders.day <= TODAY)]
        self.first = bought.groupby("customer_id").day.min()
        channels = self.rows("customers").set_index("customer_id").acquisition_channel
        self.members = pd.DataFrame({"month": self.first.dt.to_period("M")})
        self.members["channel"] = [str(channels.get(c) or "(unknown)").lower() for c in self.members.index]
        spend = self.rows("marketing_spend")
        spend["month"] = pd.to_datetime(spend.spend_date).dt.to_period("M")
        self.spend = spend.groupby(["month", spend.channel.str.lower()]).amount.agg(lambda a: sum(a, ZERO))

    def rows(self, table: str) -> pd.DataFrame:
        return pd.DataFrame(
            self.demo.records(f"select * from staging.base_{table} where row_status = 'accepted'"), dtype=object
        )

    def rate(self, currency: Any, day: pd.Timestamp) -> Decimal:
        held = self.rates[(self.rates.currency == (currency or "EUR")) & (self.rates.valid_from_date <= str(day))]
        units = Decimal(str(held.sort_values("valid_from_date").units_per_euro.iloc[-1]))
        return (1 / units).quantize(Decimal("1e-8"), ROUND_HALF_UP)

    def order(self, order: dict[str, Any], sale: pd.Series) -> dict[str, Any]:
        day = pd.Timestamp(order["ordered_at"]).normalize()
        rate = self.rate(order["currency"], day)
        lines = self.lines[self.lines.order_id == order["order_id"]]
        refunds = list(self.refunds[self.refunds.order_id == order["order_id"]].amount)
        gross, discount = order["gross_amount"] or ZERO, order["discount_amount"] or ZERO
        cost, uncosted, is_cost_known = ZERO, ZERO, len(lines) > 0
        if len(lines):
            gross = sum((rounded(x.quantity * x.unit_price) for x in lines.itertuples()), ZERO)
            said = [d for d in lines.discount_amount if d is not None]
            discount = sum(said, ZERO) if said else discount
        for x in lines.itertuples():
            if x.unit_cost is None or pd.isna(x.unit_cost):
                uncosted, is_cost_known = (
                    uncosted + rounded(x.quantity * x.unit_price) - (x.discount_amount or 0),
                    False,
                )
            else:
                cost += rounded(x.quantity * x.unit_cost)
        unknown = uncosted if len(lines) else gross - discount
        status = str(order["status"]).lower()
        is_sale = bool(sale.get(status, True)) and gross > discount
        back = sum((rounded(r * rate) for r in refunds), ZERO)
        kept = Decimal(1) if is_cost_known else Decimal("0.4")
        margin_back = sum((rounded(rounded(r * rate) * kept) for r in refunds), ZERO)
        net = rounded(gross * rate) - rounded(discount * rate)
        margin = net - rounded(cost + Decimal("0.6") * rate * unknown)
        is_counted = is_sale or status == "credit_note"
        customer, is_purchase = order["customer_id"], sum(refunds, ZERO) < gross - discount
        if is_sale:
            self.entries.append((customer, day, net, margin, is_purchase))
        for refund in self.refunds[self.refunds.order_id == order["order_id"]].itertuples():
            amount = rounded(refund.amount * rate) if is_counted else ZERO
            refund_day = pd.Timestamp(refund.refunded_at).normalize()
            self.entries.append((customer, refund_day, -amount, -rounded(amount * kept), False))
        return {
            "order_id": order["order_id"],
            "customer_id": order["customer_id"],
            "at": pd.Timestamp(order["ordered_at"]),
            "day": day,
            "is_valid": is_sale and sum(refunds, ZERO) < gross - discount,
            "net": (net if is_sale else ZERO) - (back if is_counted else ZERO),
            "margin": (margin if is_sale else ZERO) - (margin_back if is_counted else ZERO),
        }


@pytest.fixture(scope="module")
def recount(demo: Throwaway) -> Recount:
    return Recount(demo)


def test_every_customer_brought_and_cost_what_the_raw_rows_say(demo: Throwaway, recount: Recount) -> None:
    found = pd.DataFrame(demo.records("select * from marts.fct_customer_value"), dtype=object).set_index(
        "customer_id"
    )
    for column, name in (("net_revenue_amount", "net"), ("historic_clv_amount", "margin")):
        expected = recount.orders.groupby("customer_id")[name].agg(lambda a: sum(a, ZERO))
        wrong = {c: (v, expected.get(c, ZERO)) for c, v in found[column].items() if v != expected.get(c, ZERO)}
        assert not wrong, f"{column}: {len(wrong)}, e.g. {dict(list(wrong.items())[:5])}"
        assert set(expected.index) <= set(found.index)
    costs = [
        recount.rows("support_tickets").groupby("customer_id").handling_cost_amount,
        recount.rows("campaign_messages").groupby("customer_id").cost_amount,
    ]
    tickets, messages = (c.agg(lambda a: sum((x for x in a if x is not None), ZERO)) for c in costs)
    service = {c: tickets.get(c, ZERO) + messages.get(c, ZERO) for c in found.index}
    assert dict(found.service_cost_amount) == service
    parts = found.historic_clv_amount - found.service_cost_amount - found.acquisition_cost_amount.fillna(ZERO)
    assert (parts == found.net_clv_to_date_amount).all()


def test_the_value_kept_is_what_the_raw_rows_of_a_year_say(demo: Throwaway, recount: Recount) -> None:
    """V at today: the margin of 365 days (refunds at their own day), times H / 365; unknown without a purchase."""
    horizon = Decimal(demo.value("select horizon_days from intermediate.int_churn_horizon"))
    days = pd.DataFrame(recount.entries, columns=["customer", "day", "net", "margin", "is_purchase"])
    year = days[(days.day > TODAY - pd.Timedelta(days=365)) & (days.day <= TODAY)]
    margin = year.groupby("customer").margin.agg(lambda a: sum(a, ZERO))
    bought = set(year[year.is_purchase].customer)
    found = demo.records(
        "select * from features.feat_customer__value join features.feat_customer__kept_value "
        f"using (customer_id, as_of_date) where as_of_date = date '{TODAY.date()}'"
    )
    for row in found:
        customer = row["customer_id"]
        assert row["margin_365d_amount"] == margin.get(customer, ZERO), customer
        expected = margin[customer] * horizon / 365 if customer in bought else None
        if expected is None:
            assert row["kept_value_amount"] is None, customer
        else:
            assert abs(row["kept_value_amount"] - expected) <= Decimal("0.00006"), customer
    assert set(margin.index) <= {row["customer_id"] for row in found}
    assert len(bought) > 500


def test_channels_cost_and_acquired_what_the_raw_rows_say(demo: Throwaway, recount: Recount) -> None:
    rows = demo.records("select * from marts.fct_channel_economics")
    found = {(pd.Period(r["cohort_month"], "M"), r["channel"]): r for r in rows}
    acquired = recount.members.groupby(["month", "channel"]).size()
    first_spend = {
        channel: min(m for m, c in recount.spend.index if c == channel) for _, channel in recount.spend.index
    }
    assert set(found) == set(acquired.index) | set(recount.spend.index)
    for (month, channel), row in found.items():
        known = channel in first_spend and month >= first_spend[channel]
        spend = recount.spend.get((month, channel), ZERO) if known else None
        heads = int(acquired.get((month, channel), 0))
        is_over = month.end_time <= TODAY + pd.Timedelta(days=1)
        assert (row["spend_amount"], row["customer_count"], row["is_matured"]) == (spend, heads, is_over)
        expected = rounded(spend / heads) if spend is not None and heads and is_over else None
        assert row["cac_amount"] == expected
    shared: dict[tuple[Any, str], Decimal] = {}
    for r in demo.records("select * from marts.fct_customer_value where acquisition_cost_amount is not null"):
        key = (pd.Period(r["cohort_month"], "M"), r["acquisition_channel"])
        shared[key] = shared.get(key, ZERO) + r["acquisition_cost_amount"]
    assert shared == {k: found[k]["spend_amount"] for k in shared}
    assert len(shared) > 20


def test_cohorts_have_paid_back_when_the_raw_rows_say(demo: Throwaway, recount: Recount) -> None:
    """Every sale on its day and every refund on its own, summed up month by month; what came before is of month 0."""
    members, earned = recount.members, {}
    for customer, day, net, margin, _ in recount.entries:
        if customer in members.index and day <= TODAY:
            cohort, channel = members.loc[customer]
            sums = earned.setdefault((cohort, channel, max(day.to_period("M"), cohort)), [ZERO, ZERO])
            sums[0], sums[1] = sums[0] + net, sums[1] + margin
    spends = {
        (pd.Period(r["cohort_month"], "M"), r["channel"]): r["spend_amount"]
        for r in demo.records("select cohort_month, channel, spend_amount from marts.fct_channel_economics")
    }
    matured = 0
    for row in demo.records("select * from marts.fct_channel_payback"):
        cohort, channel = pd.Period(row["cohort_month"], "M"), row["channel"]
        found = (row["cumulated_net_revenue_amount"], row["cumulated_margin_amount"], row["is_paid_back"])
        if (cohort + row["months_since"]).end_time > TODAY + pd.Timedelta(days=1):
            assert found == (None, None, None)
            continue
        parts = [earned.get((cohort, channel, cohort + n), [ZERO, ZERO]) for n in range(row["months_since"] + 1)]
        net, margin = (sum((part[i] for part in parts), ZERO) for i in range(2))
        spend = spends[cohort, channel]
        assert found == (net, margin, None if spend is None else margin >= spend)
        matured += 1
    assert matured > 100


@pytest.mark.parametrize("model", ["last", "linear"])
def test_channels_are_credited_with_the_sum_of_their_touches(demo: Throwaway, recount: Recount, model: str) -> None:
    credited: dict[tuple[Any, str], list[float]] = {}
    orders = recount.orders.set_index("order_id")
    for r in demo.records(f"select * from marts.fct_attribution where attribution_model = '{model}'"):
        order = orders.loc[r["order_id"]]
        sums = credited.setdefault((order.day.to_period("M"), r["channel"]), [0.0, 0.0])
        sums[0] += float(r["credit"])
        sums[1] += float(r["credit"]) * float(order.net)
    rows = demo.records(f"select * from marts.fct_channel_attribution where attribution_model = '{model}'")
    for row in rows:
        month, spend = pd.Period(row["order_month"], "M"), row["spend_amount"]
        credit, revenue = credited.pop((month, row["channel"]), [0.0, 0.0])
        assert float(row["conversion_credit"]) == pytest.approx(credit, abs=1e-6)
        assert float(row["attributed_revenue_amount"]) == pytest.approx(revenue, abs=0.01)
        said = recount.spend.get((month, row["channel"]))
        assert spend == said or (said is None and spend in (None, ZERO))
        is_over = month.end_time <= TODAY + pd.Timedelta(days=1)
        ratio = revenue / float(spend) if spend and is_over else None
        assert row["roas_ratio"] == (None if ratio is None else pytest.approx(ratio, abs=1e-4))
    assert not credited
    assert sum(r["spend_amount"] is not None for r in rows) > 20


def test_touches_are_the_visits_and_clicks_of_the_raw_rows(demo: Throwaway, recount: Recount) -> None:
    """Visits walked event by event; a click up to half an hour before one of its channel, or in it, is no touch."""
    raw = demo.records("select * from staging.base_events where row_status <> 'quarantined'")
    events = slow_sessions.sessionize(raw)
    visits = slow_sessions.sessions(events)
    owners = slow_sessions.people(visits, slow_sessions.visitors(events))
    mediums = reference("utm_mediums").set_index("utm_medium").channel
    campaigns = {c["campaign_id"]: c["channel"].lower() for c in recount.rows("campaigns").to_dict("records")}

    def channel_of(visit: dict[str, Any]) -> str:
        medium = (visit["utm_medium"] or "").lower()
        named = campaigns.get(visit["utm_campaign"]) or mediums.get(medium) or medium
        return named or ("referral" if visit["utm_source"] or visit["utm_campaign"] else "direct")

    touches = {
        ("visit", v["session_id"]): (owners[v["session_id"]], v["started_at"], channel_of(v), v["ended_at"])
        for v in visits
        if owners.get(v["session_id"]) and owners[v["session_id"]] not in recount.testers
    }
    arrived: dict[tuple[str, str], list[Any]] = {}
    for customer, began, channel, ended in touches.values():
        arrived.setdefault((customer, channel), []).append((began, ended))
    expected = {key: touch[:3] for key, touch in touches.items()}
    messages = recount.rows("campaign_messages")
    clicks = messages[messages.clicked_at.notna() & ~messages.customer_id.isin(recount.testers)].to_dict("records")
    for m in clicks:
        channel, clicked = campaigns.get(m["campaign_id"], "email"), m["clicked_at"]
        led = [1 for began, ended in arrived.get((m["customer_id"], channel), []) if began - GAP <= clicked <= ended]
        if not led:
            expected["click", m["message_id"]] = (m["customer_id"], clicked, channel)
    rows = demo.records("select * from marts.fct_touches")
    found = {(r["touch_kind"], r["touch_id"]): (r["customer_id"], r["touched_at"], r["channel"]) for r in rows}
    assert found == expected
    assert len(clicks) > 50
    assert len(found) > 3000


def weights(times: list[float], channels: list[str], model: str) -> list[float]:
    n = len(times)
    named = [i for i in range(n) if channels[i] != "direct"] or [n - 1]
    if model == "position" and n > 2:
        return [0.4, *[0.2 / (n - 2)] * (n - 2), 0.4]
    raw = {
        "first": [float(i == 0) for i in range(n)],
        "last": [float(i == n - 1) for i in range(n)],
        "last_non_direct": [float(i == named[-1]) for i in range(n)],
        "linear": [1.0] * n,
        "position": [1.0] * n,
        "time_decay": [0.5 ** ((times[-1] - t) / HALF_LIFE) for t in times],
    }[model]
    return [w / sum(raw) for w in raw]


@pytest.mark.parametrize("model", ["first", "last", "last_non_direct", "linear", "position", "time_decay"])
def test_each_touch_has_the_credit_of_its_place(demo: Throwaway, recount: Recount, model: str) -> None:
    touches = demo.records("select * from marts.fct_touches order by touched_at, touch_kind, touch_id")
    by_customer: dict[str, list[Any]] = {}
    for touch in touches:
        by_customer.setdefault(touch["customer_id"], []).append(touch)
    expected: dict[tuple[str, str], float] = {}
    for order in recount.orders[recount.orders.is_valid].itertuples():
        since = order.at - pd.Timedelta(days=30)
        path = [t for t in by_customer.get(order.customer_id, []) if since < t["touched_at"] <= order.at]
        times = [t["touched_at"].timestamp() for t in path] or [0.0]
        shares = weights(times, [t["channel"] for t in path] or ["(none)"], model)
        for name, share in zip([t["touch_id"] for t in path] or ["(none)"], shares, strict=True):
            expected[order.order_id, name] = share
    rows = demo.records(f"select * from marts.fct_attribution where attribution_model = '{model}'")
    found = {(r["order_id"], r["touch_id"]): float(r["credit"]) for r in rows}
    assert set(found) == set(expected)
    assert max(abs(found[key] - weight) for key, weight in expected.items()) < 2e-8
    assert len(found) > 3000
