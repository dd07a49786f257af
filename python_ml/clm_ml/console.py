"""Narration goes to stderr, data to stdout: a pipe sees only data."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")


def say(text: str) -> None:
    """One line of narration."""
    print(text, file=sys.stderr, flush=True)


def progress(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield the items; after ten seconds, say every five seconds how far it is and what remains."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    started = time.monotonic()
    next_word = started + 10
    for done, item in enumerate(items):
        now = time.monotonic()
        if now >= next_word and done:
            remaining = f", about {(now - started) / done * (total - done):.0f} s to go" if total else ""
            say(f"  {label}: {done}{f' of {total}' if total else ''}{remaining}")
            next_word = now + 5
        yield item
