"""The tests that guard money, labels, grain and privacy: a bad row is planted, and the named test turns red."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Plant:
    """A bad row, and the test that must find it: its name, its model, and words of its condition."""

    sql: str
    test: str
    model: str = ""
    words: str = ""


NOT_ELIGIBLE = "customer_id = (select min(customer_id) from labels.label_churn where not is_eligible)"
AN_ORDER = "order_id = (select min(order_id) from marts.fct_orders where is_valid)"
A_BUYER = "select min(customer_id) from marts.fct_orders where is_valid"
# a score of 1/2 whose contributions add up: only what is said after it is wrong
AN_EXPLAINED_SCORE = (
    "update predictions.pred_churn set churn_probability = 0.5, churn_log_odds = 0, baseline_log_odds = -0.5, "
    "season_contribution = 0, other_contribution = 0, "
    "reason_1_topic = 'a', reason_1_contribution = 0.7, reason_2_topic = 'b', reason_2_contribution = -0.3, "
    "reason_3_topic = 'c', reason_3_contribution = 0.1"
)
# of one of the customers that are looked at: the same period twice, with fewer purchase days than none
A_BAD_SEQUENCE = (
    "create or replace view features.feat_customer__sequence as select 'C000155' as customer_id, "
    "date '2025-01-31' as as_of_date, 1 as period_number, -1 as purchase_days, 0 as net_revenue_amount, "
    "0 as visit_days, 0 as event_count, 0 as product_view_count, 0 as cart_count, 0 as message_count, "
    "0 as opened_count, 0 as clicked_count, 0 as ticket_count, 0 as complaint_count, 0 as review_count from range(2)"
)
_SCORED = [
    f"where customer_id = (select customer_id from predictions.pred_churn order by customer_id limit 1 offset {i})"
    for i in (5, 6, 7, 8)
]
PLANTS = {
    "a customer's day twice": Plant(
        "insert into intermediate.int_customer_days select * from intermediate.int_customer_days limit 1",
        "unique_grain", "int_customer_days",
    ),
    "a customer's snapshot twice": Plant(
        "insert into intermediate.int_snapshots select * from intermediate.int_snapshots limit 1",
        "unique_grain", "feat_customer__rfm",
    ),
    "a period of a sequence twice": Plant(A_BAD_SEQUENCE, "unique_grain", "feat_customer__sequence"),
    "a sequence below nothing": Plant(A_BAD_SEQUENCE, "holds", "feat_customer__sequence", "purchase_days"),
    "a label without its customer": Plant(
        "insert into labels.label_future_value by name select date '2025-01-31' as as_of_date",
        "unique_grain", "label_future_value",
    ),
    "a label of somebody who was not eligible": Plant(
        f"update labels.label_churn set is_churned = 1 where not is_eligible and {NOT_ELIGIBLE}",
        "holds", "label_churn", "is_eligible",
    ),
    "somebody who churned and came back": Plant(
        "update labels.label_churn set return_day_count = 1 where is_churned = 1",
        "holds", "label_churn", "return_day_count",
    ),
    "a refusal without a reason": Plant(
        "insert into predictions.ml_gates values ('churn', 'customers', 187, 200, false, null, null)",
        "holds", "ml_gates", "reason is null",
    ),
    "a gate that is passed with too few": Plant(
        "insert into predictions.ml_gates values ('churn', 'history', 0, 1, true, null, null)",
        "holds", "ml_gates", "found_count >= needed_count",
    ),
    "a bin twice": Plant(
        "insert into predictions.ml_feature_bins select 'v1', 'recency_days', 1, null, null, n "
        "from range(1, 3) as r(n)",
        "unique_grain", "ml_feature_bins",
    ),
    "a drift that was not measured, in a band": Plant(
        "insert into quality.fct_feature_drift by name select 'v1' as model_version, 'recency_days' as feature_name, "
        "'stable' as drift_band",
        "holds", "fct_feature_drift", "drift_band is null",
    ),
    "a past score that is no probability": Plant(
        "insert into quality.fct_score_calibration by name select 'v1' as model_version, "
        "date '2024-01-31' as as_of_date, 10 as customer_count, 5 as churned_count, "
        "1.2 as mean_probability, 0.2 as brier_score",
        "holds", "fct_score_calibration", "mean_probability",
    ),
    "a score twice": Plant(
        "insert into predictions.pred_churn select * from predictions.pred_churn limit 1",
        "unique_grain", "pred_churn",
    ),
    "contributions that miss the score": Plant(
        f"{AN_EXPLAINED_SCORE.replace('other_contribution = 0,', 'other_contribution = 1e-6,')} {_SCORED[0]}",
        "holds", "pred_churn", "baseline_log_odds",
    ),
    "log odds of another probability": Plant(
        f"{AN_EXPLAINED_SCORE.replace('churn_probability = 0.5', 'churn_probability = 0.51')} {_SCORED[1]}",
        "holds", "pred_churn", "exp(",
    ),
    "a contribution without its reason": Plant(
        f"{AN_EXPLAINED_SCORE}, reason_3 = null {_SCORED[2]}",
        "holds", "pred_churn", "reason_3_topic",
    ),
    "reasons that lack everything else": Plant(
        f"{AN_EXPLAINED_SCORE.replace('other_contribution = 0', 'other_contribution = null')} {_SCORED[3]}",
        "holds", "pred_churn", "other_contribution is not null",
    ),
    "a contact that loses money": Plant(
        "update marts.fct_contact_profit set is_worth_contacting = true where expected_profit_amount < -1",
        "holds", "fct_contact_profit", "contact_from_probability",
    ),
    "a profit where no value is known": Plant(
        "update marts.fct_contact_profit set kept_value_amount = null where is_worth_contacting is not null",
        "holds", "fct_contact_profit", "kept_value_amount",
    ),
    "a month that is not over, at 0": Plant(
        "update marts.fct_cohort_retention_by set retained_count = 0, retention_rate = 0 "
        "where not is_matured and dimension = 'all'",
        "holds", "fct_cohort_retention", "is_matured = (retained_count is not null)",
    ),
    "more retained than there were": Plant(
        "update marts.fct_cohort_retention_by set retention_rate = 1.01 "
        "where periods_since = 1 and is_matured and dimension = 'all'",
        "holds", "fct_cohort_retention", "between 0 and 1",
    ),
    "a month of a split that is not over, at 0": Plant(
        "update marts.fct_cohort_retention_by set retained_count = 0, retention_rate = 0 "
        "where not is_matured and dimension = 'channel'",
        "holds", "fct_cohort_retention_by", "is_matured = (retained_count is not null)",
    ),
    "a split that loses a customer": Plant(
        "update marts.fct_cohort_retention_by set cohort_size = cohort_size + 1 "
        "where dimension = 'country' and period_type = 'week' and periods_since = 1",
        "cohort_splits_add_up",
    ),
    "a mean of rates instead of sum over sum": Plant(
        "update marts.fct_retention_overall set retention_rate = 0.99 where periods_since = 1",
        "overall_retention_sums_matured_cohorts",
    ),
    "a day that is not over, called matured": Plant(
        "insert into marts.fct_nday_retention by name select * replace (date '2030-01-01' as cohort_date) "
        "from marts.fct_nday_retention where is_matured limit 1",
        "no_immature_cell_has_a_rate",
    ),
    "a day that is not over, at 0": Plant(
        "update marts.fct_nday_retention set is_matured = false where n = 60 and is_matured",
        "holds", "fct_nday_retention", "is_matured = (retained_count is not null)",
    ),
    "unbounded below bounded": Plant(
        "update marts.fct_nday_retention set retained_count = -1 where kind = 'unbounded' and n = 3 and is_matured",
        "unbounded_retention_is_never_below_bounded",
    ),
    "unbounded rises": Plant(
        "update marts.fct_nday_retention set retention_rate = 1 where kind = 'unbounded' and n = 7 and is_matured",
        "unbounded_retention_never_rises",
    ),
    "a bracket that is not over, at 0": Plant(
        "update marts.fct_bracket_retention set is_matured = false where first_day = 1 and is_matured",
        "holds", "fct_bracket_retention", "is_matured = (retained_count is not null)",
    ),
    "more churned than there were": Plant(
        "update marts.fct_churn_rate set churned_count = active_start_count + 1 where is_matured",
        "holds", "fct_churn_rate", "churned_count between 0 and active_start_count",
    ),
    "a churn rate of nobody": Plant(
        "update marts.fct_churn_rate set churn_rate = 0 where active_start_count = 0",
        "holds", "fct_churn_rate", "(churn_rate is not null) = (is_matured and active_start_count > 0)",
    ),
    "a lapsed customer who is active": Plant(
        "update intermediate.int_active_spans set active_to_date = date '2030-01-01' "
        "where churn_basis = 'activity' and active_to_date < date '2025-01-01'",
        "active_spans_agree_with_states",
    ),
    "two states on one day": Plant(
        "insert into marts.fct_customer_states by name select * replace (valid_from_date - 1 as valid_from_date) "
        "from marts.fct_customer_states where lifecycle_state = 'lapsed' limit 1",
        "states_cover_every_day",
    ),
    "an interval that ends before it begins": Plant(
        "update marts.fct_customer_states set valid_to_date = valid_from_date where lifecycle_state = 'loyal'",
        "holds", "fct_customer_states", "valid_to_date > valid_from_date",
    ),
    "at risk, and new again": Plant(
        "update marts.fct_customer_states set lifecycle_state = 'new' where previous_state = 'at_risk'",
        "holds", "fct_customer_states", "previous_state",
    ),
    "a move that is not allowed": Plant(
        "update intermediate.int_customer_states set lifecycle_state = 'new' where previous_state = 'lapsed'",
        "holds", "int_customer_states", "previous_state",
    ),
    "a move in the feed that is not allowed": Plant(
        "insert into marts.fct_state_changes by name select customer_id, date '2025-06-02' as changed_date, "
        "'active' as from_state, 'lead' as to_state, 'time' as triggered_by from marts.dim_customers limit 1",
        "holds", "fct_state_changes", "from_state",
    ),
    "somebody who asked to be erased, in the feed": Plant(
        "insert into marts.fct_state_changes by name select customer_id, date '2025-06-01' as changed_date, "
        "'lead' as from_state, 'new' as to_state, 'first_order' as triggered_by from raw.erasure_requests limit 1",
        "state_changes_respect_people",
    ),
    "a head too many in a row of the matrix": Plant(
        "update marts.fct_state_transitions set from_count = from_count + 1 "
        "where is_matured and from_state = 'lapsed' and to_state = 'lapsed'",
        "transitions_add_up",
    ),
    "a month of the matrix that is not over, at 0": Plant(
        "update marts.fct_state_transitions set customer_count = 0 where not is_matured",
        "holds", "fct_state_transitions", "is_matured = (customer_count is not null)",
    ),
    "a stock that the intervals do not hold": Plant(
        "update marts.fct_state_transitions set from_count = from_count + 7 "
        "where not is_matured and from_state = 'active'",
        "states_agree_with_transitions",
    ),
    "a range that does not hold its forecast": Plant(
        "update marts.fct_state_forecast set expected_high_count = expected_count - 1 where past_forecast_count >= 5",
        "holds", "fct_state_forecast", "between expected_low_count and expected_high_count",
    ),
    "a forecast that loses customers": Plant(
        "update marts.fct_state_forecast set expected_count = expected_count + 1 where months_ahead = 3",
        "forecast_keeps_every_customer",
    ),
    "a customer dormant twice": Plant(
        "update marts.fct_growth_accounting set dormant_count = dormant_count + 1 where period_type = 'week'",
        "holds", "fct_growth_accounting", "resurrected_count - dormant_count",
    ),
    "a period that is not over, at 0": Plant(
        "update marts.fct_growth_accounting set active_count = 0 where not is_matured",
        "holds", "fct_growth_accounting", "is_matured = (active_count is not null)",
    ),
    "a period left out": Plant(
        "delete from marts.fct_growth_accounting where period_type = 'day' and period_start_date = date '2024-11-11'",
        "growth_adds_up",
    ),
    "a cent gained from nowhere": Plant(
        "update marts.fct_revenue_growth set expansion_amount = expansion_amount + 0.01 where is_matured",
        "holds", "fct_revenue_growth", "contraction_amount - churned_amount",
    ),
    "revenue of a period that is not over, at 0": Plant(
        "update marts.fct_revenue_growth set revenue_amount = 0 where not is_matured",
        "holds", "fct_revenue_growth", "is_matured = (revenue_amount is not null)",
    ),
    "gross retention above net": Plant(
        "update marts.fct_revenue_growth set gross_retained_amount = net_retained_amount + 1 where is_matured",
        "holds", "fct_revenue_growth", "gross_retained_amount <= net_retained_amount",
    ),
    "a referral of oneself, taken for one": Plant(
        "insert into marts.fct_referrals by name select 'x' as customer_id, 'x' as referrer_customer_id, "
        "'valid' as referral_status, true as is_valid, false as has_bought",
        "holds", "fct_referrals", "referral_status = 'self'",
    ),
    "a cent too much in an order": Plant(
        f"update marts.fct_orders set net_revenue_amount = net_revenue_amount + 0.01 where {AN_ORDER}",
        "holds", "fct_orders", "case when is_sale then gross_amount",
    ),
    "a valid order that is no sale": Plant(
        f"update marts.fct_orders set is_sale = false where {AN_ORDER}",
        "holds", "fct_orders", "not is_valid or is_sale",
    ),
    "orders and customers' days a cent apart": Plant(
        "select 1",  # the cent of above
        "customer_days_add_up_to_orders",
    ),
    "a credit too much": Plant(
        "update marts.fct_order_touches set linear_credit = linear_credit / 2 where touch_kind = '(none)'",
        "attribution_adds_up_to_orders",
    ),
    "a new customer of no cohort": Plant(
        "update marts.fct_channel_economics set customer_count = customer_count + 1 where customer_count > 0",
        "channels_acquire_every_cohort",
    ),
    "a customer who brought a cent too much": Plant(
        "update marts.fct_customer_value set historic_clv_amount = historic_clv_amount + 0.01",
        "customer_value_adds_up_to_orders",
    ),
    "more satisfied than rated": Plant(
        "update marts.fct_service_quality set satisfied_count = rated_count + 1 where is_matured",
        "holds", "fct_service_quality", "satisfied_count <= rated_count",
    ),
    "a complaint rate of a month that is not over": Plant(
        "update marts.fct_voice_of_customer set complaint_rate = 0 where not is_matured",
        "holds", "fct_voice_of_customer", "is_matured or complaint_rate is null",
    ),
    "a raw row that is nowhere": Plant(
        "update quality.fct_row_conservation set raw_row_count = raw_row_count + 1 where table_name = 'refunds'",
        "holds", "fct_row_conservation", "accepted_count + duplicate_count + quarantined_count",
    ),
    "a feature younger than its date": Plant(
        "update intermediate.int_snapshots set last_purchase_date = as_of_date + 1 "
        "where last_purchase_date = as_of_date",
        "snapshots_see_no_later_day",
    ),
    "an event in no session": Plant(
        "delete from intermediate.int_sessions where session_id in (select max(session_id) from marts.fct_sessions)",
        "sessions_hold_every_event",
    ),
    "a scored customer without a score": Plant(
        "update marts.dim_customers set churn_probability = null where is_scored",
        "holds", "dim_customers", "churn_probability is not null",
    ),
    "a funnel that widens": Plant(
        "update marts.fct_funnel set entered_count = entered_count + 1 where is_matured and step_number = 3",
        "funnel_steps_add_up",
    ),
    "a funnel whose window is open, at 0": Plant(
        "update marts.fct_funnel set entered_count = 0 where not is_matured",
        "holds", "fct_funnel", "is_matured = (entered_count is not null)",
    ),
    "more people in a week than in a month": Plant(
        "update marts.fct_engagement_daily set wau = mau + 1 where mau is not null",
        "holds", "fct_engagement_daily", "mau >= wau",
    ),
    "a month's active customers that are not its distribution's": Plant(
        "update marts.fct_engagement_distribution set customer_count = customer_count + 1 where active_day_count = 1",
        "engagement_distribution_adds_up",
    ),
    "a distribution of a month that is not over": Plant(
        "update marts.fct_engagement_distribution set customer_count = 0 where not is_matured",
        "holds", "fct_engagement_distribution", "is_matured = (customer_count is not null)",
    ),
    "probabilities that add up to a half": Plant(
        "insert into marts.fct_event_transitions by name select 'login' as from_event_type, "
        "'hover' as to_event_type, 1 as transition_count, 2 as from_count, 0.5 as transition_probability",
        "paths_add_up",
    ),
    "a probability of 1.2": Plant(
        "insert into marts.fct_page_transitions by name select '/' as from_page, '/shoes' as to_page, "
        "6 as transition_count, 5 as from_count, 1.2 as transition_probability",
        "holds", "fct_page_transitions", "between 0 and 1",
    ),
    "an answer before the question": Plant(
        "update marts.fct_service_quality set first_response_hours_median = -1 where answered_count > 0",
        "holds", "fct_service_quality", "first_response_hours_median between 0",
    ),
    "a month that is not over, with an answer": Plant(
        "insert into marts.fct_service_quality by name select date '2040-01-01' as service_month, "
        "'planted' as category, 1 as answered_count, false as is_matured",
        "holds", "fct_service_quality", "is_matured or (answered_count is null",
    ),
    "a cart of somebody who bought since": Plant(
        f"insert into marts.fct_abandoned_carts by name select 'planted' as session_id, ({A_BUYER}) as customer_id, "
        "timestamp '2000-01-01' as carted_at, true as is_matured, false as can_email, true as can_sms, "
        "false as is_contactable, true as is_newest_cart",
        "nobody_who_bought_is_reminded_of_a_cart",
    ),
    "a cart that is mature without a time": Plant(
        "select 1",  # the cart of above
        "holds", "fct_abandoned_carts", "is_matured = (abandoned_at is not null)",
    ),
    "somebody who can be reached and is said not to be": Plant(
        "select 1",  # the cart of above
        "holds", "fct_abandoned_carts", "is_contactable = (can_email or can_sms)",
    ),
    "a sign that is younger than its date": Plant(
        "update features.feat_customer__signs set long_gap_since_date = as_of_date + 1 "
        "where long_gap_since_date is not null",
        "holds", "feat_customer__signs", "as_of_date",
    ),
    "a sign that nobody counted": Plant(
        "update marts.fct_early_signs set sign_count = 0 where newest_sign_date is not null",
        "holds", "fct_early_signs", "sign_count between 0 and 6",
    ),
    "a lift outside its interval": Plant(
        "update quality.fct_early_sign_lift set lift_ratio = lift_ratio_high + 1 where lift_ratio is not null",
        "holds", "fct_early_sign_lift", "between lift_ratio_low and lift_ratio_high",
    ),
    "a span of a sign that ends before it begins": Plant(
        "update intermediate.int_sign_spans set to_date = from_date - 1 where sign_name = 'ticket'",
        "holds", "int_sign_spans", "to_date > from_date",
    ),
    "a step of the funnel that is none": Plant(
        "update intermediate.int_funnel_attempts set visitor_step = 6 where visitor_step = 1",
        "holds", "int_funnel_attempts", "visitor_step between 1 and 5",
    ),
    "an RFM score of 6": Plant(
        "update marts.fct_customer_rfm set r_score = 6 where r_score = 5",
        "holds", "fct_customer_rfm", "between 1 and 5",
    ),
    "a segment twice": Plant(
        "insert into predictions.pred_segment select * from predictions.pred_segment limit 1",
        "unique_grain", "pred_segment",
    ),
    "a segment that no run has": Plant(
        "update predictions.ml_segments set segment_name = 'renamed' where segment_id = 2",
        "segments_have_one_name",
    ),
    "two segments of one name": Plant(
        "insert into predictions.ml_segments by name select * replace (9 as segment_id) "
        "from predictions.ml_segments where segment_id = 1",
        "unique_grain", "ml_segments", "segment_name",
    ),
    "a move lost": Plant(
        "update marts.fct_segment_moves set customer_count = customer_count - 1, from_count = from_count - 1 "
        "where customer_count > 2 and from_segment_name = 'one order'",
        "segment_moves_add_up",
    ),
    "more moved than there were": Plant(
        "update marts.fct_segment_moves set from_count = 0 where from_segment_name = 'two orders'",
        "holds", "fct_segment_moves", "customer_count between 1 and from_count",
    ),
    "somebody who neither came nor was there": Plant(
        "update marts.fct_segment_moves set to_segment_name = '(gone)' where from_segment_name = '(arrived)'",
        "holds", "fct_segment_moves", "(arrived)",
    ),
    "a cent too many in a segment": Plant(
        "update marts.fct_segment_profile set net_revenue_365d_amount = net_revenue_365d_amount + 0.01 "
        "where segment_id = 3",
        "segment_profiles_add_up",
    ),
    "more unusual than there are": Plant(
        "update marts.fct_segment_profile set unusual_count = customer_count + 1 where segment_id = 1",
        "holds", "fct_segment_profile", "unusual_count between 0 and customer_count",
    ),
    "a segment's churn before it has matured": Plant(
        "update marts.fct_segment_profile set churn_rate = 0 where not is_matured",
        "holds", "fct_segment_profile", "churn_rate is null",
    ),
    "an outcome that has not matured, at 0": Plant(
        "update quality.fct_segment_outcomes set churned_count = 0 where not is_matured",
        "holds", "fct_segment_outcomes", "is_matured = (churned_count is not null)",
    ),
    "more of a segment churned than could": Plant(
        "update quality.fct_segment_outcomes set churned_count = eligible_count + 1 where is_matured",
        "holds", "fct_segment_outcomes", "churned_count between 0 and eligible_count",
    ),
}  # fmt: skip


def failing(house: Throwaway, code: int) -> list[dict[str, Any]]:
    """The data tests that do not pass."""
    house.dbt("test", "--select", "test_type:data", code=code, artifacts=True)
    tests = house.manifest()["nodes"]
    results = json.loads((house.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    results = [r for r in results if r["unique_id"].startswith("test.")]  # not the on-run-start hooks
    assert len(results) > 100
    return [tests[r["unique_id"]] for r in results if r["status"] != "pass"]


def test_every_test_passes_on_a_random_shop(built_shop: Throwaway) -> None:
    assert [t["name"] for t in failing(built_shop, code=0)] == []


@pytest.fixture(scope="module")
def red(built_shop: Throwaway, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The tests that fail once every bad row is planted."""
    house = built_shop.copy(tmp_path_factory.mktemp("planted"))
    for plant in PLANTS.values():
        house.sql(plant.sql)
    return failing(house, code=1)


def is_meant(plant: Plant, test: dict[str, Any]) -> bool:
    if not plant.model:
        return test["name"] == plant.test
    arguments = json.dumps(test["test_metadata"]["kwargs"]) if test.get("test_metadata") else ""
    is_same = bool(arguments) and test["test_metadata"]["name"] == plant.test
    return is_same and test["attached_node"] == f"model.clm.{plant.model}" and plant.words in arguments


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_row_turns_its_test_red(red: list[dict[str, Any]], name: str) -> None:
    assert any(is_meant(PLANTS[name], test) for test in red), sorted(t["name"] for t in red)


@pytest.mark.parametrize(
    "change",
    [
        "churn_probability = 1.7",
        "churn_probability = null",
        "probability_low = -0.1",
        "risk_band = 'severe'",
        "customer_id = null",
        "as_of_date = null",
        "model_version = null",
    ],
)
def test_the_table_itself_refuses_a_bad_score(built_shop: Throwaway, tmp_path: Path, change: str) -> None:
    house = built_shop.copy(tmp_path)
    column, value = change.split(" = ")
    names = [r[0] for r in house.rows("select column_name from (describe predictions.pred_churn)")]
    selected = ", ".join(f"{value} as {n}" if n == column else n for n in names)
    with pytest.raises(duckdb.ConstraintException):
        house.sql(f"insert into predictions.pred_churn select {selected} from predictions.pred_churn limit 1")


def test_nobody_who_asked_to_be_erased_is_on_the_watchlist(
    built_shop: Throwaway, predict: Callable[[Throwaway], None]
) -> None:
    erased = "select customer_id from raw.erasure_requests"
    scored = f"select count(*) from predictions.pred_churn where customer_id in ({erased})"
    assert built_shop.value(scored) > 0
    assert built_shop.value("select count(*) from marts.audience_churn_watchlist") > 20
    watched = f"select customer_id from marts.audience_churn_watchlist where customer_id in ({erased})"
    assert built_shop.rows(watched) == []
