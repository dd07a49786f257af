"""What a load did, as a short table for people."""

from __future__ import annotations

from collections.abc import Sequence

from clm_ml.load.ledger import FileResult

_COUNTS = ("line_count", "header_count", "blank_count", "accepted_count", "quarantined_count", "duplicate_count")


def as_table(files: Sequence[FileResult]) -> str:
    """One line per file with its counts, then the rows that each raw table gained."""
    head = ["file", *(c.removesuffix("_count") for c in _COUNTS)]
    lines = [head, *(_line(f) for f in files)]
    rows = _rows_per_table(files)
    tables = [["raw table", "rows added"], *([f"raw.{name}", f"{count:,}"] for name, count in rows.items())]
    return "\n".join([*_aligned(lines), "", *_aligned(tables)]) if rows else "\n".join(_aligned(lines))


def _line(result: FileResult) -> list[str]:
    if result.status != "loaded":
        return [result.file_name, result.status]
    return [result.file_name, *(f"{getattr(result, c):,}" for c in _COUNTS)]


def _rows_per_table(files: Sequence[FileResult]) -> dict[str, int]:
    names = dict.fromkeys(name for f in files for name in f.rows)
    return {name: sum(f.rows.get(name, 0) for f in files) for name in names}


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(len(lines[0]))]
    return ["  ".join(_pad(text, widths[at], at) for at, text in enumerate(line)).rstrip() for line in lines]


def _pad(text: str, width: int, at: int) -> str:
    return text.ljust(width) if at == 0 else text.rjust(width)
