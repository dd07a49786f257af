"""The commands of clm-ml: each parses, calls, prints. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from clm_ml import __version__
from clm_ml.console import say
from clm_ml.errors import ClmError


class _Program(typer.core.TyperGroup):
    """Turns a ClmError into one clear message and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ClmError as error:
            say(f"error: {error.message}")
            if error.remedy:
                say(f"remedy: {error.remedy}")
            sys.exit(error.exit_code)


app = typer.Typer(
    cls=_Program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Customer lifecycle management: load raw files, train models, write their predictions back as tables.",
    epilog="Exit codes: 0 done · 1 failed · 2 wrong usage · 3 the data refuse it · 4 warehouse locked or missing.",
)


@app.callback(invoke_without_command=True)
def main(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command("load", short_help="Land files in the raw tables; keep every bad line with its reason.")
def load_command(
    mapping: Annotated[str, typer.Argument(metavar="PRESET|MAPPING", help="A preset, or your own mapping file.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="CSV or text, plain or gzip, or Parquet.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=HEADER", help="The header of one column; repeatable."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the mapping, to start your own from, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Land files in the raw tables (schema raw). Every line is accepted, a duplicate, or kept with its reason.

    Presets: cdnow, click_events, contract (files named after the raw tables, as clm-ml simulate writes them),
    online_retail_ii. Anything else needs a mapping file of a few lines: docs/loading.md shows how.

    One call is all or nothing. The same content under the same mapping is loaded once: again changes nothing.
    Rejected lines stand in raw.load_rejects, counts per file in raw.load_files. Afterwards, dbt build with
    CLM_RAW_FROM=source reads the loaded tables.

    \b
    clm-ml load online_retail_ii online_retail_II.csv.gz
    clm-ml load click_events clicks.csv --column user=visitor --column timestamp=clicked_at
    clm-ml load contract shop/*.parquet
    clm-ml load my_shop.yml export-2024-*.csv --json
    """
    from clm_ml.load.mapping import mapping_path, renamed_columns

    if show:
        typer.echo(mapping_path(mapping).read_text(encoding="utf-8"), nl=False)
        return
    from clm_ml.load.report import as_table
    from clm_ml.load.run import load

    result = load(mapping, files or [], renamed_columns(column or []))
    typer.echo(json.dumps(result.as_dict(), indent=2) if as_json else as_table(result.files))
