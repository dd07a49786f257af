"""Narration goes to stderr, data to stdout: a pipe sees only data."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

FIRST_WORD = 10.0  # seconds of work before anything is said
NEXT_WORD = 5.0  # seconds between two lines


def say(text: str) -> None:
    """One line of narration."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def narrated(words: Callable[[float], str]) -> Iterator[None]:
    """While the block runs: after ten seconds, and then every five, say `words(seconds so far)`."""
    ended = threading.Event()
    speaker = threading.Thread(target=_speak, args=(words, ended), daemon=True)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()


def progress(items: Iterable[T], label: str, total: int | None = None) -> Generator[T]:
    """Yield the items; after ten seconds, say every five seconds how far it is and what remains.

    Also while a single item takes long: the words do not wait for it.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    done = 0
    with narrated(lambda seconds: f"  {label}: {how_far(done, total, seconds)}"):
        for item in items:
            yield item
            done += 1


def how_far(done: int, total: int | None, seconds: float) -> str:
    """`3 of 12, about 40 s to go`; without a first item or a total, the time so far."""
    place = f"{done} of {total}" if total else f"{done}"
    if not done or not total:
        return f"{place}, {seconds:.0f} s so far"
    return f"{place}, about {seconds / done * (total - done):.0f} s to go"


def _speak(words: Callable[[float], str], ended: threading.Event) -> None:
    started, wait = time.monotonic(), FIRST_WORD
    while not ended.wait(wait):
        say(words(time.monotonic() - started))
        wait = NEXT_WORD
