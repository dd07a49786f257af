"""What the web shop's tracker saw: visits of known and unknown devices, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.simulate import columns as col
from clm_ml.simulate.commerce import Orders
from clm_ml.simulate.people import People
from clm_ml.simulate.process import History
from clm_ml.simulate.shop import CATEGORIES, Shop

BROWSE, BUY, CLICK = 0, 1, 2
TYPES = ("page_view", "product_view", "search", "add_to_cart", "checkout", "purchase", "login")
PAGE, PRODUCT, SEARCH, CART, CHECKOUT, PURCHASE, LOGIN = range(7)
LANDING_SHARES = (0.55, 0.30, 0.15)
LATER_SHARES = (0.20, 0.53, 0.13, 0.11, 0.03)
BEFORE_BUYING = np.array([PURCHASE, CHECKOUT, CART, PRODUCT])  # read from the end of the visit
REMEMBERED, LOGS_IN, UNKNOWN = 0, 1, 2
SOURCES = ("google", "instagram", "partner", "newsletter")
MEDIA = ("cpc", "paid_social", "affiliate", "email")
UTM_OF_CHANNEL = np.array([-1, 0, 1, 2, -1, -1])  # by people.CHANNELS
DEVICES = ("mobile", "desktop", "tablet")
NOBODY = -1
RHYTHM = 6.0  # the shape of the gaps between visits; 1 would be pure chance
LONGEST_GAP = 25 * 60  # seconds, within a visit
ANONYMOUS_DEVICES = 1 << 31


@dataclass
class Visits:
    """Parallel arrays, one position a visit. `at` is its first second, for a purchase its last."""

    customer: np.ndarray
    device: np.ndarray
    at: np.ndarray
    kind: np.ndarray
    depth: np.ndarray
    utm: np.ndarray
    utm_campaign: np.ndarray
    product: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def together(cls, parts: list[Visits]) -> Visits:
        return cls(*(np.concatenate([getattr(p, f) for p in parts]) for f in cls.__dataclass_fields__))


def draw_visits(
    shop: Shop,
    people: People,
    history: History,
    orders: Orders,
    clicks: tuple[np.ndarray, np.ndarray, np.ndarray],
    rng: np.random.Generator,
) -> Visits:
    """Who is there browses; a web order ends a visit; a click in a message begins one; strangers drop in."""
    devices = _draw_devices(people, rng)
    parts = [
        _browsing(shop, people, history, devices, rng),
        _buying(shop, people, orders, devices, rng),
        _clicking(people, clicks, devices, rng),
        _strangers(shop, people, rng),
    ]
    return Visits.together(parts)


def _draw_devices(people: People, rng: np.random.Generator) -> np.ndarray:
    """Two device numbers a customer, often the same one; a few share theirs with the next customer."""
    first = people.number * 2
    second = np.where(rng.random(len(people)) < 0.4, first + 1, first)
    shares = np.flatnonzero(rng.random(len(people) - 1) < 0.012) + 1
    second[shares] = people.number[shares - 1] * 2
    return np.stack([first, second])


def _device_of(devices: np.ndarray, customer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return devices[(rng.random(len(customer)) < 0.3).astype(int), customer]


def _browsing(shop: Shop, people: People, history: History, devices: np.ndarray, rng: np.random.Generator) -> Visits:
    arrives = people.signup_day * 86400 + people.signup_second
    stays = np.maximum(np.minimum(history.left_day, shop.days) * 86400 - arrives, 0)
    customer, since = _rhythm(people.visit_rate / 86400, stays, rng)
    n = len(customer)
    at = shop.start_second + arrives[customer] + since
    utm = np.where(rng.random(n) < 0.35, UTM_OF_CHANNEL[people.channel[customer]], -1)
    device = _device_of(devices, customer, rng)
    campaign = np.where(utm >= 0, 900 + utm, -1)
    return Visits(
        customer, device, at, np.full(n, BROWSE), people.visit_depth[customer], utm, campaign, np.full(n, -1)
    )


def _rhythm(rate: np.ndarray, stays: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Who visits, and after how many seconds: gaps vary about the customer's mean, steadier than by chance."""
    enough = np.ceil(rate * stays * 1.3 + 12).astype(np.int64)
    customer = np.repeat(np.arange(len(rate)), enough)
    gap = rng.gamma(RHYTHM, 1 / RHYTHM, len(customer)) / rate[customer]
    run = np.cumsum(gap)
    first = np.cumsum(enough) - enough
    since = (run - (run - rng.random(len(run)) * gap)[first][customer]).astype(np.int64)
    here = since < stays[customer]
    return customer[here], since[here]


def _buying(shop: Shop, people: People, orders: Orders, devices: np.ndarray, rng: np.random.Generator) -> Visits:
    order = np.flatnonzero(orders.is_web)
    customer, n = orders.customer[order], len(order)
    product = orders.line_product[np.flatnonzero(orders.line_number == 1)][order]
    none = np.full(n, -1)
    device = _device_of(devices, customer, rng)
    depth = np.full(n, 3.5 * shop.visit_depth)
    return Visits(customer, device, orders.at[order], np.full(n, BUY), depth, none, none, product)


def _clicking(
    people: People,
    clicks: tuple[np.ndarray, np.ndarray, np.ndarray],
    devices: np.ndarray,
    rng: np.random.Generator,
) -> Visits:
    customer, at, campaign = clicks
    n = len(customer)
    utm = np.full(n, SOURCES.index("newsletter"))
    device = _device_of(devices, customer, rng)
    depth = people.visit_depth[customer]
    return Visits(customer, device, at + 3, np.full(n, CLICK), depth, utm, campaign + 1, np.full(n, -1))


def _strangers(shop: Shop, people: People, rng: np.random.Generator) -> Visits:
    """Visitors who never say who they are; their devices are nobody's."""
    first = ANONYMOUS_DEVICES + int(people.number[0]) * 8
    count = rng.poisson(shop.anonymous_share * len(people))
    device = np.repeat(first + np.arange(count), 1 + rng.poisson(0.5, count))
    n = len(device)
    at = shop.start_second + (rng.random(n) * shop.days * 86400).astype(np.int64)
    utm = rng.integers(-1, 3, n)
    campaign = np.where(utm >= 0, 900 + utm, -1)
    depth = np.full(n, 1.5 * shop.visit_depth)
    return Visits(np.full(n, NOBODY), device, at, np.full(n, BROWSE), depth, utm, campaign, np.full(n, -1))


@dataclass
class Clicks:
    """Parallel arrays, one position an event. `place` orders a visit's events; its landing has 0."""

    visit: np.ndarray
    place: np.ndarray
    at: np.ndarray
    kind: np.ndarray
    known: np.ndarray  # names its customer
    product: np.ndarray
    recorded: np.ndarray  # when it arrived, if it came late
    is_late: np.ndarray
    is_sent_again: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    def at_positions(self, row: np.ndarray) -> Clicks:
        return Clicks(*(getattr(self, f)[row] for f in self.__dataclass_fields__))

    @classmethod
    def together(cls, parts: list[Clicks]) -> Clicks:
        return cls(*(np.concatenate([getattr(p, f) for p in parts]) for f in cls.__dataclass_fields__))

    def within(self, shop: Shop) -> Clicks:
        """Those of the run, in order of time."""
        order = np.lexsort((self.place, self.visit, self.at))
        at = self.at[order]
        return self.at_positions(order[(at < shop.end_second) & (at >= shop.start_second)])


def draw_clicks(shop: Shop, visits: Visits, rng: np.random.Generator) -> Clicks:
    """What each visit clicked on, by chance, in order of time; a purchase ends its visit. Some of it comes late."""
    count = 1 + rng.poisson(visits.depth)
    visit = np.repeat(np.arange(len(visits)), count)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    at = _times(visits, visit, place, count, rng)
    kind = _types(visits, visit, place, count, rng)
    known = _is_known(visits, visit, place, count, kind, rng)
    order = np.lexsort((place, visit, at))
    order = order[(at[order] < shop.end_second) & (at[order] >= shop.start_second)]
    visit, place, at, kind, known = (a[order] for a in (visit, place, at, kind, known))
    product = _products(shop, visits, visit, kind, rng)
    return Clicks(visit, place, at, kind, known, product, *draw_deliveries(shop, at, rng))


def event_table(
    shop: Shop, people: People, visits: Visits, clicks: Clicks, first_event: int
) -> tuple[dict[str, col.Column], int]:
    """The events in order of time, and how many there are; some came late, some were sent again."""
    row, recorded, is_stated = _deliveries(shop, clicks)
    table = _events(people, visits, first_event, row, clicks)
    table["recorded_at"] = col.instant(recorded, is_stated)
    return table, len(clicks)


def _times(
    visits: Visits, visit: np.ndarray, place: np.ndarray, count: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Seconds since 1970: gaps of about a minute and a half, forward from the start or back from the purchase."""
    gap = np.where(place > 0, 4 + np.minimum(rng.exponential(80, len(visit)), LONGEST_GAP).astype(np.int64), 0)
    run = np.cumsum(gap)
    first = np.cumsum(count) - count
    since = run - run[first][visit]
    length = since[first + count - 1]
    backwards = np.where(visits.kind == BUY, length, 0)
    return visits.at[visit] + since - backwards[visit]


def _types(
    visits: Visits, visit: np.ndarray, place: np.ndarray, count: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    landing = rng.choice([PAGE, PRODUCT, SEARCH], len(visit), p=LANDING_SHARES)
    later = rng.choice([PAGE, PRODUCT, SEARCH, CART, CHECKOUT], len(visit), p=LATER_SHARES)
    kind = np.where(place == 0, landing, later)
    remaining = count[visit] - 1 - place
    ends = (visits.kind[visit] == BUY) & (remaining < len(BEFORE_BUYING))
    kind[ends] = BEFORE_BUYING[remaining[ends]]
    anonymous = visits.customer[visit] == NOBODY
    kind[anonymous & (kind == CHECKOUT)] = PAGE
    return kind


def _is_known(
    visits: Visits,
    visit: np.ndarray,
    place: np.ndarray,
    count: np.ndarray,
    kind: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Whether an event names its customer: by a remembered login, or from a login in the visit on. Sets kind, too."""
    mode = rng.choice([REMEMBERED, LOGS_IN, UNKNOWN], len(visits), p=[0.6, 0.15, 0.25])
    mode[visits.kind == BUY] = REMEMBERED
    mode[(mode == LOGS_IN) & (count < 2)] = UNKNOWN
    mode[visits.customer == NOBODY] = UNKNOWN
    logs_in = mode[visit] == LOGS_IN
    kind[logs_in & (place == 1)] = LOGIN
    return (mode[visit] == REMEMBERED) | (logs_in & (place >= 1))


def _products(
    shop: Shop, visits: Visits, visit: np.ndarray, kind: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    bought = visits.product[visit]
    drawn = rng.integers(0, shop.products.count, len(visit))
    product = np.where((bought >= 0) & (kind == CART), bought, drawn)
    return np.where((kind == PRODUCT) | (kind == CART), product, -1)


def draw_deliveries(
    shop: Shop, at: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When an event would be recorded if it came late, whether it does, and whether it is sent again."""
    n = len(at)
    recorded = at + rng.integers(86400, 5 * 86400, n)
    late = (rng.random(n) < 0.015) & (recorded < shop.end_second)
    return recorded, late, rng.random(n) < 0.004


def _deliveries(shop: Shop, clicks: Clicks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the table as positions of events, when they were recorded, and whether that is stated."""
    n, again = len(clicks), np.flatnonzero(clicks.is_sent_again)
    row = np.concatenate([np.arange(n), again])
    later = np.maximum(clicks.recorded[again] * clicks.is_late[again], clicks.at[again]) + 300
    recorded = np.concatenate([clicks.recorded, later])
    order = np.argsort(row, kind="stable")
    stated = np.concatenate([clicks.is_late, later < shop.end_second])
    return row[order], recorded[order], stated[order]


def _events(
    people: People, visits: Visits, first_event: int, row: np.ndarray, clicks: Clicks
) -> dict[str, col.Column]:
    sent = clicks.at_positions(row)
    visit, kind, product = sent.visit, sent.kind, sent.product
    utm = np.where(sent.place == 0, visits.utm[visit], -1)
    device = visits.device[visit]
    return {
        "event_id": col.numbered("E", first_event + row, 8),
        "occurred_at": col.instant(sent.at),
        "anonymous_id": _device_ids(device),
        "customer_id": col.customer_ids(people.number[visits.customer[visit]], sent.known),
        "event_type": col.chosen(TYPES, kind),
        "page_path": _paths(kind, product, visit),
        "product_id": col.numbered("P", product + 1, 5, product >= 0),
        "utm_source": col.chosen(SOURCES, utm, utm >= 0),
        "utm_medium": col.chosen(MEDIA, utm, utm >= 0),
        "utm_campaign": col.numbered("K", visits.utm_campaign[visit], 3, utm >= 0),
        "device": col.chosen(DEVICES, device % 7 % 3),
    }


def _device_ids(device: np.ndarray) -> col.Column:
    """Eight hexadecimal digits: a bijection of the device numbers, so that no two devices meet."""
    unique, position = np.unique(device, return_inverse=True)
    return col.chosen([f"{int(d) * 2654435761 % (1 << 32):08x}" for d in unique], position)


def _paths(kind: np.ndarray, product: np.ndarray, visit: np.ndarray) -> col.Column:
    fixed = ["/", "", "/search", "/cart", "/checkout", "/thanks", "/login"]
    category = [f"/c/{c}" for c in CATEGORIES]
    products = [f"/p/{p + 1}" for p in range(int(product.max(initial=0)) + 1)]
    front = np.where(visit % 3 == 0, 0, len(fixed) + visit % len(category))
    position = np.where(kind == PAGE, front, kind)
    position = np.where(kind == PRODUCT, len(fixed) + len(category) + product, position)
    return col.chosen(fixed + category + products, position)
