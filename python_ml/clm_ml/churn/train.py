"""Train churn: models against rules, read once on customers and a date none of them saw; the winner is registered."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from clm_ml.console import narrated, progress, say
from clm_ml.errors import UsageError
from clm_ml.models import contact, drift, files, gates, guards, logistic, recurrent, register, sequence
from clm_ml.models import rules as rule_module
from clm_ml.models.bootstrap import gain, with_intervals
from clm_ml.models.candidates import Candidate, Scorer, candidates_for, wanted_models
from clm_ml.models.contributions import reference_customers
from clm_ml.models.costs import SCORE_ROWS, Cost, seconds_to_score
from clm_ml.models.ensemble import (
    Ensemble,
    assemble,
    cross_ensembles,
    fit_without,
    pairs,
    predict_held_out,
    singles,
    thin,
)
from clm_ml.models.metrics import Ties, auc, calibration_table
from clm_ml.models.pace import Pace, Seen, pace_of
from clm_ml.models.rows import Floats, Ints, Rows, fold_of, sha256_of
from clm_ml.models.season import Pair, Shift, level_by_date, mean_amount, moved, pair_a_year_ago, shift_of, words
from clm_ml.models.slices import Slices, choose_slices, deployment_slices
from clm_ml.models.snapshots import (
    CHURN,
    FEATURES,
    check_tables,
    feature_columns,
    horizon_of,
    read_eligible,
    read_labelled,
    read_returns,
    read_sequence,
    require_tables,
    snapshot_dates,
)
from clm_ml.models.threads import one_thread
from clm_ml.models.versions import code_version, packages
from clm_ml.tasks import Training
from clm_ml.warehouse import connect, table_exists

REFITS = 20
SHUFFLES = 3
SHUFFLE_ROWS = 5_000
DIGITS = register.DIGITS

Step = tuple[Candidate, tuple[int, ...]]
Gains = dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Read:
    """What one candidate says about held-out customers of one slice."""

    probability: Floats
    rank: Floats
    figures: dict[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Contest:
    """The candidates' ensembles and their reads; the winner and why."""

    ensembles: dict[str, list[Ensemble]]
    reads: dict[str, dict[str, Read]]
    gains: dict[str, Gains]
    chosen: Candidate
    shifts: dict[str, list[Shift | None]]
    why: str
    costs: dict[str, Cost]


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run's content, before anything is fitted."""

    rows: Rows
    returns: Floats
    horizon_days: int
    slices: Slices
    deployed: Slices
    folds: int
    seed: int
    candidates: list[Candidate]
    stakes: contact.Stakes | None = None  # of the test rows

    @cached_property
    def year_ago(self) -> Pair | None:
        """The dates that say what the season does between calibration and test."""
        days = self.rows.dates()
        return pair_a_year_ago(days, self.horizon_days, self.slices.calibration, self.slices.test)

    @property
    def parameters(self) -> dict[str, Any]:
        """What, besides data and code, changes the result."""
        return {
            "folds": self.folds,
            "test_date": str(self.slices.test),
            "horizon_days": self.horizon_days,
            "refits": REFITS,
            "candidates": {c.name: c.settings for c in self.candidates},
            "contact": self.stakes.parameters if self.stakes else None,
            **({"sequence": sequence.channels(self.rows.sequence.names)} if self.rows.sequence else {}),
        }

    @property
    def packages(self) -> dict[str, str]:
        """The versions of what computes the figures."""
        return packages(*(("torch",) if self.rows.sequence else ()))

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of every row that training reads."""
        return sha256_of(self.rows, self.returns)

    @property
    def version(self) -> str:
        """churn-<newest label date>-<hash of data, code, parameters and seed>."""
        text = json.dumps(
            [self.data_hash, code_version(__file__), self.packages, self.parameters, self.seed], sort_keys=True
        )
        return f"{CHURN.name}-{self.deployed.test}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def train(wanted: Training) -> dict[str, Any]:
    """Train, register and make champion. Returns the run and whether it is new. Raises DataRefused (exit 3)."""
    if wanted.folds < 3:
        raise UsageError("--folds must be at least 3", "one fold is predicted, one calibrated on, one fitted")
    wanted_models(wanted.candidates)
    with one_thread():
        with (
            gates.guarded(CHURN.name) as measured,
            connect(read_only=True) as con,
            narrated(lambda seconds: f"  reading and checking: {seconds:.0f} s so far"),
        ):
            register.require_current(con)
            require_tables(con, FEATURES, ("labels", CHURN.label_table))
            measured += gates.measure(con, CHURN, wanted.test, "l.is_churned = 1")
            plan = make_plan(con, wanted)
            known = register.find(con, plan.version)
        if known and files.is_intact(known["model_file"], known["model_sha256"]):
            return register.trained_already(known)
        contest = compete(plan)
        run, rest, content = write_up(plan, contest)
    if content is not None:
        files.write(run["model_file"], content)
    if known:
        run["trained_at"] = known["trained_at"]
    with connect() as con:
        register.save(con, run, rest)
    say(f"{run['model_version']}{' is the champion' if run['is_champion'] else ''}: {run['verdict']}")
    return {"is_new": True, **run}


def make_plan(con: Any, wanted: Training) -> Plan:
    """Read the rows, apply every guard, choose the dates."""
    require_tables(con, FEATURES, ("labels", CHURN.label_table))
    columns = feature_columns(con)
    names = guards.usable_features(columns)
    check_tables(con, CHURN, columns)
    horizon_days = horizon_of(con, CHURN)
    rows, returns = read_labelled(con, CHURN, names), read_returns(con, CHURN)
    slices = choose_slices(rows.dates(), horizon_days, wanted.test)
    guards.refuse_small(rows, slices)
    guards.refuse_identifiers(rows)
    training = rows.take(rows.on(slices.train))
    guards.refuse_leaks(training, wanted.trusted)
    _refuse_foresight(con, rows, wanted.trusted)
    kept, left_out = guards.varying(training)
    if left_out:
        say(f"left out, one value in every training row: {', '.join(left_out)}")
    rows = rows.only(kept)
    say(f"{len(rows):,} rows of {len(set(rows.customer)):,} customers, {len(kept)} features; {slices.words()}")
    deployed = deployment_slices(rows.dates(), horizon_days)
    candidates = candidates_for(kept, _models(con, wanted.candidates), horizon_days)
    if any(candidate.reads_sequence for candidate in candidates):
        rows = _with_sequence(con, rows, slices, wanted.trusted)
    if all(candidate.is_rule for candidate in candidates):
        raise UsageError(f"{wanted.candidates} needs features that are not there", "name other --candidates too")
    stakes = contact.read(con, rows.take(rows.on((slices.test,))), slices.test)
    return Plan(rows, returns, horizon_days, slices, deployed, wanted.folds, wanted.seed, candidates, stakes)


def _models(con: Any, text: str | None) -> tuple[str, ...]:
    """The wanted models. Of `all` those that can compete here; it says who cannot."""
    names, is_there = wanted_models(text), table_exists(con, *sequence.TABLE)
    if recurrent.NAME in names and text != "all":
        require_tables(con, sequence.TABLE)
    if text == "all" and recurrent.NAME not in names:
        say(f"left out: {recurrent.NAME}, which needs PyTorch: pip install -e '.[{recurrent.EXTRA}]'")
    elif text == "all" and not is_there:
        say(f"left out: {recurrent.NAME}, which needs {'.'.join(sequence.TABLE)}: run `dbt build`")
    return tuple(name for name in names if name != recurrent.NAME or is_there)


def _with_sequence(con: Any, rows: Rows, slices: Slices, trusted: tuple[str, ...]) -> Rows:
    """With each row's sequence, of the channels that say anything; the newest period is guarded as features are."""
    training = rows.on(slices.train)
    found = read_sequence(con, CHURN, rows)
    found = found.only(found.take(training).says() or found.names)
    ruled = tuple(name for name in guards.RULE_FEATURES if name in rows.names)
    recent = replace(rows.only(ruled), sequence=found.only(found.newest())).with_steps()
    guards.refuse_leaks(recent.take(training), trusted)
    _refuse_foresight(con, recent, trusted)
    return replace(rows, sequence=found)


def _refuse_foresight(con: Any, rows: Rows, trusted: tuple[str, ...]) -> None:
    newest = snapshot_dates(con)[-1]
    if newest > rows.dates()[-1]:
        for scoring in islice(read_eligible(con, CHURN, newest, rows.names), 1):
            guards.refuse_foresight(rows, scoring, trusted)


def compete(plan: Plan) -> Contest:
    """Fit every candidate without each pair of folds, and read them on validation and test."""
    training = plan.rows.take(plan.rows.on(plan.slices.train))
    calibration = plan.rows.take(plan.rows.on((plan.slices.calibration,)))
    test = plan.rows.take(plan.rows.on((plan.slices.test,)))
    fold = _folds(plan, training)
    fitted, seconds = _fit_all(plan, plan.candidates, pairs(plan.folds), training, fold)
    costs = {c.name: _cost(c, fitted[c.name], seconds[c.name], training, test, fold, plan) for c in plan.candidates}
    ensembles = {
        c.name: cross_ensembles(c, fitted[c.name], c.rows(calibration), _folds(plan, calibration), plan.folds)
        for c in plan.candidates
    }
    shifts = {c.name: _shifts(plan, c, ensembles[c.name]) for c in plan.candidates}
    unmoved: list[Shift | None] = [None] * plan.folds
    reads: dict[str, dict[str, Read]] = {c.name: {} for c in plan.candidates}
    for split, rows in (("validation", calibration), ("test", test)):
        for c in progress(plan.candidates, f"intervals on the {split} slice"):
            reads[c.name][split] = _read(
                c, ensembles[c.name], shifts[c.name] if split == "test" else unmoved, rows, plan
            )
    chosen, gains, why = choose(plan.candidates, reads, test, plan.seed)
    level = words(shifts[chosen.name], plan.year_ago)
    return Contest(ensembles, reads, gains, chosen, shifts, f"{why}; {plan.slices.words()}; {level}", costs)


def choose(
    candidates: list[Candidate], reads: dict[str, dict[str, Read]], test: Rows, seed: int
) -> tuple[Candidate, dict[str, Gains], str]:
    """The best model by log loss on validation, where it beats the best rule on the test slice; else the rule."""

    def validation_loss(candidate: Candidate) -> float:
        return reads[candidate.name]["validation"].figures["log_loss"][0]

    rule = min((c for c in candidates if c.is_rule), key=validation_loss)
    model = min((c for c in candidates if not c.is_rule), key=validation_loss)
    codes = test.customer_codes()
    held = reads[rule.name]["test"]
    gains = {
        c.name: gain(
            test.label,
            (reads[c.name]["test"].probability, reads[c.name]["test"].rank),
            (held.probability, held.rank),
            codes,
            seed,
        )
        for c in candidates
        if not c.is_rule
    }
    more, saved = gains[model.name]["auc_gain_over_rule"], gains[model.name]["log_loss_gain_over_rule"]
    beats = more[1] > 0 and saved[1] > 0
    why = (
        f"{model.name} (best model by log loss on validation) has AUC {_value(reads, model.name)} on the test date "
        f"against {_value(reads, rule.name)} of the rule {rule.name}: "
        f"{more[0]:+.3f} [{more[1]:+.3f}, {more[2]:+.3f}], "
        f"log loss better by {saved[0]:+.4f} [{saved[1]:+.4f}, {saved[2]:+.4f}]; "
    )
    return (model, gains, why + "it replaces the rule") if beats else (rule, gains, why + "the rule is kept")


def deploy(plan: Plan, chosen: Candidate) -> tuple[Ensemble, Floats]:
    """The winner again on everything that has matured, and the customers it is explained against."""
    training = plan.rows.take(plan.rows.on(plan.deployed.train))
    calibration = chosen.rows(plan.rows.take(plan.rows.on((plan.deployed.calibration,))))
    fitted, _ = _fit_all(plan, [chosen], singles(plan.folds), training, _folds(plan, training))
    members = {left_out[0]: scorer for left_out, scorer in fitted[chosen.name].items()}
    ensemble = assemble(chosen.name, members, calibration, _folds(plan, calibration))
    ensemble = replace(ensemble, pace=_pace(plan, chosen, ensemble))
    if ensemble.pace is None and chosen.name == logistic.NAME:
        used = thin(training, chosen.fit_rows, plan.seed)
        refits = logistic.refits(used.features, used.label, used.customer_codes(), plan.seed, REFITS)
        ensemble = replace(ensemble, refits=tuple(refits))
    return ensemble, reference_customers(ensemble, calibration.features)


def _pace(plan: Plan, chosen: Candidate, ensemble: Ensemble) -> Pace | None:
    """How customers of one score differ, from all that has matured; none is scored by a member that saw them."""
    log_odds = ensemble.calibrator.logit(_score_left_out(plan, chosen, ensemble, plan.rows))
    level = level_by_date(log_odds, plan.rows.label, plan.rows.day)
    return pace_of(Seen(level, plan.returns, plan.rows.customer, plan.rows.day), plan.horizon_days)


def _score_left_out(plan: Plan, chosen: Candidate, ensemble: Ensemble, rows: Rows) -> Floats:
    """Each row's score from the member that never saw its customer."""
    blocks = chosen.blocks(rows)
    return np.concatenate([ensemble.score_left_out(block.features, _folds(plan, block)) for block in blocks])


def write_up(plan: Plan, contest: Contest) -> tuple[dict[str, Any], dict[str, Any], bytes | None]:
    """The rows of the register, and the model file's bytes (None for a rule)."""
    ensemble, reference = deploy(plan, contest.chosen)
    content = None if contest.chosen.is_rule else files.to_bytes(ensemble, reference)
    parameters: dict[str, Any] = {**plan.parameters, "algorithm": contest.chosen.settings}
    if contest.chosen.is_rule:
        parameters["rule"] = files.to_state(ensemble, reference)
    run = {
        "model_version": plan.version,
        "task": CHURN.name,
        "algorithm": contest.chosen.name,
        "is_champion": True,
        "trained_at": datetime.now(UTC).replace(tzinfo=None),
        "horizon_days": plan.horizon_days,
        **register.slice_columns(plan.rows, plan.slices),
        "deployed_last_train_date": plan.deployed.train[-1],
        "deployed_calibration_date": plan.deployed.calibration,
        "feature_names": json.dumps(plan.rows.names),
        "parameters": json.dumps(parameters, sort_keys=True),
        "seed": plan.seed,
        "data_hash": plan.data_hash,
        "code_version": code_version(__file__),
        "package_versions": json.dumps(plan.packages, sort_keys=True),
        "model_file": None if content is None else f"{plan.version}.skops",
        "model_sha256": None if content is None else hashlib.sha256(content).hexdigest(),
        "verdict": contest.why,
        "seasonal_shift": _rounded(mean_amount(contest.shifts[contest.chosen.name])),
    }
    rest = {
        register.METRICS: _metric_records(plan, contest) + _profit_records(plan, contest),
        register.CALIBRATION: _calibration_records(plan, contest),
        register.EFFECTS: _effect_records(plan, contest),
        register.BINS: _bin_records(plan, contest.chosen, ensemble),
        register.COSTS: _cost_records(plan, contest),
    }
    return run, rest, content


def _fit_all(
    plan: Plan, candidates: list[Candidate], left_outs: list[tuple[int, ...]], rows: Rows, fold: Ints
) -> tuple[dict[str, dict[tuple[int, ...], Scorer]], dict[str, float]]:
    """Every candidate without each of these folds, and the processor seconds that all fits of a candidate took."""
    fitted: dict[str, dict[tuple[int, ...], Scorer]] = {c.name: {} for c in candidates}
    seconds = dict.fromkeys(fitted, 0.0)
    steps: list[Step] = [(c, left_out) for c in candidates for left_out in left_outs]
    for candidate, left_out in progress(steps, "fits"):
        started = time.process_time()
        fitted[candidate.name][left_out] = fit_without(candidate, rows, fold, left_out, plan.seed)
        seconds[candidate.name] += time.process_time() - started
    return fitted, seconds


def _cost(
    candidate: Candidate,
    fitted: dict[tuple[int, ...], Scorer],
    seconds: float,
    training: Rows,
    test: Rows,
    fold: Ints,
    plan: Plan,
) -> Cost:
    most = candidate.fit_rows or len(training)
    rows = [min(most, int((~np.isin(fold, left_out)).sum())) for left_out in fitted]
    some = candidate.rows(thin(test, SCORE_ROWS, plan.seed))
    scorer = next(iter(fitted.values()))
    return Cost(len(fitted), max(rows), seconds, len(some), seconds_to_score(scorer, some.features))


def _shifts(plan: Plan, candidate: Candidate, ensembles: list[Ensemble]) -> list[Shift | None]:
    """Per fold, what a year ago says without the fold's customers."""
    pair = plan.year_ago
    rows = candidate.rows(plan.rows.take(plan.rows.on((pair.calibration, pair.predicted) if pair else ())))
    fold = _folds(plan, rows)
    return [shift_of(ensemble, rows, fold, pair) for ensemble in ensembles]


def _read(
    candidate: Candidate, ensembles: list[Ensemble], shifts: list[Shift | None], rows: Rows, plan: Plan
) -> Read:
    """The probabilities at the season's level; the order of the customers is that of the model without it."""
    rows, fold = candidate.rows(rows), _folds(plan, rows)
    there = [moved(ensemble, shift) for ensemble, shift in zip(ensembles, shifts, strict=True)]
    probability = predict_held_out(there, rows.features, fold)
    rank = (
        ensembles[0].score(rows.features) if candidate.is_rule else predict_held_out(ensembles, rows.features, fold)
    )
    figures = with_intervals(rows.label, probability, rank, rows.customer_codes(), plan.seed)
    return Read(probability, rank, figures)


def _folds(plan: Plan, rows: Rows) -> Ints:
    return fold_of(rows.customer, plan.folds, plan.seed)


def _metric_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    records = []
    for name, splits in contest.reads.items():
        for split, read in splits.items():
            found = {**read.figures, **(contest.gains.get(name, {}) if split == "test" else {})}
            is_chosen, count = name == contest.chosen.name, len(read.probability)
            records += register.metric_records(plan.version, name, is_chosen, split, found, count)
    return records


def _cost_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    return [
        {"model_version": plan.version, "candidate": name, **cost.record()} for name, cost in contest.costs.items()
    ]


def _profit_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    """What each candidate's scores would have earned by the contact rule, on the test slice."""
    if plan.stakes is None:
        return []
    test, records = plan.rows.take(plan.rows.on((plan.slices.test,))), []
    for name, splits in contest.reads.items():
        found, count = contact.figures(plan.stakes, test.label, splits["test"].probability, test.customer, plan.seed)
        is_chosen = name == contest.chosen.name
        records += register.metric_records(plan.version, name, is_chosen, "test", found, count)
    return records


def _calibration_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    days = {"validation": plan.slices.calibration, "test": plan.slices.test}
    return [
        {
            "model_version": plan.version,
            "candidate": name,
            "split": split,
            **{key: round(value, DIGITS) for key, value in line.items()},
        }
        for name, splits in contest.reads.items()
        for split, read in splits.items()
        for line in calibration_table(plan.rows.label[plan.rows.on((days[split],))], read.probability)
    ]


def _effect_records(plan: Plan, contest: Contest) -> list[dict[str, Any]]:
    """Loss of AUC when one feature is shuffled among the test customers, or one channel, strongest first."""
    test = contest.chosen.rows(thin(plan.rows.take(plan.rows.on((plan.slices.test,))), SHUFFLE_ROWS, plan.seed))
    fold, ensembles = _folds(plan, test), contest.ensembles[contest.chosen.name]

    def order(features: Floats) -> float:
        rank: Callable[[], Floats] = (
            (lambda: ensembles[0].score(features))
            if contest.chosen.is_rule
            else (lambda: predict_held_out(ensembles, features, fold))
        )
        return float(auc(Ties.of(test.label, rank(), np.ones((1, len(test)))))[0])

    whole, losses = order(test.features), {}
    for name, position in progress(_shuffles(contest.chosen, test.names).items(), "feature effects"):
        losses[name] = [whole - order(_shuffled(test, position, plan.seed, i)) for i in range(SHUFFLES)]
    ranked = sorted(losses, key=lambda name: (-round(float(np.mean(losses[name])), DIGITS), name))
    return [
        {
            "model_version": plan.version,
            "feature_name": name,
            "effect_rank": place,
            "auc_loss": round(float(np.mean(losses[name])), DIGITS),
            "auc_loss_low": round(min(losses[name]), DIGITS),
            "auc_loss_high": round(max(losses[name]), DIGITS),
        }
        for place, name in enumerate(ranked, start=1)
    ]


def _shuffles(chosen: Candidate, names: tuple[str, ...]) -> dict[str, Ints]:
    """What is shuffled, and the columns that it is: a feature's, or all those of a channel together."""
    if chosen.reads_sequence:
        return dict(zip(sequence.channels(names), sequence.positions(names).T, strict=True))
    return {name: np.array([names.index(name)]) for name in rule_module.NEEDED.get(chosen.name, names)}


def _bin_records(plan: Plan, chosen: Candidate, ensemble: Ensemble) -> list[dict[str, Any]]:
    """Bins of the rows that the deployed model was fitted on; scores are of members that never saw them."""
    training = plan.rows.take(plan.rows.on(plan.deployed.train))
    score = _score_left_out(plan, chosen, ensemble, training)
    return drift.bin_records(plan.version, training, np.round(ensemble.calibrator.probability(score), 6))


def _shuffled(rows: Rows, position: Ints, seed: int, repeat: int) -> Floats:
    features = rows.features.copy()
    order = np.random.default_rng([seed, int(position[0]), repeat]).permutation(len(rows))
    features[:, position] = features[np.ix_(order, position)]
    return features


def _value(reads: dict[str, dict[str, Read]], name: str) -> str:
    value, low, high = reads[name]["test"].figures["auc"]
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
