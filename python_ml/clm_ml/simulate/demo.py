"""The demo shop: `python -m clm_ml.simulate.demo` writes seeds/raw again, byte by byte.

A small run of the simulator with few events, the hard cases after it, and a README that says what each is there for.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from clm_ml.console import say
from clm_ml.project import project_dir, raw_tables
from clm_ml.simulate.hard_cases import Case, hard_cases
from clm_ml.simulate.run import simulate
from clm_ml.simulate.shop import Shop

DEMO = Shop(
    customers=1000,
    months=18,
    seed=20250630,
    event_rate=0.08,
    visit_depth=0.12,
    campaign_every_days=84,
    campaign_reach=0.6,
    anonymous_share=0.2,
    tracked_orders=0.36,
)
README_HEAD = f"""# The demo shop

Invented by `clm-ml simulate`: {DEMO.customers} customers, {DEMO.start_date} to {DEMO.end_date}, written by
`python -m clm_ml.simulate.demo`. Nobody in it exists. Every column is text, as a source would send it.
The last rows of the tables are hard cases, chosen by hand (`python_ml/clm_ml/simulate/hard_cases.py`):

| table | rows | what for |
|---|---|---|
"""


def write_demo(folder: Path) -> list[Path]:
    """raw_<table>.csv for every raw table, and README.md; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        simulated = Path(name) / "shop"
        simulate(DEMO, simulated, "csv")
        written = [_write_seed(simulated, folder, table) for table in raw_tables()]
    readme = folder / "README.md"
    readme.write_text(README_HEAD + "".join(_line(case) for case in hard_cases()), encoding="utf-8")
    return [*written, readme]


def _write_seed(simulated: Path, folder: Path, table: str) -> Path:
    text = (simulated / f"{table}.csv").read_text(encoding="utf-8")
    header = text.split("\n", 1)[0].split(",")
    path = folder / f"raw_{table}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        writer = csv.DictWriter(file, header, lineterminator="\n")
        for case in hard_cases():
            if case.table == table:
                writer.writerows(case.rows)
    return path


def _line(case: Case) -> str:
    return f"| {case.table} | {len(case.rows)} | {case.why} |\n"


if __name__ == "__main__":
    files = write_demo(project_dir() / "seeds" / "raw")
    say(f"{len(files)} files, {sum(f.stat().st_size for f in files):,} bytes")
