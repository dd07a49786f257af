"""Sessions and identities: however events arrive, the tables say what the definition says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import slow_sessions
from histories import histories
from throwaway import Throwaway

BATCHES = 5
TABLES = ["int_events", "int_event_days", "int_visitors", "int_sessions"]
MADE_OF_SESSIONS = ["int_visit_days", "int_funnel_attempts", "int_funnel_reach", "int_visitor_steps"]
MADE_OF_EVENTS = "+int_event_batches +fct_sessions int_funnel_reach__due int_funnel_reach"
EVENT_COLUMNS = ("event_id", "visitor_id", "occurred_at", "known_at", *slow_sessions.CARRIED)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def arrivals() -> list[list[Row]]:
    return histories(visitors=300, batches=BATCHES, seed=20250301, days=14)


@pytest.fixture(scope="module")
def testers(arrivals: list[list[Row]]) -> list[Row]:
    """A third of the customers are the shop's own: a device may turn out to be theirs, and not to be theirs alone."""
    named = sorted({row["customer_id"] for batch in arrivals for row in batch if row["customer_id"]})
    return [{"customer_id": name, "is_test": True} for name in named[::3]]


@pytest.fixture(scope="module")
def in_batches(new_warehouse: Callable[[str], Throwaway], arrivals: list[list[Row]], testers: list[Row]) -> Throwaway:
    """One `dbt run` after each batch."""
    house = new_warehouse("in_batches")
    house.create("events", "customers")
    house.insert("customers", testers)
    for batch in arrivals:
        house.insert("events", batch)
        house.dbt("run", "--select", MADE_OF_EVENTS)
    return house


@pytest.fixture(scope="module")
def at_once(new_warehouse: Callable[[str], Throwaway], arrivals: list[list[Row]], testers: list[Row]) -> Throwaway:
    """Everything loaded, in another order, one full refresh."""
    house = new_warehouse("at_once")
    house.create("events", "customers")
    house.insert("customers", testers)
    for batch in reversed(arrivals):
        house.insert("events", batch)
    house.dbt("run", "--full-refresh", "--select", MADE_OF_EVENTS)
    return house


@pytest.fixture(scope="module")
def by_hand(arrivals: list[list[Row]]) -> dict[str, list[Row]]:
    events = slow_sessions.sessionize([row for batch in arrivals for row in batch])
    return {
        "int_events": [{name: event[name] for name in EVENT_COLUMNS} for event in events],
        "int_event_days": slow_sessions.event_days(events),
        "int_visitors": slow_sessions.visitors(events),
        "int_sessions": slow_sessions.sessions(events),
    }


def sorted_rows(rows: list[Row]) -> list[Row]:
    """In one order of rows and columns."""
    return sorted(({n: r[n] for n in sorted(r)} for r in rows), key=repr)


def test_the_histories_hold_what_is_hard(arrivals: list[list[Row]], by_hand: dict[str, list[Row]]) -> None:
    rows = [row for batch in arrivals for row in batch]
    assert all(len(batch) > 300 for batch in arrivals)
    assert sum(row["loaded_at"] is None for row in rows) > 100
    assert sum(not slow_sessions.is_usable(row) for row in rows) > 20
    assert sum(s["is_robot"] for s in by_hand["int_sessions"]) == 1
    assert sum(v["customer_count"] > 1 for v in by_hand["int_visitors"]) > 30
    versions = [row["event_id"] for row in rows if slow_sessions.is_usable(row)]
    assert len(versions) - len(by_hand["int_events"]) > 50


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_all_at_once_equals_the_slow_implementation(
    at_once: Throwaway, by_hand: dict[str, list[Row]], table: str
) -> None:
    assert sorted_rows(at_once.records(f"select * from intermediate.{table}")) == sorted_rows(by_hand[table])


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES + MADE_OF_SESSIONS)
def test_five_batches_equal_all_at_once(in_batches: Throwaway, at_once: Throwaway, table: str) -> None:
    query = f"select * from intermediate.{table}"
    expected = sorted_rows(at_once.records(query))
    assert len(expected) > 30
    assert sorted_rows(in_batches.records(query)) == expected


@pytest.mark.slow
def test_whose_a_session_is(in_batches: Throwaway, by_hand: dict[str, list[Row]]) -> None:
    found = dict(in_batches.rows("select session_id, customer_id from marts.fct_sessions"))
    assert found == slow_sessions.people(by_hand["int_sessions"], by_hand["int_visitors"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed", [{"session_gap_minutes": 10}, {"plausible_years": [1990, 2024]}], ids=["gap", "years"]
)
def test_changed_settings_draw_every_session_anew(
    at_once: Throwaway, arrivals: list[list[Row]], tmp_path: Path, changed: dict[str, Any]
) -> None:
    house = at_once.copy(tmp_path)
    house.dbt("run", "--select", MADE_OF_EVENTS, variables=changed)
    rows = [row for batch in arrivals for row in batch]
    events = slow_sessions.sessionize([] if "plausible_years" in changed else rows, timedelta(minutes=10))
    found = house.records("select * from intermediate.int_sessions")
    assert sorted_rows(found) == sorted_rows(slow_sessions.sessions(events))


@pytest.mark.slow
def test_another_rule_for_robots_judges_every_session_anew(
    at_once: Throwaway, by_hand: dict[str, list[Row]], tmp_path: Path
) -> None:
    house = at_once.copy(tmp_path)
    house.dbt("run", "--select", MADE_OF_EVENTS, variables={"robot_session_events": 5})
    robots = {s["session_id"] for s in by_hand["int_sessions"] if s["is_robot"] or s["event_count"] > 5}
    assert len(robots) > 10
    assert {i for (i,) in house.rows("select session_id from intermediate.int_sessions where is_robot")} == robots


@pytest.mark.slow
def test_other_bounds_and_test_customers_draw_funnels_and_paths_as_a_full_refresh_does(
    at_once: Throwaway, tmp_path: Path
) -> None:
    house = at_once.copy(tmp_path)
    tester = house.value("""
        select min(identified_customer_id) from intermediate.int_sessions
        where identified_customer_id not in (select customer_id from raw.customers)
    """)
    held = []
    for bounds in ({"path_days": 7, "funnel_window_days": 1}, {"path_days": 14, "funnel_window_days": 1}):
        house.dbt("run", "--select", MADE_OF_EVENTS, variables=bounds)
        held.append(_steps_and_attempts(house))
        house.sql(f"delete from raw.customers where customer_id = '{tester}'")
        house.insert("customers", [{"customer_id": tester, "is_test": True}])
    house.dbt("run", "--full-refresh", "--select", MADE_OF_EVENTS, variables=bounds)
    shorter, longer = held
    before = _steps_and_attempts(at_once)
    assert 100 < len(shorter[0]) < len(longer[0]) < len(before[0])
    assert len(longer[1]) < len(shorter[1]) == len(before[1])
    assert longer == _steps_and_attempts(house)


def _steps_and_attempts(house: Throwaway) -> list[list[Row]]:
    return [
        sorted_rows(house.records(f"select * from intermediate.{t}"))
        for t in ("int_visitor_steps", "int_funnel_attempts", "int_funnel_reach")
    ]


@pytest.mark.slow
def test_a_run_of_some_tables_leaves_what_arrived_to_the_next(
    at_once: Throwaway, arrivals: list[list[Row]], tmp_path: Path
) -> None:
    house = at_once.copy(tmp_path)
    late = next(row for batch in arrivals for row in batch if slow_sessions.is_usable(row))
    newcomer = {"event_id": "late", "anonymous_id": "newcomer", "loaded_at": datetime(2025, 6, 1)}
    house.insert("events", [late | newcomer])
    house.dbt("run", "--select", MADE_OF_EVENTS, "--exclude", "int_events__arrived")
    house.dbt("run", "--select", MADE_OF_EVENTS)
    assert house.value("select count(*) from intermediate.int_sessions where visitor_id = 'newcomer'") == 1


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["", "drop table intermediate.int_event_ids"], ids=["held", "lost"])
def test_an_older_version_is_found_by_its_id_whether_ids_are_held_or_lost(
    at_once: Throwaway, arrivals: list[list[Row]], tmp_path: Path, lost: str
) -> None:
    house = at_once.copy(tmp_path)
    sent_once = {i for (i,) in house.rows("select event_id from raw.events group by all having count(*) = 1")}
    rows = [row for batch in arrivals for row in batch if slow_sessions.is_usable(row)]
    first = next(row for row in rows if row["loaded_at"] and row["event_id"] in sent_once)
    later = {"page_path": "/corrected", "recorded_at": datetime(2025, 6, 1), "loaded_at": datetime(2025, 6, 1)}
    house.insert("events", [first | later])
    if lost:
        house.sql(lost)
    house.dbt("run", "--select", MADE_OF_EVENTS)
    pages = house.rows(f"select page_path from intermediate.int_events where event_id = '{first['event_id']}'")
    assert pages == [("/corrected",)]
    held = "select count(*), count(distinct loaded_at) from intermediate.int_event_ids"
    of_batches = "select count(*), count(distinct loaded_at) from staging.stg_events where loaded_at is not null"
    assert house.rows(held) == house.rows(of_batches)


@pytest.mark.slow
def test_a_run_of_some_tables_before_the_first_whole_one_keeps_the_others(at_once: Throwaway, tmp_path: Path) -> None:
    house = at_once.copy(tmp_path)
    house.sql("drop table intermediate.int_event_batches")
    before = house.value("select count(*) from intermediate.int_visit_days")
    house.dbt("run", "--select", "+int_sessions")
    assert house.value("select count(*) from intermediate.int_visit_days") == before > 100


@pytest.mark.slow
def test_a_refresh_tests_what_arrived_and_dbt_test_everything(
    at_once: Throwaway, arrivals: list[list[Row]], tmp_path: Path
) -> None:
    house = at_once.copy(tmp_path)
    late = next(row for batch in arrivals for row in batch if slow_sessions.is_usable(row))
    newcomer = {"event_id": "late", "anonymous_id": "newcomer", "loaded_at": datetime(2025, 6, 1)}
    house.insert("events", [late | newcomer])
    house.dbt("build", "--select", MADE_OF_EVENTS, "--indirect-selection", "cautious")
    refreshed, holding, once = (
        next((house.folder / "target" / "compiled").rglob(f"{test}*.sql")).read_text(encoding="utf-8")
        for test in ("unique_grain_int_sessions_", "sessions_hold_every_event", "unique_grain_int_events_")
    )
    twice = "insert into intermediate.int_sessions from intermediate.int_sessions where visitor_id = ({}) limit 1"
    house.sql(twice.format("select 'newcomer'"))
    assert len(house.rows(refreshed)) == len(house.rows(holding)) == 1
    house.sql("delete from intermediate.int_sessions where visitor_id = 'newcomer'")
    ((in_sessions, of_sessions, in_days, of_days),) = house.rows(holding)
    assert (of_sessions - in_sessions, of_days - in_days) == (1, 0)
    house.sql("update intermediate.int_event_days set event_count = 3 where visitor_id = 'newcomer'")
    assert [row[2] - row[3] for row in house.rows(holding)] == [2]
    assert house.rows(once) == []
    house.sql(
        "insert into intermediate.int_events__repeated by name "
        "select int_events.* from intermediate.int_events, range(2) where event_id = 'late'"
    )
    assert house.rows(once) == [("late", 2)]
    untouched = "visitor_id not in (select visitor_id from intermediate.int_events__arrived)"
    house.sql(twice.format(f"select min(visitor_id) from intermediate.int_sessions where {untouched}"))
    assert house.rows(refreshed) == []
    assert "FAIL 1 unique_grain_int_sessions" in house.dbt("test", "--select", "int_sessions", code=1)
