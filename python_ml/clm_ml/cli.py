"""The commands of clm-ml: each parses, calls, prints. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import sys
from datetime import datetime
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


@app.command(
    "build",
    short_help="dbt build, with words while it works: what runs, how far it is, what remains.",
    context_settings={"ignore_unknown_options": True},
)
def build_command(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[DBT ARGUMENTS]...", help="Passed to dbt as they are.")
    ] = None,
    only_run: Annotated[bool, typer.Option("--run", help="dbt run: the models, without seeds and tests.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run dbt build in the project's folder. After ten seconds it says every five which step runs and what remains:
    by what the steps took in the last run of the same command, or by their number where there was none.

    dbt's warnings and errors are passed on; its whole log is logs/dbt.log. Where another process holds the
    warehouse: exit 4.

    \b
    clm-ml build
    clm-ml build --selector after_scoring
    clm-ml build --run --full-refresh
    clm-ml build --select features+ --vars '{late_days: 0}'
    """
    from clm_ml.build.run import build

    result = build(arguments or [], "run" if only_run else "build")
    typer.echo(_as_json(result) if as_json else "\n".join(f"{name}: {value}" for name, value in result.items()))


Task = Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="churn, clv or segment. Default: all.")]
Day = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE")]


@app.command("train", short_help="Train, validate over time and register; refuse leaks; keep the rule unless beaten.")
def train_command(
    task: Task = None,
    as_of: Day = None,
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 0,
    folds: Annotated[int, typer.Option(help="Customers are split in so many parts; at least 3.")] = 3,
    trust: Annotated[
        list[str] | None, typer.Option(metavar="FEATURE", help="This feature is no leak; repeatable.")
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(metavar="all|NAME,…", help="The models of churn that compete, besides the rules. See above."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON.")] = False,
) -> None:
    """Train on snapshots whose outcome is known, and read every candidate once on a later date (--as-of, or the
    newest that has matured) and on customers it never saw. The model replaces the rule only where it beats it.

    A leak, an identifier among the features or too few customers: exit 3, and the feature is named. Training
    again on the same data changes nothing.

    Models of churn by default: logistic_regression, random_forest, gradient_boosting, buy_till_you_die. With
    --candidates all also, or only those that are named: decision_tree, linear_svm, kernel_svm, k_nearest_neighbours,
    naive_bayes, multi_layer_perceptron, and recurrent_network, which needs the extra `recurrent` (PyTorch).
    """
    from clm_ml.tasks import Training, each, part_of

    wanted = Training(as_of.date() if as_of else None, seed, folds, tuple(trust or []), candidates)
    runs = each(task, lambda name: part_of(name, "train").train(wanted))
    shown = ("model_version", "algorithm", "is_new", "is_champion", "verdict")
    typer.echo(_one_or_all(runs) if as_json else "\n\n".join(_lines(run, shown) for run in runs.values()))


@app.command("score", short_help="Write the champion's predictions and reasons, all or nothing.")
def score_command(
    task: Task = None,
    as_of: Day = None,
    reasons: Annotated[
        str,
        typer.Option(metavar="all|medium|high|none", help="From which risk band on churn has reasons."),
    ] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score every eligible customer of the newest as-of date (or --as-of) into predictions.pred_<task>, each in one
    transaction. Scoring again changes nothing. Afterwards: dbt build --selector after_scoring.

    Of churn, reasons are nearly all of the work where the champion is a random forest: --reasons high gives them to
    customers of high risk only, and the others have NULL.

    Without a TASK, every task that is trained.
    """
    from clm_ml.tasks import Scoring, each, part_of

    wanted = Scoring(as_of.date() if as_of else None, reasons)
    results = each(task, lambda name: part_of(name, "score").score(wanted))
    typer.echo(_one_or_all(results) if as_json else "\n\n".join(_lines(found) for found in results.values()))


@app.command("evaluate", short_help="The figures of the champion, the other candidates and the rules, side by side.")
def evaluate_command(
    task: Task = None,
    version: Annotated[str | None, typer.Option("--version", help="Another run than the champion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Figures on the test slice with 95 % intervals, the calibration table, the strongest features, the verdict."""
    from clm_ml.tasks import each, part_of

    names = [version.split("-", 1)[0]] if version and not task else task
    found = each(names, lambda name: part_of(name, "evaluate").evaluate(version))
    as_text = "\n\n\n".join(part_of(name, "evaluate").as_text(one) for name, one in found.items())
    typer.echo(_one_or_all(found) if as_json else as_text)


@app.command("card", short_help="The card of a version, in Markdown: purpose, data, figures, limits, drift.")
def card_command(
    task: Task = None,
    version: Annotated[str | None, typer.Option("--version", help="Another run than the champion.")] = None,
) -> None:
    """What a version is for, what it learned from, how good it is with intervals, what it leans on, how its past
    scores came out, what has drifted since, and its limits; from the tables, to stdout.

    \b
    clm-ml card churn > churn.md
    """
    from clm_ml.models.card import card
    from clm_ml.tasks import each

    names = [version.split("-", 1)[0]] if version and not task else task
    cards = each(names, lambda name: {"card": card(name, version)})
    typer.echo("\n".join(one["card"] for one in cards.values()), nl=False)


@app.command("export", short_help="The champion as a SQL query: the same scores where Python is far away.")
def export_command(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What is predicted: churn.")],
    as_of: Day = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Name the features table itself instead of dbt's ref().")
    ] = False,
) -> None:
    """Print the champion as one SQL query over features.feat_customer__all that DuckDB and Spark both run. Per
    customer and as-of date: the probability that Python gives, to 1e-9, with baseline, season and topics in log odds.

    The season's level is that of the newest as-of date (or --as-of); on other dates it is left out. A champion that
    is neither a logistic regression nor a rule has no SQL form: exit 3.

    \b
    clm-ml export churn > models/scored/churn_scores.sql
    clm-ml export churn --plain | duckdb warehouse/clm.duckdb
    """
    from clm_ml.tasks import chosen, part_of

    chosen([task])
    typer.echo(part_of(task, "export").export(as_of.date() if as_of else None, plain), nl=False)


@app.command("status", short_help="What is loaded, quarantined, trained and scored, and what to type next.")
def status_command(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """What is loaded, quarantined, trained, scored or stale, and the next command."""
    from clm_ml.status import as_text, status

    found = status()
    typer.echo(_as_json(found) if as_json else as_text(found))


def _as_json(found: Any) -> str:
    return json.dumps(found, indent=2, default=str)


def _one_or_all(found: dict[str, Any]) -> str:
    """The record of a single task as it is, of several by task."""
    return _as_json(next(iter(found.values())) if len(found) == 1 else found)


def _lines(record: dict[str, Any], names: tuple[str, ...] = ()) -> str:
    return "\n".join(f"{name}: {record[name]}" for name in names or record)


@app.command("simulate", short_help="Write a shop of any size whose truth is known.")
def simulate_command(
    customers: Annotated[int, typer.Option(help="How many customers.", min=1)] = 1000,
    months: Annotated[int, typer.Option(help="How many months, up to --end-date.", min=1)] = 18,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 1,
    out: Annotated[Path, typer.Option(help="An empty or new folder for the files.")] = Path("shop"),
    file_format: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
    horizon_days: Annotated[int, typer.Option(help="How far ahead the truth looks.", min=1)] = 90,
    event_rate: Annotated[float, typer.Option(help="Scales how often customers visit the web shop.")] = 1.0,
    end_date: Annotated[str, typer.Option(help="The last day, as YYYY-MM-DD.")] = "2025-06-30",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Write the raw tables of an invented shop to OUT, and to OUT/truth what is true of its customers.

    truth_customers: per customer and month end whether they are still there, the probability that they place no
    valid order in the next --horizon-days, and the net revenue to expect of them, in euro (a pound at 1.17, a
    dollar at 0.92). No model may read it.
    truth_traits: per customer when they left, their rates, and how they respond to messages.

    \b
    clm-ml simulate --customers 20000 --months 24 --seed 7 --out shop
    clm-ml load contract shop/*.parquet
    """
    import datetime as dt

    from clm_ml.errors import UsageError
    from clm_ml.simulate.run import simulate
    from clm_ml.simulate.shop import Shop

    try:
        last = dt.date.fromisoformat(end_date)
    except ValueError:
        raise UsageError(f"{end_date!r} is no date", "write --end-date as YYYY-MM-DD") from None
    shop = Shop(customers, months, seed, last, horizon_days, event_rate)
    for table, rows in simulate(shop, out, file_format, overwrite).items():
        typer.echo(f"{table}\t{rows}")
