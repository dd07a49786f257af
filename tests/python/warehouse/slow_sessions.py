"""Sessions and identities a second time: slow, obvious, without SQL. The definition, read aloud in Python."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
STAGES = {"page_view": "visit", "product_view": "product_view", "add_to_cart": "cart"}
STAGES |= {"checkout": "checkout", "purchase": "purchase"}
LONGEST_GAP = timedelta(minutes=30)
LONGEST_SESSION = timedelta(days=3)
CARRIED = (
    "customer_id",
    "event_type",
    "page_path",
    "product_id",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "device",
)


def is_usable(row: Row) -> bool:
    """Whether staging accepts it: it has a key, a time, a type, a visitor, and was not recorded before it was."""
    if not (row["event_id"] and row["occurred_at"] and row["event_type"]):
        return False
    if not (row["anonymous_id"] or row["customer_id"]) or not 1990 <= row["occurred_at"].year <= 2090:
        return False
    return row["recorded_at"] is None or row["occurred_at"] <= row["recorded_at"] + timedelta(days=1)


def known_at(row: Row) -> datetime:
    return row["recorded_at"] or row["occurred_at"]


def newest_versions(rows: list[Row]) -> list[Row]:
    """One event per event_id: what its newest version says, known since its first version was."""
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if is_usable(row):
            versions[row["event_id"]].append(row)
    return [_newest(same_event) for same_event in versions.values()]


def _newest(versions: list[Row]) -> Row:
    newest = max(versions, key=_newness)
    first_known_at = min(known_at(v) for v in versions)
    return {
        **{name: newest[name] for name in ("event_id", "occurred_at", "loaded_at", *CARRIED)},
        "visitor_id": visitor_id(newest),
        "activity_date": newest["occurred_at"].date(),
        "known_at": first_known_at,
        "known_date": first_known_at.date(),
        "version_known_at": known_at(newest),
    }


def _newness(version: Row) -> tuple[Any, ...]:
    """Known later, loaded later; where both are equal the contents decide, so that the choice is always the same."""
    contents = [version["occurred_at"], visitor_id(version), *(version[name] or "" for name in CARRIED)]
    return (known_at(version), version["loaded_at"] or datetime.min, *contents)


def visitor_id(row: Row) -> str:
    return row["anonymous_id"] or f"customer:{row['customer_id']}"


def sessionize(rows: list[Row], longest_gap: timedelta = LONGEST_GAP) -> list[Row]:
    """Events with their sessions: walk each visitor's events, cut where the gap is too long."""
    by_visitor: dict[str, list[Row]] = defaultdict(list)
    for event in newest_versions(rows):
        by_visitor[event["visitor_id"]].append(event)
    for visitor, events in by_visitor.items():
        events.sort(key=lambda e: (e["occurred_at"], e["event_id"]))
        previous = started = None
        for number, event in enumerate(events, 1):
            if previous is None or event["occurred_at"] - previous > longest_gap:
                started = event["occurred_at"]
            previous = event["occurred_at"]
            event["event_number"] = number
            event["session_id"] = hashlib.md5(f"{visitor}|{started}".encode()).hexdigest()
    return [event for events in by_visitor.values() for event in events]


def visitors(events: list[Row]) -> list[Row]:
    """The rows of int_visitors: who identified on a device first, and since when it is known to be shared."""
    first_known: dict[str, dict[str, date]] = defaultdict(dict)
    for event in events:
        customer, day = event["customer_id"], event["known_date"]
        if customer:
            seen = first_known[event["visitor_id"]]
            seen[customer] = min(day, seen.get(customer, day))
    return [_visitor(name, seen) for name, seen in first_known.items()]


def _visitor(name: str, seen: dict[str, date]) -> Row:
    arrivals = sorted((day, customer) for customer, day in seen.items())
    return {
        "visitor_id": name,
        "customer_id": arrivals[0][1],
        "identified_date": arrivals[0][0],
        "shared_from_date": arrivals[1][0] if len(arrivals) > 1 else None,
        "customer_count": len(arrivals),
    }


def event_days(events: list[Row]) -> list[Row]:
    """The rows of int_event_days."""
    days: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for event in events:
        key = (event["visitor_id"], event["customer_id"], event["activity_date"], event["known_date"])
        days[key].append(STAGES.get(event["event_type"], "visit"))
    names = ("visitor_id", "customer_id", "activity_date", "known_date")
    return [
        {
            **dict(zip(names, key, strict=True)),
            "event_count": len(stages),
            "active_event_count": len(stages),
            "product_view_count": stages.count("product_view"),
            "cart_count": stages.count("cart"),
        }
        for key, stages in days.items()
    ]


def sessions(events: list[Row]) -> list[Row]:
    """The rows of int_sessions."""
    by_session: dict[str, list[Row]] = defaultdict(list)
    for event in events:
        by_session[event["session_id"]].append(event)
    return [_session(name, sorted(held, key=lambda e: e["event_number"])) for name, held in by_session.items()]


def people(found: list[Row], devices: list[Row]) -> dict[str, str | None]:
    """fct_sessions: whose each session is, by session_id; robots' are not among them."""
    known = {v["visitor_id"]: v for v in devices}
    return {s["session_id"]: _customer(s, known.get(s["visitor_id"])) for s in found if not s["is_robot"]}


def _session(session_id: str, events: list[Row]) -> Row:
    stages = [STAGES.get(e["event_type"], "visit") for e in events]
    pages = [e["page_path"] for e in events if e["page_path"]]
    started, ended = events[0]["occurred_at"], events[-1]["occurred_at"]
    within = sorted({e["customer_id"] for e in events if e["customer_id"]})
    return {
        "session_id": session_id,
        "visitor_id": events[0]["visitor_id"],
        "started_at": started,
        "ended_at": ended,
        "session_date": started.date(),
        "event_count": len(events),
        "page_view_count": sum(e["event_type"] == "page_view" for e in events),
        **{f"{s}_count": stages.count(s) for s in ("product_view", "cart", "checkout", "purchase")},
        **_stage_moments(events),
        "entry_page": pages[0] if pages else None,
        "exit_page": pages[-1] if pages else None,
        **{name: _first(events, name) for name in ("utm_source", "utm_medium", "utm_campaign", "device")},
        "identified_customer_id": within[0] if len(within) == 1 else None,
        "is_identified": bool(within),
        "is_robot": ended - started > LONGEST_SESSION or len(events) > 5000,
    }


def _stage_moments(events: list[Row]) -> Row:
    """When each stage was first and last reached; of product views only the first is kept."""
    moments: Row = {"first_product_view_at": None}
    for stage in ("product_view", "cart", "checkout", "purchase"):
        times = [e["occurred_at"] for e in events if STAGES.get(e["event_type"]) == stage]
        moments[f"first_{stage}_at"] = min(times, default=None)
        if stage != "product_view":
            moments[f"last_{stage}_at"] = max(times, default=None)
    return moments


def _customer(session: Row, device: Row | None) -> str | None:
    """The one who identified within the session; else the device's only customer; a shared device's is nobody."""
    if session["is_identified"]:
        return session["identified_customer_id"]
    return device["customer_id"] if device and device["customer_count"] == 1 else None


def _first(events: list[Row], name: str) -> str | None:
    return next((e[name] for e in events if e[name]), None)
