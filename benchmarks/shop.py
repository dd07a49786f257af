"""A shop of any size in DuckDB's own SQL: the same size gives the same rows, a million events in about two seconds.

Customers, orders and events follow simple laws (a customer orders every two to twelve weeks and stops at some point;
a visitor comes back some days later and clicks about six times). It is made to be large, not to be learned from:
`clm-ml simulate` writes shops whose truth is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

FIRST_DAY = "2024-01-01"
DAYS = 540
LOADED_AT = "timestamp '2025-07-01 06:00:00'"

# a number from 0 to 1 that depends on the arguments only
DICE = "create or replace macro dice(a, b, c) as (hash(a, b, c) % 1000003) / 1000003.0"


@dataclass(frozen=True)
class Size:
    """How large the shop is; everything else follows from the number of events."""

    events: int

    @property
    def visitors(self) -> int:
        return max(10, self.events // 30)

    @property
    def sessions(self) -> int:
        return max(10, self.events // 6)

    @property
    def customers(self) -> int:
        return max(10, self.events // 810)


def write_shop(path: Path, size: Size) -> None:
    """Fill schema raw of a new DuckDB file with a shop of this size."""
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"}) as con:
        con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        con.execute("create schema if not exists raw")
        con.execute(DICE)
        for statement in statements(size):
            con.execute(statement)
        con.execute("drop macro dice")


def statements(size: Size) -> list[str]:
    """One CREATE TABLE per raw table."""
    return [
        _customers(size),
        _products(),
        _orders(size),
        _items(),
        _refunds(),
        _messages(size),
        _tickets(),
        _events(size),
    ]


def _customers(size: Size) -> str:
    return f"""
        create table raw.customers as
        select concat('c', i) as customer_id,
            timestamp '{FIRST_DAY}' + interval 1 second * cast(dice(i, 1, 1) * {DAYS - 30} * 86400 as bigint) as created_at,
            concat('c', i, '@example.com') as email, cast(null as varchar) as phone, concat('Customer ', i) as full_name,
            case cast(dice(i, 2, 1) * 3 as bigint) when 0 then 'DE' when 1 then 'FR' else 'NL' end as country,
            case cast(dice(i, 3, 1) * 2 as bigint) when 0 then 'search' else 'mail' end as acquisition_channel,
            dice(i, 4, 1) < 0.7 as email_consent, false as sms_consent, false as is_test, {LOADED_AT} as loaded_at
        from range({size.customers}) as t(i)
    """


def _products() -> str:
    return f"""
        create table raw.products as
        select concat('p', i) as product_id, concat('Product ', i) as product_name, concat('category ', i % 12) as category,
            'house' as brand, cast(5 + i % 90 as decimal(18, 4)) as list_price,
            cast(2 + (i % 90) / 2.0 as decimal(18, 4)) as unit_cost, {LOADED_AT} as loaded_at
        from range(500) as t(i)
    """


def _orders(size: Size) -> str:
    """A customer orders every 14 to 84 days and stops after some time."""
    return f"""
        create table raw.orders as
        with people as (
            select i, cast(replace(customer_id, 'c', '') as bigint) as number, customer_id, created_at,
                14 + cast(dice(i, 5, 1) * 70 as bigint) as gap_days, 1 + cast(dice(i, 6, 1) * dice(i, 6, 2) * 40 as bigint) as most
            from (select *, row_number() over (order by created_at, customer_id) as i from raw.customers) as numbered
        ),
        planned as (
            select people.*, n, created_at + interval 1 second * cast(
                (n * gap_days + dice(i, n, 7) * gap_days / 2) * 86400 as bigint) as ordered_at
            from people, range(0, 40) as t(n) where n < most
        )
        select concat('o', number, '-', n) as order_id, customer_id, ordered_at,
            case when dice(number, n, 8) < 0.03 then 'cancelled' else 'completed' end as status, 'web' as channel,
            'EUR' as currency, cast(null as decimal(18, 4)) as gross_amount, cast(null as decimal(18, 4)) as discount_amount,
            cast(4.9 as decimal(18, 4)) as shipping_amount, cast(0 as decimal(18, 4)) as tax_amount,
            ordered_at + interval 1 minute as recorded_at, {LOADED_AT} as loaded_at
        from planned where ordered_at < timestamp '{FIRST_DAY}' + interval {DAYS} day
        order by ordered_at
    """


def _items() -> str:
    return f"""
        create table raw.order_items as
        select order_id, n as line_number, concat('p', cast(dice(order_id, n, 1) * 500 as bigint) % 500) as product_id,
            cast(1 + cast(dice(order_id, n, 2) * 3 as bigint) as decimal(18, 4)) as quantity,
            cast(5 + cast(dice(order_id, n, 3) * 8999 as bigint) / 100.0 as decimal(18, 4)) as unit_price,
            cast(case when dice(order_id, n, 4) < 0.2 then 1 else 0 end as decimal(18, 4)) as discount_amount,
            recorded_at, {LOADED_AT} as loaded_at
        from raw.orders, range(1, 4) as t(n) where n <= 1 + cast(dice(order_id, 1, 5) * 2 as bigint)
    """


def _refunds() -> str:
    return f"""
        create table raw.refunds as
        select concat('r', order_id) as refund_id, order_id, ordered_at + interval 9 day as refunded_at,
            cast(5 as decimal(18, 4)) as amount, ordered_at + interval 9 day as recorded_at, {LOADED_AT} as loaded_at
        from raw.orders where dice(order_id, 1, 9) < 0.05 and ordered_at < timestamp '{FIRST_DAY}' + interval {DAYS - 9} day
    """


def _messages(size: Size) -> str:
    """A message every month to everyone who has agreed."""
    return f"""
        create table raw.campaign_messages as
        with sent as (
            select customer_id, n, timestamp '{FIRST_DAY}' + interval 1 day * (30 * n + 3) + interval 10 hour as sent_at
            from raw.customers, range(0, {DAYS // 30}) as t(n)
            where email_consent and created_at < timestamp '{FIRST_DAY}' + interval 1 day * (30 * n + 3)
        )
        select concat('m', n, '-', customer_id) as message_id, concat('campaign ', n) as campaign_id, customer_id,
            'all' as variant, sent_at, sent_at + interval 1 minute as delivered_at,
            case when dice(customer_id, n, 1) < 0.3 then sent_at + interval 2 hour end as opened_at,
            case when dice(customer_id, n, 1) < 0.05 then sent_at + interval 3 hour end as clicked_at,
            case when dice(customer_id, n, 2) < 0.002 then sent_at + interval 4 hour end as unsubscribed_at,
            cast(0.001 as decimal(18, 4)) as cost_amount, sent_at as recorded_at, {LOADED_AT} as loaded_at
        from sent order by sent_at
    """


def _tickets() -> str:
    return f"""
        create table raw.support_tickets as
        select concat('t', order_id) as ticket_id, customer_id, ordered_at + interval 5 day as opened_at,
            ordered_at + interval 6 day as closed_at,
            case when dice(order_id, 2, 1) < 0.4 then 'complaint' else 'question' end as category, 'mail' as channel,
            cast(1 + dice(order_id, 2, 2) * 4 as bigint) as rating, 'text' as message,
            cast(3 as decimal(18, 4)) as handling_cost_amount, ordered_at + interval 5 day as recorded_at,
            {LOADED_AT} as loaded_at
        from raw.orders where dice(order_id, 2, 3) < 0.04 and ordered_at < timestamp '{FIRST_DAY}' + interval {DAYS - 6} day
    """


def _events(size: Size) -> str:
    """Sessions of one to eleven events; one visitor in 27 says who it is from the third event on."""
    return f"""
        create table raw.events as
        with sessions as (
            select i as session, cast(dice(i, 1, 1) * {size.visitors} as bigint) as visitor,
                timestamp '{FIRST_DAY}' + interval 1 second * cast(dice(i, 1, 2) * ({DAYS} * 86400 - 3600) as bigint) as started_at
            from range({size.sessions}) as t(i)
        ),
        clicks as (
            select *, started_at + interval 1 second * cast(n * 97 + dice(session, n, 3) * 90 as bigint) as occurred_at
            from sessions, range(0, 11) as t(n) where n < 1 + cast(dice(session, 1, 4) * 10 as bigint)
        )
        select concat('e', session, '-', n) as event_id, occurred_at, concat('v-', substr(md5(cast(visitor as varchar)), 1, 16))
            as anonymous_id,
            case when visitor % 27 = 0 and n >= 3 then concat('c', visitor // 27) end as customer_id,
            case cast(dice(session, n, 5) * 10 as bigint) when 0 then 'add_to_cart' when 1 then 'checkout' when 2 then 'purchase'
                when 3 then 'product_view' when 4 then 'product_view' else 'page_view' end as event_type,
            concat('/p/', cast(dice(session, n, 6) * 500 as bigint)) as page_path,
            case when dice(session, n, 6) < 0.3 then concat('p', cast(dice(session, n, 6) * 1500 as bigint)) end as product_id,
            case when n = 0 and dice(session, 1, 7) < 0.3 then 'search' end as utm_source,
            case when n = 0 and dice(session, 1, 7) < 0.3 then 'cpc' end as utm_medium,
            case when n = 0 and dice(session, 1, 7) < 0.3 then 'spring' end as utm_campaign,
            case visitor % 2 when 0 then 'phone' else 'desktop' end as device,
            occurred_at + interval 3 second as recorded_at, {LOADED_AT} as loaded_at
        from clicks order by occurred_at
    """
