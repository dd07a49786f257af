"""Funnel, engagement, paths, carts and signs a second time: from raw rows, slow, obvious, without SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd
import slow_sessions

Row = dict[str, Any]
STEPS = ["visit", "product_view", "cart", "checkout", "purchase"]
DAY = timedelta(days=1)
NO_SALE = {"cancelled", "canceled", "voided", "failed", "pending", "draft", "credit_note", "adjustment", "test"}
FOREVER = date(9999, 12, 31)


def typed(raw: pd.DataFrame) -> list[Row]:
    """Raw text as values: blanks trimmed, empty is None, times are times; a time that is none is None too."""
    columns: dict[str, list[Any]] = {}
    for name in raw.columns:
        texts = [t.strip() or None if isinstance(t, str) else None for t in raw[name]]
        if name.endswith("_at"):
            times = pd.to_datetime(pd.Series(texts, dtype="object"), errors="coerce", format="ISO8601")
            columns[name] = [t.to_pydatetime() if pd.notna(t) else None for t in times]
        else:
            columns[name] = texts
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@dataclass
class Shop:
    """What the figures are made of."""

    events: list[Row]  # without robots', each with its session
    sessions: list[Row]  # without robots
    owner: dict[str, str | None]  # whose each session is
    devices: dict[str, Row]
    orders: list[Row]  # valid today
    tests: set[str]
    today: date


def shop(tables: dict[str, list[Row]], today: date) -> Shop:
    rows = [{"loaded_at": None, **row} for row in tables["events"]]
    events = slow_sessions.sessionize(rows)
    sessions = slow_sessions.sessions(events)
    devices = slow_sessions.visitors(events)
    robots = {s["session_id"] for s in sessions if s["is_robot"]}
    tests = {c["customer_id"] for c in tables["customers"] if c["is_test"] in ("true", "True", "1")}
    return Shop(
        sorted((e for e in events if e["session_id"] not in robots), key=_moment),
        [s for s in sessions if not s["is_robot"]],
        slow_sessions.people(sessions, devices),
        {d["visitor_id"]: d for d in devices},
        valid_orders(tables, today, tests),
        tests,
        today,
    )


def by_people(shop: Shop) -> Shop:
    """The same without test customers' sessions: what funnel, paths and carts are made of."""
    real = [s for s in shop.sessions if shop.owner[s["session_id"]] not in shop.tests]
    kept = {s["session_id"] for s in real}
    return replace(shop, sessions=real, events=[e for e in shop.events if e["session_id"] in kept])


def _moment(event: Row) -> tuple[datetime, str]:
    return event["occurred_at"], event["event_id"]


def stage(event: Row) -> str:
    return slow_sessions.STAGES.get(event["event_type"], "visit")


def by(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


# ---- orders


def valid_orders(tables: dict[str, list[Row]], today: date, tests: set[str]) -> list[Row]:
    """The newest version of each order that is a sale worth something, not refunded in full by today."""
    newest: dict[str, Row] = {}
    for row in tables["orders"]:
        if row["order_id"] and row["ordered_at"] and Decimal(row["gross_amount"] or 0) >= 0:
            held = newest.get(row["order_id"])
            if held is None or _known(row, "ordered_at") > _known(held, "ordered_at"):
                newest[row["order_id"]] = row
    items, refunds = by(tables["order_items"], "order_id"), by(tables["refunds"], "order_id")
    return [
        order
        for key, order in newest.items()
        if order["customer_id"]
        and order["customer_id"] not in tests
        and order["currency"] in (None, "EUR", "GBP", "USD")
        and (order["status"] or "").lower() not in NO_SALE
        and _refunded(refunds[key], today) < _value(order, items[key])
    ]


def _known(row: Row, happened: str) -> datetime:
    return row["recorded_at"] or row[happened]


def _value(order: Row, items: list[Row]) -> Decimal:
    if not items:
        return Decimal(order["gross_amount"] or 0) - Decimal(order["discount_amount"] or 0)
    gross = sum((Decimal(i["quantity"]) * Decimal(i["unit_price"]) for i in items), Decimal(0))
    return gross - sum((Decimal(i["discount_amount"] or 0) for i in items), Decimal(0))


def _refunded(refunds: list[Row], today: date) -> Decimal:
    unique = {r["refund_id"]: r for r in refunds if r["refunded_at"].date() <= today}
    return sum((Decimal(r["amount"]) for r in unique.values()), Decimal(0))


# ---- funnel


def furthest(events: list[Row], start: datetime, end: datetime) -> int:
    """How many steps are taken in their order from `start` to `end`; steps of one instant are in order."""
    reached = 1
    for event in sorted(events, key=lambda e: (e["occurred_at"], STEPS.index(stage(e)))):
        is_next = reached < len(STEPS) and stage(event) == STEPS[reached]
        if is_next and start <= event["occurred_at"] <= end:
            reached += 1
    return reached


def reaches(shop: Shop, window: timedelta) -> dict[str, tuple[int, int]]:
    """By session: the last step within it, and within the window from its start on."""
    in_session, of_visitor = by(shop.events, "session_id"), by(shop.events, "visitor_id")
    return {
        s["session_id"]: (
            furthest(in_session[s["session_id"]], s["started_at"], s["ended_at"]),
            furthest(of_visitor[s["visitor_id"]], s["started_at"], s["started_at"] + window),
        )
        for s in shop.sessions
    }


def funnel(shop: Shop, window: timedelta, longest: timedelta = slow_sessions.LONGEST_SESSION) -> dict[Any, Any]:
    """(basis, period, its start, step) to (entered, dropped, with the stage in any order), of matured periods."""
    reached = reaches(shop, window)
    cells: dict[Any, dict[str, tuple[int, int]]] = defaultdict(dict)
    for session in shop.sessions:
        within, across = reached[session["session_id"]]
        stages = sum(1 << n for n, s in enumerate(STEPS) if n == 0 or session[f"{s}_count"])
        for period, start in periods(session["session_date"]):
            cells["session", period, start][session["session_id"]] = (within, stages)
            seen = cells["visitor", period, start]
            before = seen.get(session["visitor_id"], (0, 0))
            seen[session["visitor_id"]] = (max(before[0], across), before[1] | stages)
    figures = {}
    for (basis, period, start), seen in cells.items():
        if last_day(period, start) + (window if basis == "visitor" else longest) > shop.today:
            continue
        entered = [sum(step >= n for step, _ in seen.values()) for n in range(1, 6)]
        for n, count in enumerate(entered):
            had = sum(stages >> n & 1 for _, stages in seen.values())
            dropped = entered[n - 1] - count if n else None
            figures[basis, period, start, n + 1] = (count, dropped, had)
    return figures


def periods(day: date) -> list[tuple[str, date]]:
    return [("week", day - timedelta(days=day.weekday())), ("month", day.replace(day=1))]


def last_day(period: str, start: date) -> date:
    return start + 6 * DAY if period == "week" else (start.replace(day=28) + 4 * DAY).replace(day=1) - DAY


# ---- engagement


def active_days(shop: Shop) -> dict[str, set[date]]:
    """Each customer's days with an activity or a valid order, up to today."""
    days: dict[str, set[date]] = defaultdict(set)
    for event in shop.events:
        customer = event["customer_id"] or _only_customer(shop, event["visitor_id"])
        if customer and customer not in shop.tests and event["activity_date"] <= shop.today:
            days[customer].add(event["activity_date"])
    for order in shop.orders:
        if order["ordered_at"].date() <= shop.today:
            days[order["customer_id"]].add(order["ordered_at"].date())
    return days


def _only_customer(shop: Shop, visitor: str) -> str | None:
    device = shop.devices.get(visitor)
    is_shared = device and device["shared_from_date"] and device["shared_from_date"] <= shop.today
    return device["customer_id"] if device and not is_shared else None


def engagement(shop: Shop) -> dict[date, tuple[int, int | None, int | None, float | None]]:
    """Day to DAU, WAU, MAU and stickiness: for every day the customers of its window are counted anew."""
    days = active_days(shop)
    by_day: dict[date, set[str]] = defaultdict(set)
    for customer, active in days.items():
        for day in active:
            by_day[day].add(customer)
    first, figures = min(by_day), {}
    for n in range((shop.today - first).days + 1):
        window = [by_day[first + (n - back) * DAY] for back in range(28)]
        mau = len(set().union(*window))
        mean = sum(map(len, window)) / 28
        wau = len(set().union(*window[:7])) if n >= 6 else None
        figures[first + n * DAY] = (len(window[0]), wau, *((mau, mean / mau) if n >= 27 else (None, None)))
    return figures


def distribution(shop: Shop, month: date) -> Counter[int]:
    """Active days among a month's last 28, to customers."""
    last = last_day("month", month)
    counts = [sum(last - 28 * DAY < d <= last for d in days) for days in active_days(shop).values()]
    return Counter(c for c in counts if c)


# ---- paths


def transitions(shop: Shop, days: int) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """What follows what in sessions that began within the days and are over: event types, and pages."""
    types: Counter[tuple[str, str]] = Counter()
    pages: Counter[tuple[str, str]] = Counter()
    in_session = by(shop.events, "session_id")
    for session in shop.sessions:
        is_within = shop.today - days * DAY < session["session_date"]
        if not is_within or session["ended_at"].date() > shop.today:
            continue
        events = in_session[session["session_id"]]
        types.update(pairwise(["(start)", *(e["event_type"] for e in events), "(end)"]))
        seen = [e["page_path"] for e in events if e["page_path"]]
        changed = [p for n, p in enumerate(seen) if n == 0 or p != seen[n - 1]]
        if changed:
            pages.update(pairwise(["(start)", *changed, "(end)"]))
    return types, pages


def grouped(pages: Counter[tuple[str, str]], most: int) -> Counter[tuple[str, str]]:
    """The pages seen most by their names, the others as one."""
    seen: Counter[str] = Counter()
    for (_, to), count in pages.items():
        seen[to] += count
    ranked = sorted((p for p in seen if p != "(end)"), key=lambda p: (-seen[p], p))
    named = {*ranked[:most], "(start)", "(end)"}
    groups: Counter[tuple[str, str]] = Counter()
    for pair, count in pages.items():
        origin, target = (p if p in named else "(other)" for p in pair)
        groups[origin, target] += count
    return groups


# ---- carts


def waiting_carts(shop: Shop, tables: dict[str, list[Row]], days: int) -> dict[str, tuple[str | None, datetime]]:
    """Session to its customer and the time of its last cart, where nobody of that name or device bought since."""
    erased = {r["customer_id"] for r in tables["erasure_requests"]} | shop.tests
    bought: dict[str, list[datetime]] = defaultdict(list)
    for event in shop.events:
        if stage(event) == "purchase":
            for who in (event["visitor_id"], f"customer {shop.owner[event['session_id']]}"):
                bought[who].append(event["occurred_at"])
    ordered = {o["customer_id"]: [] for o in shop.orders} | by(shop.orders, "customer_id")
    found = {}
    for name, events in by((e for e in shop.events if stage(e) == "cart"), "session_id").items():
        last, customer = max(e["occurred_at"] for e in events), shop.owner[name]
        times = bought[events[0]["visitor_id"]] + (bought[f"customer {customer}"] if customer else [])
        has_bought = any(t >= last for t in times)
        has_ordered = any(o["ordered_at"].date() >= last.date() for o in ordered.get(customer, []))
        is_fresh = shop.today - days * DAY < last.date() <= shop.today
        if is_fresh and not has_bought and not has_ordered and customer not in erased:
            found[name] = (customer, last)
    return found


# ---- signs


def visit_spans(shop: Shop) -> dict[str, list[tuple[date, date, date]]]:
    """Customer to (day, known from, undone on) of every visit, as it was known."""
    spans: dict[str, set[tuple[date, date, date]]] = defaultdict(set)
    for event in shop.events:
        day, known = event["activity_date"], max(event["activity_date"], event["known_date"])
        device = shop.devices.get(event["visitor_id"])
        if event["customer_id"]:
            spans[event["customer_id"]].add((day, known, FOREVER))
        elif device:
            claimed = max(known, device["identified_date"])
            spans[device["customer_id"]].add((day, claimed, max(claimed, device["shared_from_date"] or FOREVER)))
    return {customer: sorted(held) for customer, held in spans.items()}


def fall_since(spans: list[tuple[date, date, date]], today: date) -> date | None:
    """Since which day, looked at day by day backwards, visits were below half of a habit of at least four."""
    since, day = None, today
    while _is_falling(spans, day):
        since, day = day, day - DAY
    return since


def _is_falling(spans: list[tuple[date, date, date]], day: date) -> bool:
    seen = {visit for visit, known, undone in spans if known <= day < undone}
    recent = sum(day - 30 * DAY < visit <= day for visit in seen)
    usual = sum(day - 90 * DAY < visit <= day - 30 * DAY for visit in seen)
    return usual >= 4 and 2 * recent < 0.5 * usual


def ticket_since(days: list[tuple[date, date]], today: date) -> date | None:
    """(day, known from) of tickets: since when there has been one of the last 90 days without a break."""
    since, day = None, today
    while any(known <= day < opened + 90 * DAY for opened, known in days):
        since, day = day, day - DAY
    return since


def gap_since(purchases: set[date], today: date) -> date | None:
    """The day after one and a half typical gaps, if it is over."""
    if len(purchases) < 2:
        return None
    first, last = min(purchases), max(purchases)
    typical = (last - first).days / (len(purchases) - 1)
    since = last + (int(1.5 * typical) + 1) * DAY
    return since if since <= today else None
