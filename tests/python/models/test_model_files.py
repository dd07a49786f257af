"""Model files: the same bytes for the same model, and nothing but models inside."""

import io
import zipfile

import numpy as np
import pytest
import skops.io
from clm_ml.errors import DataRefused
from clm_ml.models import files
from clm_ml.models.calibration import Platt
from clm_ml.models.candidates import candidates_for
from clm_ml.models.ensemble import Ensemble

NAMES = ("recency_days", "typical_gap_days", "complaint_count_365d")
MODELS = [c for c in candidates_for(NAMES) if not c.is_rule]
RULES = [c for c in candidates_for(NAMES) if c.is_rule]


def people():
    rng = np.random.default_rng(0)
    features = rng.gamma(2, 30, (400, 3))
    features[rng.random(features.shape) < 0.1] = np.nan
    label = (np.nan_to_num(features[:, 0]) > 55).astype(float)
    return features, label


def fitted(candidate):
    features, label = people()
    members = tuple(candidate.fit(features, label, NAMES, seed) for seed in (1, 2))
    return Ensemble(candidate.name, NAMES, members, Platt(0.1, 1.2, (0.01, -0.002, 0.02)), (0, 1))


@pytest.mark.parametrize("candidate", MODELS, ids=lambda c: c.name)
def test_a_model_comes_back_as_it_went(candidate):
    features, _ = people()
    ensemble = fitted(candidate)
    again, reference = files.from_bytes(files.to_bytes(ensemble, features[:2]))
    assert np.array_equal(again.probability(features), ensemble.probability(features))
    assert all(
        np.array_equal(a, b) for a, b in zip(again.interval(features), ensemble.interval(features), strict=True)
    )
    assert np.array_equal(reference, features[:2], equal_nan=True)


@pytest.mark.parametrize("candidate", MODELS, ids=lambda c: c.name)
def test_the_same_model_has_the_same_bytes(candidate):
    features, _ = people()
    assert files.to_bytes(fitted(candidate), features[:2]) == files.to_bytes(fitted(candidate), features[:2])


@pytest.mark.parametrize("candidate", RULES, ids=lambda c: c.name)
def test_a_rule_fits_in_the_register(candidate):
    features, _ = people()
    ensemble = fitted(candidate)
    again, _ = files.from_state(files.to_state(ensemble, features[:2]))
    assert np.array_equal(again.probability(features), ensemble.probability(features))


class Sneaky:
    """Not a model."""


def test_what_is_no_model_is_refused():
    with pytest.raises(DataRefused, match="holds what no model needs"):
        files.from_bytes(skops.io.dumps({"format": 1, "reference": Sneaky()}))


def test_the_file_names_no_memory_address():
    features, _ = people()
    names = zipfile.ZipFile(io.BytesIO(files.to_bytes(fitted(MODELS[0]), features[:2]))).namelist()
    assert all(name == "schema.json" or int(name.split(".")[0]) < 10_000 for name in names)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    files.write("anna.skops", b"old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        files.write("anna.skops", b"new")
    assert (tmp_path / "anna.skops").read_bytes() == b"old"
