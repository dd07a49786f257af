"""Train customer value: rules, order models and learners, read once on a later date on customers none of them saw."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.clv.candidates import (
    KINDS,
    OrderValue,
    ValueCandidate,
    ValueScorer,
    candidates,
    order_value,
)
from clm_ml.clv.rows import CLV, HISTORY, MARGINS, VALUE_FEATURES, read_present, whether
from clm_ml.console import narrated, progress, say
from clm_ml.errors import DataRefused, UsageError
from clm_ml.models import files, gates, guards, register, value_metrics
from clm_ml.models.bootstrap import RESAMPLES, percentiles, resamples
from clm_ml.models.btyd.cells import NotCustomers
from clm_ml.models.btyd.maximum import Maximum
from clm_ml.models.btyd.model import Fitted
from clm_ml.models.ensemble import thin
from clm_ml.models.rows import Floats, Rows, fold_of, sha256_of
from clm_ml.models.slices import Slices, choose_slices
from clm_ml.models.snapshots import (
    FEATURES,
    check_tables,
    feature_columns,
    horizon_of,
    read_eligible,
    read_labelled,
    require_tables,
    snapshot_dates,
)
from clm_ml.models.threads import one_thread
from clm_ml.models.two_part import TooFew
from clm_ml.models.versions import code_version, packages
from clm_ml.tasks import Training
from clm_ml.warehouse import connect

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

CLASSES = ("without value", "with value")
DECILES, PARAMETERS = "ml_value_deciles", "ml_parameters"
Figures = dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run's content, before anything is fitted. `present`: the newest date's customers."""

    rows: Rows
    present: Rows
    horizon_days: int
    yearly_discount_rate: float
    slices: Slices
    folds: int
    seed: int
    candidates: list[ValueCandidate]

    @property
    def parameters(self) -> dict[str, Any]:
        """What, besides data and code, changes the result."""
        return {
            "folds": self.folds,
            "test_date": str(self.slices.test),
            "horizon_days": self.horizon_days,
            "yearly_discount_rate": self.yearly_discount_rate,
            "candidates": {c.name: c.settings for c in self.candidates},
        }

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of every row that training reads."""
        return hashlib.sha256((sha256_of(self.rows) + sha256_of(self.present)).encode()).hexdigest()

    @property
    def version(self) -> str:
        """clv-<newest as-of date>-<hash of data, code, parameters and seed>."""
        text = json.dumps(
            [self.data_hash, code_version(__file__), packages(), self.parameters, self.seed], sort_keys=True
        )
        return f"{CLV.name}-{self.present.dates()[-1]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Contest:
    """What every candidate predicted per split, its figures, the order models of the test date; who won and why."""

    predicted: dict[str, dict[str, Floats]]
    figures: dict[str, dict[str, Figures]]
    orders: dict[str, Fitted]
    chosen: ValueCandidate
    why: str


@dataclass(frozen=True)
class Deployed:
    """The winner on everything that is known, and the order and spend models that date and discount it."""

    scorer: ValueScorer
    orders: OrderValue
    leading: str


def train(wanted: Training) -> dict[str, Any]:
    """Train, register and make champion. Returns the run and whether it is new. Raises DataRefused (exit 3)."""
    if wanted.folds < 2:
        raise UsageError("--folds must be at least 2", "one fold is predicted, the others are fitted")
    with one_thread():
        with (
            gates.guarded(CLV.name) as measured,
            connect(read_only=True) as con,
            narrated(lambda seconds: f"  reading and checking: {seconds:.0f} s so far"),
        ):
            register.require_current(con)
            _require_tables(con)
            measured += gates.measure(con, CLV, wanted.test, "l.future_margin_amount = 0", CLASSES)
            plan = make_plan(con, wanted)
            known = register.find(con, plan.version)
        if known and files.is_intact(known["model_file"], known["model_sha256"]):
            return register.trained_already(known)
        try:
            contest = compete(plan)
            run, rest, content = write_up(plan, contest)
        except (TooFew, NotCustomers) as error:
            raise DataRefused(str(error), "load more customers or a longer history") from error
    files.write(run["model_file"], content)
    if known:
        run["trained_at"] = known["trained_at"]
    with connect() as con:
        register.save(con, run, rest)
    say(f"{run['model_version']}{' is the champion' if run['is_champion'] else ''}: {run['verdict']}")
    return {"is_new": True, **run}


def make_plan(con: Connection, wanted: Training) -> Plan:
    """Read the rows, apply every guard, choose the dates."""
    columns = feature_columns(con)
    names = (*guards.usable_features(columns), *MARGINS)
    check_tables(con, CLV, columns)
    horizon_days = horizon_of(con, CLV)
    rows = read_labelled(con, CLV, names)
    slices = choose_slices(rows.dates(), horizon_days, wanted.test)
    outcomes = whether(rows)
    guards.refuse_small(outcomes, slices, CLASSES)
    guards.refuse_identifiers(rows)
    training = outcomes.take(outcomes.on(slices.train))
    guards.refuse_leaks(training, wanted.trusted)
    newest = snapshot_dates(con)[-1]
    if newest > rows.dates()[-1]:
        for scoring in islice(read_eligible(con, CLV, newest, names), 1):
            guards.refuse_foresight(outcomes, scoring, wanted.trusted)
    kept, left_out = guards.varying(training)
    if left_out:
        say(f"left out, one value in every training row: {', '.join(left_out)}")
    rows = rows.only(tuple(dict.fromkeys((*kept, *HISTORY))))
    say(f"{len(rows):,} rows of {len(set(rows.customer)):,} customers, {len(kept)} features; {_words(slices)}")
    rate = con.execute("select max(yearly_discount_rate) from intermediate.int_value_terms").fetchone()
    present = read_present(con, newest, HISTORY)
    return Plan(rows, present, horizon_days, float(rate[0]), slices, wanted.folds, wanted.seed, candidates())  # type: ignore[index]


def _require_tables(con: Connection) -> None:
    require_tables(
        con,
        FEATURES,
        VALUE_FEATURES,
        ("labels", CLV.label_table),
        ("predictions", DECILES),
        ("predictions", PARAMETERS),
    )


def compete(plan: Plan) -> Contest:
    """Predict every customer of the validation and the test date.

    Learners have seen outcomes: whom they predict they were not fitted on. Rules and order models read nothing but
    what was known on the date itself, and are fitted once for it.
    """
    splits = _splits(plan)
    predicted: dict[str, dict[str, Floats]] = {}
    orders: dict[str, Fitted] = {}
    for candidate in progress(plan.candidates, "candidates"):
        if candidate.is_learned:
            predicted[candidate.name] = _held_out(plan, candidate, splits)
            continue
        scorers = {split: candidate.fit(rows, rows, plan.seed) for split, rows in splits.items()}
        predicted[candidate.name] = {
            split: scorer.predict(splits[split], plan.horizon_days) for split, scorer in scorers.items()
        }
        if isinstance(scorers["test"], OrderValue):
            orders[candidate.name] = scorers["test"].fitted
    figures = {
        c.name: {split: _with_intervals(splits[split], predicted[c.name][split], plan.seed) for split in splits}
        for c in progress(plan.candidates, "intervals")
    }
    chosen, why = choose(plan, predicted, figures)
    return Contest(predicted, figures, orders, chosen, f"{why}; {_words(plan.slices)}")


def choose(
    plan: Plan, predicted: dict[str, dict[str, Floats]], figures: dict[str, dict[str, Figures]]
) -> tuple[ValueCandidate, str]:
    """The model that is nearest in total among those that order customers best on validation. It replaces the best
    rule where it orders them better on the test date and is not further off in the mean.
    """
    splits = _splits(plan)

    def gains(candidate: ValueCandidate, other: ValueCandidate, split: str) -> Figures:
        return _gains(splits[split], predicted[candidate.name][split], predicted[other.name][split], plan.seed)

    def order(candidate: ValueCandidate) -> float:
        value = figures[candidate.name]["validation"]["normalised_gini"][0]
        return value if np.isfinite(value) else -1.0

    rule = max((c for c in plan.candidates if c.is_rule), key=order)
    models = [c for c in plan.candidates if not c.is_rule]
    best = max(models, key=order)
    as_good = [c for c in models if c is best or not gains(c, best, "validation")["normalised_gini"][2] < 0]
    model = min(as_good, key=lambda c: abs(figures[c.name]["validation"]["total_bias"][0]))
    for c in models:
        found = gains(c, rule, "test")
        figures[c.name]["test"].update({f"{metric}_gain_over_rule": gain for metric, gain in found.items()})
    more, nearer = (figures[model.name]["test"][f"{m}_gain_over_rule"] for m in ("normalised_gini", "mae"))
    beats = more[1] > 0 and not nearer[2] < 0
    bias = figures[model.name]["test"]["total_bias"][0]
    among = f", of {len(as_good)} that order customers as well as any the nearest in total" if as_good[1:] else ""
    why = (
        f"{model.name} (best model by normalised Gini on validation{among}) has {_value(figures, model.name)} on the "
        f"test date against {_value(figures, rule.name)} of the rule {rule.name}: "
        f"{more[0]:+.3f} [{more[1]:+.3f}, {more[2]:+.3f}], mean absolute error smaller by "
        f"{nearer[0]:+.2f} [{nearer[1]:+.2f}, {nearer[2]:+.2f}], the total off by {bias:+.0%}; "
    )
    return (model, why + "it replaces the rule") if beats else (rule, why + "the rule is kept")


def deploy(plan: Plan, contest: Contest) -> Deployed:
    """The winner on every row that has matured; the order and spend model of the newest date's customers.

    Where the winner is no order model, the likeliest one (on the test date) dates the orders and spreads the value
    over a year.
    """
    chosen = contest.chosen
    likeliest = max(contest.orders, key=lambda name: contest.orders[name].maximum.log_likelihood)
    leading = chosen.name if chosen.name in contest.orders else likeliest
    with narrated(lambda seconds: f"  {leading} on the newest date: {seconds:.0f} s so far"):
        newest = order_value(plan.present, KINDS[leading])
    if chosen.name == leading:
        return Deployed(newest, newest, leading)
    return Deployed(chosen.fit(thin(plan.rows, chosen.fit_rows, plan.seed), plan.present, plan.seed), newest, leading)


def write_up(plan: Plan, contest: Contest) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The rows of the register, and the model file's bytes."""
    deployed = deploy(plan, contest)
    orders = deployed.orders
    content = files.dump(
        {
            "algorithm": contest.chosen.name,
            "scorer": deployed.scorer.state(),
            "orders": orders.state()["orders"],
            "is_alive_identified": orders.fitted.dropout_is_identified,
            "horizon_days": plan.horizon_days,
            "yearly_discount_rate": plan.yearly_discount_rate,
            "names": list(plan.rows.names),
        }
    )
    unknown = orders.fitted.words()
    run = {
        "model_version": plan.version,
        "task": CLV.name,
        "algorithm": contest.chosen.name,
        "is_champion": True,
        "trained_at": datetime.now(UTC).replace(tzinfo=None),
        "horizon_days": plan.horizon_days,
        **register.slice_columns(plan.rows, plan.slices),
        "deployed_last_train_date": plan.rows.dates()[-1],
        "deployed_calibration_date": plan.present.dates()[-1],
        "feature_names": json.dumps(plan.rows.names),
        "parameters": json.dumps({**plan.parameters, "orders": deployed.leading}, sort_keys=True),
        "seed": plan.seed,
        "data_hash": plan.data_hash,
        "code_version": code_version(__file__),
        "package_versions": json.dumps(packages(), sort_keys=True),
        "model_file": f"{plan.version}.skops",
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "verdict": contest.why + (f"; of {deployed.leading}: {unknown}" if unknown else ""),
        "seasonal_shift": None,
    }
    rest = {
        register.METRICS: _metric_records(plan, contest),
        DECILES: _decile_records(plan, contest),
        PARAMETERS: _parameter_records(plan, contest, deployed),
    }
    return run, rest, content


def _held_out(plan: Plan, candidate: ValueCandidate, splits: dict[str, Rows]) -> dict[str, Floats]:
    """Each customer's value by what was fitted, on the training dates, without that customer's fold."""
    training = plan.rows.take(plan.rows.on(plan.slices.train))
    predicted = {split: np.full(len(rows), np.nan) for split, rows in splits.items()}
    for held in range(plan.folds):
        kept = training.take(fold_of(training.customer, plan.folds, plan.seed) != held)
        scorer = candidate.fit(thin(kept, candidate.fit_rows, plan.seed), kept, plan.seed)
        for split, rows in splits.items():
            here = fold_of(rows.customer, plan.folds, plan.seed) == held
            if here.any():
                predicted[split][here] = scorer.predict(rows.take(here), plan.horizon_days)
    return predicted


def _splits(plan: Plan) -> dict[str, Rows]:
    days = {"validation": plan.slices.calibration, "test": plan.slices.test}
    return {split: plan.rows.take(plan.rows.on((day,))) for split, day in days.items()}


def _words(slices: Slices) -> str:
    span = f"{slices.train[0]} … {slices.train[-1]}" if len(slices.train) > 1 else f"{slices.train[0]}"
    return f"fitted on {span}, chosen on {slices.calibration}, tested on {slices.test}"


def _with_intervals(rows: Rows, predicted: Floats, seed: int) -> Figures:
    here = value_metrics.point(rows.label, predicted)
    blocks = [
        value_metrics.figures(rows.label, predicted, weights)
        for weights in resamples(rows.customer_codes(), RESAMPLES, seed)
    ]
    return {name: (here[name], *percentiles(np.concatenate([b[name] for b in blocks]))) for name in here}


def _gains(rows: Rows, model: Floats, other: Floats, seed: int) -> Figures:
    """What a model adds to another on the same customers; above 0 is better."""

    def both(weights: Floats) -> tuple[Floats, Floats]:
        gini = (value_metrics.normalised_gini(rows.label, one, weights) for one in (model, other))
        nearer = np.abs(other - rows.label) - np.abs(model - rows.label)
        of_model, of_other = gini
        return of_model - of_other, weights @ nearer / weights.sum(axis=1)

    blocks = [both(weights) for weights in resamples(rows.customer_codes(), RESAMPLES, seed)]
    here = both(np.ones((1, len(rows))))
    return {
        name: (float(here[i][0]), *percentiles(np.concatenate([block[i] for block in blocks])))
        for i, name in enumerate(("normalised_gini", "mae"))
    }


def _metric_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    return [
        record
        for name, splits in contest.figures.items()
        for split, found in splits.items()
        for record in register.metric_records(
            plan.version, name, name == contest.chosen.name, split, found, len(contest.predicted[name][split])
        )
    ]


def _decile_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    records = []
    splits = _splits(plan)
    for name, predicted in contest.predicted.items():
        for split, values in predicted.items():
            for line in value_metrics.decile_table(splits[split].label, values):
                records.append(
                    {
                        "model_version": plan.version,
                        "candidate": name,
                        "split": split,
                        "decile": int(line["decile"]),
                        "customer_count": int(line["customer_count"]),
                        "mean_predicted_margin": register.rounded(line["mean_predicted"]),
                        "mean_actual_margin": register.rounded(line["mean_actual"]),
                        "share_of_actual": register.rounded(line["share_of_actual"]),
                    }
                )
    return records


def _parameter_records(plan: Plan, contest: Contest, deployed: Deployed) -> list[dict[str, Any]]:
    """The order models of the test date, and of the newest date the one that is used, with its Gamma-Gamma."""
    days = [(plan.slices.test, name, fitted) for name, fitted in contest.orders.items()]
    newest = plan.present.dates()[-1]
    found = []
    for day, name, fitted in [*days, (newest, deployed.leading, deployed.orders.fitted)]:
        found += _of_maximum(day, name, fitted.maximum)
        found.append((day, name, "dropout_gain", fitted.dropout_gain, math.nan, fitted.dropout_is_identified))
    spend = deployed.orders.fitted_spend
    found += _of_maximum(newest, "gamma_gamma", spend.maximum)
    found.append((newest, "gamma_gamma", "frequency_correlation", spend.correlation, math.nan, True))
    return [
        {
            "model_version": plan.version,
            "as_of_date": day,
            "candidate": candidate,
            "parameter": parameter,
            "parameter_value": register.rounded(value),
            "standard_error": register.rounded(error),
            "is_identified": identified,
        }
        for day, candidate, parameter, value, error, identified in found
    ]


def _of_maximum(day: date, name: str, maximum: Maximum) -> list[tuple[date, str, str, float, float, bool]]:
    lines = [
        (day, name, parameter, value, maximum.standard_errors[parameter], parameter not in maximum.unknown)
        for parameter, value in maximum.params.items()
    ]
    return [*lines, (day, name, "log_likelihood", maximum.log_likelihood, math.nan, True)]


def _value(figures: dict[str, dict[str, Figures]], name: str) -> str:
    value, low, high = figures[name]["test"]["normalised_gini"]
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
