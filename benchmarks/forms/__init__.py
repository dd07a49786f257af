"""The heavy steps as others write them, in SQL by hand, Polars and pandas: the fastest form that we could write."""

from __future__ import annotations

from benchmarks.forms import (
    cohorts,
    event_days,
    funnel_attempts,
    repeated_events,
    rfm,
    sessions,
    snapshots,
    visitor_steps,
)
from benchmarks.forms.step import HeavyStep

SESSIONS = sessions.STEP
OTHERS = (
    event_days.STEP,
    repeated_events.STEP,
    visitor_steps.STEP,
    funnel_attempts.STEP,
    snapshots.STEP,
    rfm.STEP,
    cohorts.STEP,
)
STEPS: dict[str, HeavyStep] = {step.model: step for step in (SESSIONS, *OTHERS)}
