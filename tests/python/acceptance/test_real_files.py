"""Real files by documented commands; their figures are those of docs/online_retail.md and docs/loading.md."""

from __future__ import annotations

import gzip
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import slow_retention as slow
import slow_states

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

AS_IN_THE_DOCS = {
    "timezone": "Europe/London",
    "reporting_currency": "GBP",
    "late_days": 0,
    "churn_horizon_days": 90,
    "as_of_dates": ["2010-12-10", "2011-03-10", "2011-06-10", "2011-09-10"],
}
OF_ROWS = ("--exclude-resource-type", "unit_test")  # these look at SQL, and were run on the demo
SESSIONS = ("+fct_sessions", "+int_event_batches")
STAGES = {"product1": 1, "product2": 1, "cart": 2, "delivery_choice": 3, "payment_choice": 3, "payment_done": 4}


def test_online_retail_from_the_file_to_the_watchlist(commands, real_files):
    shop = commands("online_retail")
    shop.clm("load", "online_retail_ii", str(real_files / "online_retail_ii" / "online_retail_II.csv.gz"))
    shop.dbt("build", *OF_ROWS, variables=AS_IN_THE_DOCS)

    assert shop.rows(
        "select line_count, header_count, accepted_count, duplicate_count, quarantined_count "
        "from quality.fct_loaded_files"
    ) == [(1_067_372, 1, 1_044_831, 22_523, 17)]
    assert shop.unconserved() == []
    assert shop.rows(
        "select date_trunc('month', ordered_date)::date::varchar, sum(gross_amount) filter (where is_sale), "
        "sum(net_revenue_amount) from marts.fct_orders "
        "where ordered_date between '2010-01-01' and '2010-02-28' group by 1 order by 1"
    ) == [
        ("2010-01-01", Decimal("535229.3720"), Decimal("526034.2820")),
        ("2010-02-01", Decimal("499749.6860"), Decimal("484899.4660")),
    ]
    cancelled = shop.rows("select is_sale, is_valid from marts.fct_orders where order_id in ('541431', '581483')")
    assert cancelled == [(True, False)] * 2, "80,995 and 74,215 units, cancelled the same day"

    bought = shop.rows("select distinct customer_id, ordered_date from marts.fct_orders where is_valid")
    assert shop.rows("select activity_date, dau, wau, mau from marts.fct_engagement_daily order by 1") == engaged(
        bought
    )
    retention_is_as_the_raw_rows_say(shop)
    lifecycle_is_as_the_raw_rows_say(shop)

    shop.clm("train", "churn", "--as-of", "2011-09-10")
    auc, low, high = shop.test_figure(shop.champion(), "auc")
    recency = shop.test_figure("recency", "auc")[0]
    assert 0.75 < low < auc < high < 0.80, "far above .85 would be a leak"
    assert 0.70 < recency < 0.72
    assert (
        shop.value("select count(distinct customer_id) from labels.label_churn where is_churned is not null") > 4000
    )

    first = shop.clm_json("score", "churn")
    assert first["scored"] == first["written"] > 4000
    assert shop.clm_json("score", "churn")["is_unchanged"]
    shop.dbt("build", *OF_ROWS, "--selector", "after_scoring", variables=AS_IN_THE_DOCS)
    shop.dbt("run", "--full-refresh", "-s", "pred_churn", "ml_training_runs")
    assert shop.value("select count(*) from predictions.pred_churn") == first["scored"]
    assert shop.value("select count(*) from marts.audience_churn_watchlist") == 500
    assert shop.value("select count(*) from marts.dim_customers where is_scored") == first["scored"]


def purchase_days(shop) -> dict[str, set[date]]:
    """London days of known customers' orders that are worth something and not paid back in full, from raw rows."""
    with shop._connect(read_only=True) as con:
        orders, refunds = con.table("raw.orders").df(), con.table("raw.refunds").df()
    paid_back = refunds.groupby("order_id")["amount"].sum()
    left = orders["gross_amount"].astype(float) - orders["order_id"].map(paid_back).astype(float).fillna(0)
    is_valid = (
        orders["customer_id"].notna()
        & (orders["status"] == "completed")
        & (orders["gross_amount"] > 0)
        & (left.round(4) > 0)
    )
    orders = orders[is_valid]
    days = orders["ordered_at"].dt.tz_localize("UTC").dt.tz_convert(ZoneInfo("Europe/London")).dt.date
    held: dict[str, set[date]] = defaultdict(set)
    for customer, day in zip(orders["customer_id"], days, strict=True):
        held[customer].add(day)
    return held


def retention_is_as_the_raw_rows_say(shop) -> None:
    days, today = purchase_days(shop), date(2011, 12, 9)
    assert shop.value("select watermark_date from intermediate.int_watermark") == today

    found = shop.rows(
        "select cohort_month, months_since, cohort_size, retained_count from marts.fct_cohort_retention"
    )
    cohorts = slow.cohorts(days, "month", today, lambda customer: "all")
    assert {("all", cohort, since): (size, back) for cohort, since, size, back in found} == cohorts
    assert cohorts["all", date(2010, 12, 1), 1] == (77, 7)
    query = "select cohort_size, retained_count from marts.fct_retention_overall where dimension = 'all' "
    query += "and cohort_basis = 'order' and period_type = 'month' and periods_since = 1"
    assert shop.rows(query) == [(5622, 1308)]

    zero = {customer: min(held) for customer, held in days.items()}
    query = (
        "select cohort_date, cohort_size, retained_count from marts.fct_nday_retention where kind = '{}' and n = {}"
    )
    for kind, n, last in (("bounded", 7, 7), ("unbounded", 30, 2000)):
        expected = {
            day: (size, back if day + timedelta(days=n) <= today else None)
            for day, (size, back) in slow.came_back(zero, days, today, (n, last)).items()
        }
        assert {day: tuple(cell) for day, *cell in shop.rows(query.format(kind, n))} == expected

    active = {customer: slow.bought_within(held, 90) for customer, held in days.items()}
    churn = shop.rows(
        "select period_start_date, active_start_count, churned_count from marts.fct_churn_rate "
        "where churn_basis = 'activity' and period_type = 'month'"
    )
    assert {begin: tuple(cell) for begin, *cell in churn} == slow.churned(active, "month", date(2009, 12, 1), today)


def lifecycle_is_as_the_raw_rows_say(shop) -> None:
    days, today = purchase_days(shop), date(2011, 12, 9)
    rule = slow_states.Rule(horizon=90)
    for customer in sorted(days)[::40]:
        first = min(days[customer])
        expected = slow_states.follow(days[customer], first, today, rule)
        found = shop.rows(
            f"select greatest(valid_from_date, '{first}'), coalesce(valid_to_date, '{today + slow_states.DAY}'), "
            "lifecycle_state from marts.fct_customer_states "
            f"where customer_id = '{customer}' and lifecycle_state <> 'lead'"
        )
        assert {
            begun + timedelta(days=n): state for begun, end, state in found for n in range((end - begun).days)
        } == expected

    for period in ("week", "month"):
        which = f"where period_type = '{period}' and is_matured"
        heads = slow_states.growth(days, period, today)
        names = ("active_count", "new_count", "retained_count", "resurrected_count", "dormant_count")
        found = shop.rows(f"select period_start_date, {', '.join(names)} from marts.fct_growth_accounting {which}")
        assert {begun: dict(zip(names, counts, strict=True)) for begun, *counts in found} == {
            begun: counts for begun, counts in heads.items() if counts
        }
        sums = slow_states.revenue(amounts(shop), period, today)
        names = ("revenue_amount", "new_amount", "expansion_amount", "contraction_amount", "reactivated_amount")
        names += ("churned_amount", "net_retained_amount", "gross_retained_amount")
        found = shop.rows(f"select period_start_date, {', '.join(names)} from marts.fct_revenue_growth {which}")
        assert {begun: dict(zip(names, held, strict=True)) for begun, *held in found} == {
            begun: {n: of.get(n, Decimal(0)) for n in names} for begun, of in sums.items() if of is not None
        }


def amounts(shop) -> list[tuple[str, date, Decimal]]:
    """What known customers paid, and were given back, each under its own London day, from raw rows."""
    day = "(({} at time zone 'UTC') at time zone 'Europe/London')::date"
    is_sale = "customer_id is not null and status = 'completed' and gross_amount > 0"
    return shop.rows(
        f"select customer_id, {day.format('ordered_at')}, gross_amount from raw.orders where {is_sale} "
        f"union all select customer_id, {day.format('refunded_at')}, -amount "
        "from raw.refunds inner join raw.orders using (order_id) "
        f"where ({is_sale}) or (customer_id is not null and status = 'credit_note')"
    )


def test_click_stream_at_once_and_in_five_shuffled_late_batches(commands, real_files, tmp_path):
    clicks = real_files / "retentioneering" / "simple_onlineshop.csv.gz"
    at_once = commands("at_once")
    at_once.clm("load", "click_events", str(clicks))
    at_once.dbt("build", *OF_ROWS, "--indirect-selection", "cautious", "-s", *SESSIONS)
    assert at_once.rows("select count(*), sum(event_count) from marts.fct_sessions") == [(6454, 32283)]

    at_once.dbt("run", "-s", "int_funnel_attempts")
    exact = furthest_steps(pd.read_csv(clicks))
    found = at_once.rows(
        "select visitor_id, session_step from intermediate.int_funnel_attempts "
        "inner join intermediate.int_sessions using (session_id, visitor_id) order by visitor_id, started_at"
    )
    assert [visitor for visitor, _ in found] == [visitor for visitor, _ in exact]
    shortened = [e - f for (_, f), (_, e) in zip(found, exact, strict=True)]
    assert min(shortened) == 0
    assert sum(s > 0 for s in shortened) == 4, "see DECISIONS.md: the funnel is made of sessions"

    late = commands("late")
    for batch in shuffled_batches(clicks, tmp_path, 5):
        late.clm("load", "click_events", str(batch))
        late.dbt("run", "-s", *SESSIONS)
    every_session = "select * from marts.fct_sessions order by session_id"
    assert late.rows(every_session) == at_once.rows(every_session)
    late.dbt("run", "-s", "int_funnel_attempts")
    every_attempt = "select * from intermediate.int_funnel_attempts order by session_id"
    assert late.rows(every_attempt) == at_once.rows(every_attempt)


def test_cdnow_has_one_purchase_occasion_per_customer_and_day(commands, real_files):
    shop = commands("cdnow")
    shop.clm("load", "cdnow", str(real_files / "cdnow" / "CDNOW_master.txt.gz"))
    shop.dbt("run", "-s", "+int_purchase_days", variables={"late_days": 0, "reporting_currency": "USD"})

    assert shop.value("select count(*) from raw.customers") == 23_570
    assert shop.value("select count(*) from raw.orders") == 69_659
    occasions = shop.rows("select customer_id, purchase_date from intermediate.int_purchase_days order by 1, 2")
    paid_days = shop.rows(
        "select distinct customer_id, ordered_at::date from raw.orders where gross_amount > 0 order by 1, 2"
    )
    assert occasions == paid_days
    assert 65_000 < len(occasions) < 69_659, "several orders of one day are one occasion"


def engaged(days: list[tuple[str, date]]) -> list[tuple[date, int, int | None, int | None]]:
    """Day to the distinct customers of its 1, 7 and 28 days, counted anew for every day."""
    on: dict[date, set[str]] = defaultdict(set)
    for customer, day in days:
        on[day].add(customer)
    first, last = min(on), max(on)
    figures = []
    for n in range((last - first).days + 1):
        window = [on[first + timedelta(days=n - back)] for back in range(28)]
        wau, mau = len(set().union(*window[:7])), len(set().union(*window))
        figures.append((first + timedelta(days=n), len(window[0]), wau if n >= 6 else None, mau if n >= 27 else None))
    return figures


def furthest_steps(clicks: pd.DataFrame) -> list[tuple[str, int]]:
    """Each session's visitor and how many steps it took in order, event by event; in order of visitor and time."""
    clicks = clicks.assign(user_id=clicks["user_id"].astype(str), at=pd.to_datetime(clicks["event_ts"]))
    clicks = clicks.assign(stage=clicks["event"].map(STAGES).fillna(0)).sort_values(["user_id", "at", "stage"])
    begins = clicks.groupby("user_id")["at"].diff().gt(pd.Timedelta(minutes=30)).cumsum()
    steps = []
    for (visitor, _), stages in clicks.groupby(["user_id", begins], sort=True)["stage"]:
        reached = 1
        for stage in stages:
            reached += stage == reached
        steps.append((visitor, reached))
    return steps


def shuffled_batches(file: Path, folder: Path, count: int) -> list[Path]:
    """The file's lines in random order, dealt out to `count` files."""
    header, *lines = gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()
    random.Random(7).shuffle(lines)
    batches = [folder / f"batch_{number}.csv" for number in range(count)]
    for number, batch in enumerate(batches):
        batch.write_text("\n".join([header, *lines[number::count]]) + "\n", encoding="utf-8")
    return batches
