"""Features and labels a second time: for each as-of date, forget what was not yet known, and count what is left.

Slow and obvious. Decided, and followed here: a customer's and a product's attributes are today's; an event says what
its newest version says but is known from its first; an event without a customer counts for the first one who
identified on its device, from when that was known until a second one was; labels know everything known today.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import slow_sessions

Row = dict[str, Any]
Versions = dict[Any, list[Row]]
ROOT = Path(__file__).parents[3]
FOREVER = date(9999, 12, 31)
LONG_AGO = datetime(1, 1, 1)
CENTS = Decimal("0.0001")


def reference_list(name: str) -> list[Row]:
    with (ROOT / f"seeds/reference/{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


class SlowShop:
    """The raw rows of a shop, and what can be said of it as of a date."""

    def __init__(self, tables: dict[str, list[Row]], today: date, timezone: str = "UTC") -> None:
        self.tables = tables
        self.today = today
        self.zone = ZoneInfo(timezone)
        self.sale_by_status = {r["order_status"]: r["is_sale"] == "true" for r in reference_list("order_statuses")}
        self.types = {r["activity_type"]: r for r in reference_list("activity_types")}
        self.rates = reference_list("currency_rates")

    # ---- reading raw rows

    def day(self, moment: datetime) -> date:
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(self.zone).date()

    def known(self, row: Row, happened: str | None) -> datetime | None:
        return row.get("recorded_at") or (row.get(happened) if happened else None)

    def versions(
        self, table: str, key: Callable[[Row], Any], happened: str | None, refused: Callable[[Row], bool]
    ) -> Versions:
        """The usable versions of each key, with the day each became known, oldest first."""
        held: Versions = defaultdict(list)
        for row in self.tables.get(table, []):
            known = self.known(row, happened)
            too_early = happened and row[happened] and known and row[happened] > known + timedelta(days=1)
            if not too_early and not refused(row):
                day = self.day(known) if known else None
                held[key(row)].append({**row, "known_at": known or LONG_AGO, "known_date": day})
        for versions in held.values():
            versions.sort(key=lambda v: (v["known_at"], v.get("loaded_at") or LONG_AGO))
        return held

    @cached_property
    def orders(self) -> Versions:
        return self.versions("orders", lambda r: r["order_id"], "ordered_at", lambda r: (r["gross_amount"] or 0) < 0)

    @cached_property
    def lines(self) -> dict[str, Versions]:
        every = self.versions("order_items", lambda r: (r["order_id"], r["line_number"]), None, lambda r: False)
        return _by_first(every)

    @cached_property
    def refunds(self) -> dict[str, Versions]:
        every = self.versions(
            "refunds", lambda r: (r["order_id"], r["refund_id"]), "refunded_at", lambda r: r["amount"] < 0
        )
        return _by_first(every)

    @cached_property
    def messages(self) -> Versions:
        return self.versions("campaign_messages", lambda r: r["message_id"], "sent_at", lambda r: False)

    @cached_property
    def tickets(self) -> Versions:
        return self.versions("support_tickets", lambda r: r["ticket_id"], "opened_at", lambda r: False)

    @cached_property
    def reviews(self) -> Versions:
        return self.versions(
            "reviews", lambda r: r["review_id"], "created_at", lambda r: r["rating"] is not None and r["rating"] > 5
        )

    @cached_property
    def customers(self) -> Versions:
        return self.versions("customers", lambda r: r["customer_id"], "created_at", lambda r: False)

    @cached_property
    def subscriptions(self) -> Versions:
        return self.versions("subscriptions", lambda r: r["subscription_id"], "started_at", lambda r: False)

    @cached_property
    def test_customers(self) -> set[str]:
        return {c for c, versions in self.customers.items() if versions[-1]["is_test"]}

    # ---- orders as of a date

    def rate(self, currency: str, day: date) -> Decimal:
        valid = [r for r in self.rates if r["currency"] == currency and r["valid_from_date"] <= day.isoformat()]
        units = Decimal(max(valid, key=lambda r: r["valid_from_date"])["units_per_euro"])
        return (1 / units).quantize(Decimal("1e-8"), ROUND_HALF_UP)

    def orders_at(self, day: date) -> list[Row]:
        """Every order known by the end of the day, as it then stood, in euro."""
        found = ((order_id, newest(versions, day)) for order_id, versions in self.orders.items())
        return [self._order(order_id, version, day) for order_id, version in found if version]

    def _order(self, order_id: str, version: Row, day: date) -> Row:
        lines = [v for v in (newest(held, day) for held in self.lines.get(order_id, {}).values()) if v]
        refunds = [v for v in (newest(held, day) for held in self.refunds.get(order_id, {}).values()) if v]
        refunds = [r for r in refunds if self.day(r["refunded_at"]) <= day]
        ordered = self.day(version["ordered_at"])
        rate = self.rate((version["currency"] or "EUR").upper(), ordered)
        gross, discount = self._value(version, lines)
        status = (version["status"] or "").lower()
        customer = version["customer_id"]
        is_test = customer in self.test_customers
        is_sale = self.sale_by_status.get(status, True) and bool(customer) and not is_test and gross > discount
        value = gross - discount  # in full is in full in the order's own currency
        given_back = sum((r["amount"] for r in refunds), Decimal(0))
        return {
            "customer_id": customer,
            "ordered_date": ordered,
            "gross": cents(gross * rate),
            "discount": cents(discount * rate),
            "is_sale": is_sale,
            "is_valid": is_sale and given_back < value,
            "is_counted": is_sale or (status == "credit_note" and bool(customer) and not is_test),
            "refunds": [(self.day(r["refunded_at"]), cents(r["amount"] * rate)) for r in refunds],
            "fully_refunded_date": self._fully_refunded(refunds, value),
        }

    def _value(self, version: Row, lines: list[Row]) -> tuple[Decimal, Decimal]:
        """Gross and discount: the lines', and the order's own where there is no line, or no line says."""
        said = [line["discount_amount"] for line in lines if line["discount_amount"] is not None]
        gross = sum((cents(line["quantity"] * line["unit_price"]) for line in lines), Decimal(0))
        return (
            gross if lines else version["gross_amount"] or Decimal(0),
            sum(said, Decimal(0)) if said else version["discount_amount"] or Decimal(0),
        )

    def _fully_refunded(self, refunds: list[Row], value: Decimal) -> date | None:
        so_far = Decimal(0)
        for refund in sorted(refunds, key=lambda r: (r["refunded_at"], r["refund_id"])):
            so_far += refund["amount"]
            if so_far >= value:
                return self.day(refund["refunded_at"])
        return None

    # ---- events

    @cached_property
    def visits(self) -> list[Row]:
        """One row per event that counts for a customer: whose, which day, known from when until when."""
        events = slow_sessions.sessionize(self._events())
        for event in events:
            event["activity_date"] = self.day(event["occurred_at"])
            event["known_date"] = self.day(event["known_at"])
        devices = {v["visitor_id"]: v for v in slow_sessions.visitors(events)}
        robots = {s["session_id"] for s in slow_sessions.sessions(events) if s["is_robot"]}
        people = [e for e in events if e["session_id"] not in robots]
        return [visit for visit in (self._visit(e, devices.get(e["visitor_id"])) for e in people) if visit]

    def _events(self) -> list[Row]:
        names = [*slow_sessions.CARRIED, "event_id", "occurred_at", "anonymous_id", "recorded_at", "loaded_at"]
        return [{name: row.get(name) for name in names} for row in self.tables.get("events", [])]

    def _visit(self, event: Row, device: Row | None) -> Row | None:
        kind = self.types.get(event["event_type"], {"stage": "visit", "is_active": "true"})
        visit = {"date": event["activity_date"], "stage": kind["stage"], "is_active": kind["is_active"] == "true"}
        if event["customer_id"]:
            return visit | {"customer_id": event["customer_id"], "from": event["known_date"], "until": FOREVER}
        if device is None:
            return None
        claimed = max(event["known_date"], device["identified_date"])
        return visit | {
            "customer_id": device["customer_id"],
            "from": claimed,
            "until": device["shared_from_date"] or FOREVER,
        }

    # ---- who is in a snapshot

    @cached_property
    def first_known(self) -> dict[str, date]:
        """The day on which anything first named a customer."""
        days: dict[str, list[date]] = defaultdict(list)
        for held in (self.customers, self.orders, self.subscriptions):
            for version in (v for versions in held.values() for v in versions):
                if version["customer_id"] and version["known_date"]:
                    days[version["customer_id"]].append(version["known_date"])
        for held, happened in ((self.messages, "sent_at"), (self.tickets, "opened_at"), (self.reviews, "created_at")):
            for version in (v for versions in held.values() for v in versions):
                days[version["customer_id"]].append(max(version["known_date"], self.day(version[happened])))
        for visit in self.visits:
            days[visit["customer_id"]].append(visit["from"])
        return {customer: min(known) for customer, known in days.items()}

    # ---- features

    def features(self, day: date) -> dict[str, Row]:
        """feat_customer__all as of the end of a day, by customer."""
        spine = [c for c, known in self.first_known.items() if known <= day and c not in self.test_customers]
        facts = self._facts(day)
        return {customer: _features(facts.get(customer, _no_facts()), day) for customer in spine}

    def sequence(self, day: date) -> dict[tuple[str, int], Row]:
        """feat_customer__sequence as of the end of a day, by customer and period, but for what is 0 throughout."""
        found = {}
        for customer, facts in self._facts(day).items():
            for number in range(1, 14):
                row = _stretch(facts, day - timedelta(days=28 * number), day - timedelta(days=28 * (number - 1)))
                if customer not in self.test_customers and any(row.values()):
                    found[customer, number] = row
        return found

    def _facts(self, day: date) -> dict[str, Row]:
        facts: dict[str, Row] = defaultdict(_no_facts)
        for order in self.orders_at(day):
            self._add_order(facts, order, day)
        for visit in self.visits:
            if visit["from"] <= day < visit["until"] and visit["date"] <= day:
                facts[visit["customer_id"]]["visits"].append(visit)
        for message in _newest_of_all(self.messages, day):
            for name in ("sent_at", "opened_at", "clicked_at", "unsubscribed_at"):
                self._add(facts, message, message.get(name), name, day)
        for ticket in _newest_of_all(self.tickets, day):
            self._add(facts, ticket, ticket["opened_at"], "tickets", day)
            complained = ticket["category"] == "complaint"
            poor = ticket["rating"] is not None and ticket["rating"] <= 2
            moment = ticket["opened_at"] if complained else ticket["closed_at"] if poor else None
            self._add(facts, ticket, moment, "complaints", day)
        for review in _newest_of_all(self.reviews, day):
            self._add(facts, review, review["created_at"], "reviews", day)
            low = review["rating"] is not None and review["rating"] <= 2
            self._add(facts, review, review["created_at"] if low else None, "low_reviews", day)
        return facts

    def _add_order(self, facts: dict[str, Row], order: Row, day: date) -> None:
        if order["is_sale"] and order["ordered_date"] <= day:
            facts[order["customer_id"]]["sales"].append(order)
        if order["is_counted"]:
            facts[order["customer_id"]]["refunds"].extend(order["refunds"])

    def _add(self, facts: dict[str, Row], row: Row, moment: datetime | None, name: str, day: date) -> None:
        if moment and self.day(moment) <= day:
            facts[row["customer_id"]][name].append(self.day(moment))

    # ---- labels

    @cached_property
    def standing(self) -> list[Row]:
        """Orders as they stand with all that is known by now."""
        return self.orders_at(FOREVER)

    def horizon(self) -> int:
        """The 90th percentile of the gaps between purchase days; 90 below 100 returning customers."""
        days: dict[str, set[date]] = defaultdict(set)
        for order in self.standing:
            if order["is_valid"] and order["ordered_date"] <= self.today:
                days[order["customer_id"]].add(order["ordered_date"])
        walks = [sorted(d) for d in days.values() if len(d) > 1]
        gaps = sorted((b - a).days for walk in walks for a, b in pairwise(walk))
        return math.ceil(_percentile(gaps, 0.9)) if len(walks) >= 100 else 90

    def labels(self, day: date, horizon: int, eligible_days: int, features: dict[str, Row]) -> dict[str, Row]:
        """label_churn as of the end of a day, by customer."""
        end = day + timedelta(days=horizon)
        returned: dict[str, set[date]] = defaultdict(set)
        for o in self.standing:
            if o["is_sale"] and day < o["ordered_date"] <= end and (o["fully_refunded_date"] or FOREVER) > end:
                returned[o["customer_id"]].add(o["ordered_date"])
        labels = {}
        for customer, feature in features.items():
            eligible = feature["recency_days"] is not None and feature["recency_days"] < eligible_days
            days = len(returned[customer]) if eligible and end <= self.today else None
            labels[customer] = {
                "horizon_days": horizon,
                "is_eligible": eligible,
                "is_churned": None if days is None else int(days == 0),
                "return_day_count": days,
            }
        return labels


def newest(versions: list[Row], day: date) -> Row | None:
    """The newest version that was known by the end of the day."""
    known = [v for v in versions if v["known_date"] is None or v["known_date"] <= day]
    return known[-1] if known else None


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENTS, ROUND_HALF_UP)


def _newest_of_all(held: Versions, day: date) -> Iterable[Row]:
    return [v for v in (newest(versions, day) for versions in held.values()) if v]


def _by_first(versions: Versions) -> dict[str, Versions]:
    grouped: dict[str, Versions] = defaultdict(dict)
    for (first, second), held in versions.items():
        grouped[first][second] = held
    return grouped


def _percentile(ordered: list[int], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _no_facts() -> Row:
    lists = ["sales", "refunds", "visits", "tickets", "complaints", "reviews", "low_reviews"]
    return {n: [] for n in [*lists, "sent_at", "opened_at", "clicked_at", "unsubscribed_at"]}


def _features(facts: Row, day: date) -> Row:
    def within(days: Iterable[date], width: int) -> int:
        return sum(day - timedelta(days=width) < d <= day for d in days)

    def since(days: Iterable[date]) -> int | None:
        return (day - max(days)).days if days else None

    bought = {o["ordered_date"] for o in facts["sales"] if o["is_valid"]}
    active = bought | {v["date"] for v in facts["visits"] if v["is_active"]}
    money = {w: _money(facts, day, w) for w in (90, 365, 99999)}
    orders = within([o["ordered_date"] for o in facts["sales"] if o["is_valid"]], 365)
    gap = (max(bought) - min(bought)).days / (len(bought) - 1) if len(bought) > 1 else None
    visits = {
        s: [v["date"] for v in facts["visits"] if s in ("any", v["stage"])] for s in ("any", "product_view", "cart")
    }
    sent, opened, clicked = (within(facts[n], 90) for n in ("sent_at", "opened_at", "clicked_at"))
    return {
        "recency_days": since(bought),
        "frequency_count": within(bought, 365),
        "monetary_amount": money[365]["net"],
        "purchase_day_count": len(bought),
        "net_revenue_amount": money[99999]["net"],
        "tenure_days": (day - min(bought)).days if bought else None,
        "typical_gap_days": gap,
        "gap_ratio": (day - max(bought)).days / gap if gap else None,
        "purchase_days_30d": within(bought, 30),
        "purchase_days_90d": within(bought, 90),
        "order_count_365d": orders,
        "net_revenue_90d_amount": money[90]["net"],
        "average_order_amount": _share(money[365]["net"], orders),
        "discount_rate_365d": _share(money[365]["discount"], money[365]["gross"]),
        "refund_rate_365d": _share(money[365]["refund"], money[365]["gross"]),
        "active_days_30d": within(active, 30),
        "active_days_90d": within(active, 90),
        "event_count_30d": within(visits["any"], 30),
        "event_count_90d": within(visits["any"], 90),
        "product_view_count_30d": within(visits["product_view"], 30),
        "cart_count_30d": within(visits["cart"], 30),
        "days_since_last_visit": since(visits["any"]),
        "activity_trend_ratio": _share(3 * within(active, 30), within(active, 90)),
        "ticket_count_90d": within(facts["tickets"], 90),
        "ticket_count_365d": within(facts["tickets"], 365),
        "complaint_count_365d": within(facts["complaints"], 365),
        "days_since_last_ticket": since(facts["tickets"]),
        "review_count_365d": within(facts["reviews"], 365),
        "low_review_count_365d": within(facts["low_reviews"], 365),
        "message_count_90d": sent,
        "opened_count_90d": opened,
        "clicked_count_90d": clicked,
        "open_rate_90d": _share(opened, sent),
        "click_rate_90d": _share(clicked, sent),
        "is_unsubscribed": int(bool(facts["unsubscribed_at"])),
        "days_since_last_open": since(facts["opened_at"]),
    }


def _stretch(facts: Row, after: date, until: date) -> Row:
    """What stands in the days after a day and until another."""

    def inside(days: Iterable[date]) -> int:
        return sum(after < d <= until for d in days)

    sales = [o for o in facts["sales"] if after < o["ordered_date"] <= until]
    refund = sum((amount for d, amount in facts["refunds"] if after < d <= until), Decimal(0))
    seen = {
        s: [v["date"] for v in facts["visits"] if s in ("any", v["stage"])] for s in ("any", "product_view", "cart")
    }
    return {
        "purchase_days": len({o["ordered_date"] for o in sales if o["is_valid"]}),
        "net_revenue_amount": sum((o["gross"] - o["discount"] for o in sales), Decimal(0)) - refund,
        "visit_days": inside(set(seen["any"])),
        "event_count": inside(seen["any"]),
        "product_view_count": inside(seen["product_view"]),
        "cart_count": inside(seen["cart"]),
        "message_count": inside(facts["sent_at"]),
        "opened_count": inside(facts["opened_at"]),
        "clicked_count": inside(facts["clicked_at"]),
        "ticket_count": inside(facts["tickets"]),
        "complaint_count": inside(facts["complaints"]),
        "review_count": inside(facts["reviews"]),
    }


def _money(facts: Row, day: date, width: int) -> dict[str, Decimal]:
    """Gross and discount at the order's day, refunds at theirs, within a look-back window."""
    start = max(day.toordinal() - width, 0)
    sales = [o for o in facts["sales"] if o["ordered_date"].toordinal() > start]
    gross = sum((o["gross"] for o in sales), Decimal(0))
    discount = sum((o["discount"] for o in sales), Decimal(0))
    refund = sum((amount for d, amount in facts["refunds"] if d.toordinal() > start), Decimal(0))
    return {"gross": gross, "discount": discount, "refund": refund, "net": gross - discount - refund}


def _share(part: Decimal | int, whole: Decimal | int) -> float | None:
    return float(part) / float(whole) if whole else None
