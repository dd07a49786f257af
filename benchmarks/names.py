"""The only model names the benchmarks know, the targets, and the reasons where a target is missed.

Everything else (which models there are, their parents, their grain, what they took) is read from dbt's own artifacts.
"""

from __future__ import annotations

# ---- models
ACCEPTED_EVENTS = "int_events"  # one row per event that sessions are made from
SESSION_MODELS = ("int_sessions",)  # what makes sessions from accepted events
EVENT_VERSIONS = "stg_events"  # one row per version of an event
REPEATED_EVENTS = "int_events__repeated"  # the version that counts of those with several
EVENT_DAYS = "int_event_days"  # what a visitor did on a day
VISITS = "int_visits"  # sessions but robots', with whose they are
VISIT_SETTINGS = "int_visit_settings"  # the first day of visits whose steps are held
VISITOR_STEPS = "int_visitor_steps"  # what followed what within visits
FUNNEL_ATTEMPTS = "int_funnel_attempts"  # how far each visit went
CUSTOMER_DAYS = "int_customer_days"  # what a customer did on a day, by the day it became known
DAYS = "int_days"  # the calendar, with as-of dates
SNAPSHOT_MODELS = (
    "int_customer_day_spans",
    "int_snapshots__fingerprints",
    "int_snapshots__due",
    "int_snapshots",
)  # what makes them from these two and the customers
RFM_FEATURES = "feat_customer__rfm"  # what customers are ranked by
RFM = "fct_customer_rfm"  # their scores and segments
RFM_SEGMENTS = "rfm_segments"  # a reference list: the segment of each code
PURCHASE_DAYS = "int_purchase_days"  # days on which a customer bought
ACTIVE_DAYS = "int_active_days"  # days on which a customer was active
CUSTOMERS = "int_customers"  # who they are, and the day they became known
TODAY = "int_watermark"  # the last day that is complete
COHORT_MODELS = (
    "int_cohort_members",
    "int_cohort_counts",
    "int_retention_periods",
    "fct_cohort_retention_by",
)
ACTIVITY_TYPES = "activity_types"  # a reference list: what a type of event counts as

# ---- rooms: the first folder below models/
MARTS = "marts"
COMPARED_SCHEMAS = ("features", "labels", "marts", "quality")  # a refresh must give what a full refresh gives

# ---- where a model's grain is not in its input: the first of these that is, is what its input is sorted by
KEYS = ("visitor_id", "anonymous_id", "customer_id", "order_id", "session_id", "event_id")

# ---- targets, all ratios of CPU seconds
HEAVY_SHARE = 0.02  # a model above this share of all models' time is heavy
MODEL_TO_LIMIT = 3.0  # a heavy model against scan + sort + write
SESSIONS_TO_PASS = 2.0  # making the sessions against one window pass that carries what sessions need
SESSIONS_TO_SQL = 1.0  # the same against hand-written SQL without dbt
RUN_TO_STATEMENTS = 1.3  # dbt beyond its fixed cost against the statements it runs
GROWTH = 1.05  # exponent: time grows no faster than size ** 1.05
REFRESH_TO_FULL = 0.05  # a refresh beyond its fixed cost against the full build beyond its own
SCORE_TO_PREDICT = 2.0  # clm-ml score beyond its start against bare predictions, intervals and reasons
TRAIN_TO_FIT = 2.0  # clm-ml train beyond its start against the bare fits

# ---- why a model may take more than MODEL_TO_LIMIT: model name to one sentence
REASONS: dict[str, str] = {
    "int_snapshots": "a day enters a snapshot and leaves three windows: four rows are grouped for one that is read",
}

# what marts read instead of events: the tables that lifecycle, retention and value begin with
SMALL = ("int_customer_days", "int_sessions")
