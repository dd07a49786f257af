"""`python -m benchmarks`, from the project's folder: measure everything and write benchmarks/report.md and .json."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from clm_ml.console import say

from benchmarks import hundred_million, report
from benchmarks.bench import Bench
from benchmarks.measure import ROOT
from benchmarks.plan import SECTIONS, Settings, run

SIZES = [1_000_000, 3_000_000, 10_000_000]
QUICK_SIZES = [30_000, 100_000]
LARGE = 100_000_000

EXAMPLES = """examples:
  python -m benchmarks --quick
  python -m benchmarks --events 1000000 3000000 10000000
  python -m benchmarks --events 1000000 --only sessions models --repeats 5
  python -m benchmarks --memory-test --events 100000000
"""


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the project in ratios inside one run, and say which targets are met.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, nargs="+", metavar="N", help="sizes; default 1, 3 and 10 million")
    parser.add_argument("--quick", action="store_true", help="a smoke test: two tiny sizes, nothing repeated")
    parser.add_argument("--repeats", type=int, default=3, help="statements are the median of so many runs")
    parser.add_argument(
        "--build-repeats", type=int, default=3, help="builds of the smallest size are the median of so many runs"
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="these sections only")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks", help="folder of report.md and report.json")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "benchmarks", help="folder for warehouses")
    parser.add_argument("--memory-test", action="store_true", help="instead: one large build under 4 GB")
    parser.add_argument("--render", action="store_true", help="only write report.md anew from report.json")
    return parser.parse_args(words)


def main() -> int:
    """Exit code 1 where the memory test's build failed; a missed target is in the report, not in the code."""
    asked = parsed()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.memory_test:
        return _memory_test(asked)
    if not asked.render:
        sizes = tuple(asked.events or (QUICK_SIZES if asked.quick else SIZES))
        repeats, builds = (1, 1) if asked.quick else (asked.repeats, asked.build_repeats)
        settings = Settings(sizes, repeats, builds, tuple(asked.only))
        run(Bench(asked.work.resolve()), settings, asked.out / "report.json")
    _render(asked.out)
    return 0


def _memory_test(asked: argparse.Namespace) -> int:
    bench = Bench(asked.work.resolve(), hundred_million.MEMORY_LIMIT)
    found = hundred_million.run(bench, (asked.events or [LARGE])[-1], asked.out / "hundred_million.json")
    print(hundred_million.as_text(found))
    _render(asked.out)
    return 0 if found["is_built"] else 1


def _render(out: Path) -> None:
    found, large = (_read(out / name) for name in ("report.json", "hundred_million.json"))
    if found is not None:
        (out / "report.md").write_text(report.as_markdown(found, large), encoding="utf-8")
        say(f"wrote {out / 'report.md'}")


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
