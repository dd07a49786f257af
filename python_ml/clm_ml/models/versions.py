"""What a run is made of besides its data: the program's own sources and the packages that compute."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

from clm_ml import __version__


def code_version(task_file: str) -> str:
    """The program's version and a hash of the sources that decide a model: this room's and the task's own file."""
    digest = hashlib.sha256()
    room = Path(__file__).parent
    for path in (*sorted(room.rglob("*.py"), key=lambda p: p.relative_to(room).as_posix()), Path(task_file)):
        digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def packages(*more: str) -> dict[str, str]:
    """The versions of what computes the figures."""
    names = ("numpy", "scipy", "sklearn", "skops", *more)
    return {name: str(importlib.import_module(name).__version__) for name in names}
