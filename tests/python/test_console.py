"""Narration: nothing while work is short, then how far it is and what remains, also while one item takes long."""

from __future__ import annotations

import time

import pytest
from clm_ml import console
from clm_ml.console import how_far, progress


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first word after 0.2 seconds, the next every 0.1."""
    monkeypatch.setattr(console, "FIRST_WORD", 0.2)
    monkeypatch.setattr(console, "NEXT_WORD", 0.1)


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(["a", "b"], "letters")) == ["a", "b"]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("fast")
def test_a_single_long_item_does_not_silence_it(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in progress(["a"], "letters"):
        time.sleep(0.5)
    said = capsys.readouterr().err.splitlines()
    assert len(said) >= 2
    assert said[0].strip().startswith("letters: 0 of 1")


@pytest.mark.usefixtures("fast")
def test_it_is_silent_once_the_work_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in progress(range(3), "numbers"):
        time.sleep(0.1)
    capsys.readouterr()
    time.sleep(0.4)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (3, 12, 10.0, "3 of 12, about 30 s to go"),
        (0, 12, 10.0, "0 of 12, 10 s so far"),
        (3, None, 10.0, "3, 10 s so far"),
    ],
)
def test_what_remains(done: int, total: int | None, seconds: float, said: str) -> None:
    assert how_far(done, total, seconds) == said
