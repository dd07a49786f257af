"""A simulated shop through the same commands: scores are held against the truth that no model reads."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

TEST_DATE = "2025-03-31"
SCORED_DATE = "2025-05-31"


def area_under_curve(pairs: list[tuple[float, int]]) -> float:
    """The probability that someone who churned has a higher value than someone who did not; ties count half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score([y for _, y in pairs], [p for p, _ in pairs]))


def test_scores_are_calibrated_and_rank_nearly_as_well_as_the_truth(commands, tmp_path):
    shop = commands("simulated")
    folder = tmp_path / "shop"
    shop.clm("simulate", "--customers", "6000", "--months", "24", "--seed", "31", "--out", str(folder))
    shop.clm("load", "contract", *sorted(str(f) for f in folder.glob("*.parquet")))
    shop.dbt("run", "-s", "+feat_customer__all", "+label_churn", "predictions", variables={"churn_horizon_days": 90})
    shop.clm("train", "churn", "--as-of", TEST_DATE)

    champion = shop.champion()
    slope, _, _ = shop.test_figure(champion, "calibration_slope")
    error, _, _ = shop.test_figure(champion, "ece")
    assert 0.8 <= slope <= 1.2
    assert error <= 0.03

    truth = area_under_curve(
        shop.rows(
            "select probability_no_order, is_churned from labels.label_churn "
            f"join '{folder}/truth/truth_customers.parquet' using (customer_id, as_of_date) "
            f"where is_churned is not null and as_of_date = '{TEST_DATE}'"
        )
    )
    model, _, _ = shop.test_figure(champion, "auc")
    assert truth - 0.02 <= model <= truth + 0.01, f"the truth ranks at {truth:.3f}, {champion} at {model:.3f}"

    shop.clm("score", "churn", "--as-of", SCORED_DATE)
    covered, there, count = shop.rows(
        "with held as (select probability_low - 1e-6 <= probability_no_order "
        "and probability_no_order <= probability_high + 1e-6 as is_covered, probability_no_order < 1 as is_there "
        f"from predictions.pred_churn join '{folder}/truth/truth_customers.parquet' using (customer_id, as_of_date) "
        f"where as_of_date = '{SCORED_DATE}') select avg(is_covered::int), "
        "avg(is_covered::int) filter (where is_there), count(*) from held"
    )[0]
    assert count > 3000
    assert 0.85 <= covered <= 0.97, f"90 % intervals hold {covered:.1%} of the true probabilities"
    assert 0.85 <= there <= 0.97, f"… {there:.1%} of those who are still there"
