"""The heavy steps as others write them, in SQL by hand, Polars and pandas: the fastest form that we could write."""

from __future__ import annotations

from benchmarks.forms import event_days, repeated_events, sessions, snapshots, visitor_steps
from benchmarks.forms.step import HeavyStep

SESSIONS = sessions.STEP
OTHERS = (event_days.STEP, repeated_events.STEP, visitor_steps.STEP, snapshots.STEP)
STEPS: dict[str, HeavyStep] = {step.model: step for step in (SESSIONS, *OTHERS)}
