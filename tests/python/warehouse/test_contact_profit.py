"""The contact rule of the marts is the contact rule of the program, on every scored customer."""

from __future__ import annotations

import numpy as np
import pytest
from clm_ml.models.contact import Terms
from throwaway import Throwaway

pytestmark = pytest.mark.slow


def test_sql_and_python_judge_alike(built_shop: Throwaway) -> None:
    terms = Terms(*map(float, built_shop.rows("select * from intermediate.int_contact_terms")[0]))
    rows = built_shop.records("select * from marts.fct_contact_profit where kept_value_amount is not null")
    value = np.array([float(row["kept_value_amount"]) for row in rows])
    probability = np.array([row["churn_probability"] for row in rows])
    profit, threshold = terms.profit(probability, value), terms.threshold(value)
    assert np.abs(profit - np.array([float(row["expected_profit_amount"]) for row in rows])).max() <= 0.00006
    told = np.array([np.nan if (t := row["contact_from_probability"]) is None else t for row in rows])
    assert np.allclose(threshold, told, rtol=0, atol=1e-12, equal_nan=True)
    worth = np.array([row["is_worth_contacting"] for row in rows])
    assert (worth == (np.round(profit, 4) > 0)).all()
    assert 0 < worth.sum() < len(worth)


def test_who_bought_nothing_in_a_year_is_judged_unknown_and_nobody_erased_is_there(built_shop: Throwaway) -> None:
    erased = "customer_id in (select customer_id from raw.erasure_requests)"
    unknown, everyone, gone = built_shop.rows(
        f"select count(*) filter (kept_value_amount is null), count(*), count(*) filter ({erased}) "
        "from marts.fct_contact_profit"
    )[0]
    assert 0 < unknown < everyone
    assert gone == 0
