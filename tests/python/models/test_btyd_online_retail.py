"""Online Retail II: after a year nobody can be told to have left, after 18 months they can (docs/models.md)."""

import os
from pathlib import Path

import pandas as pd
import pytest
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.customers import fit_orders
from throwaway import ROOT

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def days():
    """One row per customer and purchase day."""
    folder = Path(os.environ.get("CLM_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real files: {folder} is absent (CLM_REAL_DATA names the folder)")
    path = folder / "online_retail_ii" / "online_retail_II.csv.gz"
    columns = ["Invoice", "Quantity", "InvoiceDate", "Price", "Customer ID"]
    lines = pd.read_csv(path, usecols=columns, dtype={"Invoice": str})
    is_sale = ~lines["Invoice"].str.startswith("C") & (lines["Quantity"] > 0) & (lines["Price"] > 0)
    sales = lines[is_sale & lines["Customer ID"].notna()]
    day = pd.to_datetime(sales["InvoiceDate"].str[:10])
    return pd.DataFrame({"customer": sales["Customer ID"], "day": day}).drop_duplicates()


@pytest.mark.parametrize(
    ("as_of", "customers", "gain", "is_identified", "flat"),
    [
        ("2010-12-10", 4314, 6.9, False, ("a", "b")),
        ("2011-06-10", 4976, 317.0, True, ()),
        ("2011-09-10", 5281, 614.2, True, ()),
    ],
)
def test_whether_dropout_is_identified(days, as_of, customers, gain, is_identified, flat):
    end = pd.Timestamp(as_of)
    known = days[days["day"] <= end].groupby("customer")["day"].agg(["min", "max", "size"])
    frame = pd.DataFrame(
        {
            "frequency": known["size"] - 1,
            "recency": (known["max"] - known["min"]).dt.days,
            "age": (end - known["min"]).dt.days,
        }
    )
    fitted = fit_orders(frame, BgNbd)
    assert fitted.customers == customers
    assert fitted.dropout_gain == pytest.approx(gain, abs=0.05)
    assert fitted.dropout_is_identified is is_identified
    assert fitted.maximum.unknown == flat
    assert fitted.words().startswith("dropout is not identified") is not is_identified
