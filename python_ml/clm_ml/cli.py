"""The commands of clm-ml: each parses, calls, prints. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from typing import Any

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
