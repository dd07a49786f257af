"""Model files: skops (data, no code), the same bytes for the same model, read only with their registered hash."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from clm_ml.errors import DataRefused
from clm_ml.models.calibration import Platt
from clm_ml.models.candidates import restore
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.pace import Pace
from clm_ml.models.rows import Floats
from clm_ml.project import models_dir

FORMAT = 3
TRUSTED = (
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
_ID = re.compile(rb'"(\d{6,})(\.npy|\.npz)?"|"__id__": (\d+)')


def folder() -> Path:
    """Where the models of this warehouse are kept: beside its file, or in its folder."""
    return models_dir()


def write(name: str, content: bytes) -> None:
    """All of the file, or none of it."""
    folder().mkdir(parents=True, exist_ok=True)
    part = folder() / f".{name}.{os.getpid()}.part"
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, folder() / name)


def read(name: str, sha256: str) -> bytes:
    """The file's bytes. Raises DataRefused where it is missing or is not the registered one."""
    path = folder() / name
    if not path.is_file():
        raise DataRefused(
            f"the model file {name} is not in {folder()}", "run `clm-ml train`: it writes the file again"
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataRefused(
            f"the model file {name} is not the one that was registered (its SHA-256 differs): it is not opened",
            "run `clm-ml train`: it writes the file again",
        )
    return content


def is_intact(name: str | None, sha256: str | None) -> bool:
    """Whether the registered file is there, unchanged (a rule has no file)."""
    if name is None or sha256 is None:
        return True
    path = folder() / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def to_bytes(ensemble: Ensemble, reference: Floats) -> bytes:
    """The ensemble and the customers it is explained against."""
    return dump(to_state(ensemble, reference))


def from_bytes(content: bytes) -> tuple[Ensemble, Floats]:
    """Back again."""
    return from_state(load(content))


def dump(state: dict[str, Any]) -> bytes:
    """Lists, numbers, arrays and scikit-learn's estimators; the same bytes for the same state."""
    import skops.io

    return _same_bytes(skops.io.dumps(state))


def load(content: bytes) -> Any:
    """Back again; any type that is not on the list is refused."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.loads(content, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise DataRefused(f"the model file holds what no model needs: {error}", "run `clm-ml train`") from error


def to_state(ensemble: Ensemble, reference: Floats) -> dict[str, Any]:
    """Plain lists, numbers and arrays (and scikit-learn's trees)."""
    c = ensemble.calibrator
    return {
        "format": FORMAT,
        "algorithm": ensemble.algorithm,
        "names": list(ensemble.names),
        "members": [member.state() for member in ensemble.members],
        "left_out": list(ensemble.left_out),
        "refits": [scorer.state() for scorer in ensemble.refits],
        "calibrator": {"intercept": c.intercept, "slope": c.slope, "covariance": list(c.covariance)},
        "pace": None if ensemble.pace is None else asdict(ensemble.pace),
        "reference": [[None if np.isnan(v) else float(v) for v in person] for person in reference],
    }


def from_state(state: dict[str, Any]) -> tuple[Ensemble, Floats]:
    """An ensemble from its plain form."""
    if state["format"] != FORMAT:
        raise DataRefused(
            f"the model has format {state['format']}, this program reads {FORMAT}", "run `clm-ml train`"
        )
    c, algorithm = state["calibrator"], state["algorithm"]
    a, b, d = c["covariance"]
    ensemble = Ensemble(
        algorithm,
        tuple(state["names"]),
        tuple(restore(algorithm, member) for member in state["members"]),
        Platt(float(c["intercept"]), float(c["slope"]), (float(a), float(b), float(d))),
        tuple(int(fold) for fold in state["left_out"]),
        tuple(restore(algorithm, scorer) for scorer in state["refits"]),
        None if state["pace"] is None else Pace(**{name: float(value) for name, value in state["pace"].items()}),
    )
    return ensemble, np.array(state["reference"], dtype=float)


def _same_bytes(content: bytes) -> bytes:
    """skops names its parts by memory address and stamps them with the clock: number them, and stamp them alike."""
    source = zipfile.ZipFile(io.BytesIO(content))
    schema = source.read("schema.json")
    numbers: dict[bytes, int] = {}

    def renumber(match: re.Match[bytes]) -> bytes:
        number = numbers.setdefault(match[1] or match[3], len(numbers))
        return b'"__id__": %d' % number if match[3] else b'"%d%b"' % (number, match[2] or b"")

    schema = _ID.sub(renumber, schema)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {_renamed(name, numbers): name for name in source.namelist() if name != "schema.json"}
        for name in sorted(parts):
            _add(archive, name, source.read(parts[name]))
        _add(archive, "schema.json", schema)
    return target.getvalue()


def _renamed(name: str, numbers: dict[bytes, int]) -> str:
    stem, _, ending = name.partition(".")
    return f"{numbers[stem.encode()]}.{ending}"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
