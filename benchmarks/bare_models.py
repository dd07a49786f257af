"""clm-ml's models as scikit-learn alone would fit and ask them, on the same matrix in memory.

Bare training: every fit that `clm-ml train` makes, and nothing else. Bare scoring: `predict_proba` of every estimator
the champion consists of (members), of those its interval is made of, and of the matrices its reasons are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from clm_ml.churn import score as scoring
from clm_ml.churn import train as training
from clm_ml.models import boosting, forest, logistic, reasons, register
from clm_ml.models.ensemble import Ensemble, pairs, singles, thin
from clm_ml.models.publish import BATCH, Maker, Table, publish
from clm_ml.models.rows import Floats, Ints, Rows, fold_of
from clm_ml.models.snapshots import CHURN, eligible_query, read_eligible, read_labelled, snapshot_dates
from clm_ml.models.threads import one_thread
from clm_ml.tasks import Training
from clm_ml.warehouse import connect, stream

from benchmarks.child import Meter

Request = dict[str, Any]
Answer = dict[str, Any]

LEARNERS = {module.NAME: module for module in (logistic, forest, boosting)}
FIT_ROWS_FOR_SCORING = 20_000  # bare logistic models are fitted on so many rows before they are asked


def estimator(name: str, seed: int) -> Any:
    """The plain scikit-learn estimator with clm-ml's settings."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    settings = {key: value for key, value in LEARNERS[name].SETTINGS.items() if key != "fit_rows"}
    if name == boosting.NAME:
        return HistGradientBoostingClassifier(**settings, early_stopping=False, random_state=seed)
    if name == forest.NAME:
        return RandomForestClassifier(**settings, random_state=seed, n_jobs=2)
    return _logistic_pipeline(settings["C"])


def bare_training(request: Request) -> Answer:
    """Every fit of `clm-ml train`: each model without two folds, the champion without one fold, and its refits."""
    with one_thread():
        with connect(read_only=True) as con:
            run = register.require_champion(con, CHURN.name)
            plan = training.make_plan(con, Training(seed=run["seed"]))
        matrices = list(_matrices(plan, run["algorithm"]))
        with Meter() as meter:
            for name, features, label in matrices:
                estimator(name, plan.seed).fit(features, label)
    fits = {name: sum(1 for fitted, _, _ in matrices if fitted == name) for name in LEARNERS}
    return {"used": meter.used, "fits": fits, "rows": len(plan.rows), "features": len(plan.rows.names)}


def score_parts(request: Request) -> Answer:
    """What `clm-ml score` spends where, and what scikit-learn alone takes for the same answers."""
    with one_thread(), connect() as con:
        run = register.require_champion(con, CHURN.name)
        day = snapshot_dates(con)[-1]
        ensemble, reference = scoring.load(run)
        if ensemble.algorithm not in LEARNERS:
            return {"used": _nothing(), "algorithm": ensemble.algorithm, "is_rule": True}
        parts: dict[str, Any] = {}
        with Meter() as parts["reading"]:
            batches = list(read_eligible(con, CHURN, day, ensemble.names))
        with Meter() as parts["level of the season"]:
            scoring.level_on(con, run, ensemble, day)
        parts |= _model_parts(ensemble, reference, batches)
        parts |= _writing(con, run, day, scoring.Predictor(ensemble, ensemble, reference))
        labelled = read_labelled(con, CHURN, ensemble.names, (), FIT_ROWS_FOR_SCORING)
        bare = _bare_parts(ensemble, reference, batches, labelled)
    figures = {name: meter.used for name, meter in {**parts, **bare}.items()}
    rows = sum(len(batch) for batch in batches)
    return {"used": _nothing(), "algorithm": ensemble.algorithm, "is_rule": False, "rows": rows, "parts": figures}


def _model_parts(ensemble: Ensemble, reference: Floats, batches: list[Rows]) -> dict[str, Meter]:
    with Meter() as probability:
        for batch in batches:
            ensemble.probability(batch.features)
    with Meter() as interval:
        for batch in batches:
            ensemble.interval(batch.features)
    with Meter() as explained:
        for batch in batches:
            reasons.explain(ensemble, batch.features, reference)
    return {"probability": probability, "probability and interval": interval, "reasons": explained}


def _writing(con: Any, run: dict[str, Any], day: Any, predictor: scoring.Predictor) -> dict[str, Meter]:
    """Staging of the finished columns, and the comparison with what is published; nothing stays."""
    table, names = Table(scoring.TABLE, scoring.COLUMNS), predictor.ensemble.names
    maker = Maker(table, run["model_version"], day, names, predictor, run["trained_at"])
    made = list(maker(stream(con, eligible_query(CHURN, day, names), BATCH)))
    con.execute(f"create or replace temporary table staged as select * from {table.name} limit 0")
    with Meter() as meter:
        for batch in made:
            con.register("batch", batch)
            con.execute("insert into staged by name select * from batch")
        publish(con, table, (run["model_version"], day), "staged")
    return {"writing": meter}


def _bare_parts(ensemble: Ensemble, reference: Floats, batches: list[Rows], labelled: Rows) -> dict[str, Meter]:
    members, refits = _bare_members(ensemble, labelled)
    with Meter() as probability:
        for batch in batches:
            _ask(members, batch.features)
    with Meter() as interval:
        for batch in batches:
            _ask(refits, batch.features)
    with Meter() as explained:
        for batch in batches:
            _bare_reasons(ensemble, members, batch.features, reference)
    return {"bare probability": probability, "bare interval": interval, "bare reasons": explained}


def _bare_members(ensemble: Ensemble, labelled: Rows) -> tuple[list[Any], list[Any]]:
    """Members, and what the interval needs besides them: the refits of a logistic model, nothing of the others."""
    if ensemble.algorithm != logistic.NAME:
        return [member.estimator for member in ensemble.members], []  # type: ignore[attr-defined]
    fitted = estimator(logistic.NAME, 0).fit(labelled.features, labelled.label)
    return [fitted] * len(ensemble.members), [fitted] * len(ensemble.refits)


def _bare_reasons(ensemble: Ensemble, members: list[Any], features: Floats, reference: Floats) -> None:
    """A linear model: its columns times its weights. Others: ask again with each topic of each reference customer."""
    if ensemble.algorithm == logistic.NAME:
        for member in members:
            member[:-1].transform(features) * member[-1].coef_[0]
        return
    topics = [reasons.topic_of(name) for name in ensemble.names]
    for topic in dict.fromkeys(topics):
        positions = np.flatnonzero(np.array(topics) == topic)
        for person in reference:
            replaced = features.copy()
            replaced[:, positions] = person[positions]
            _ask(members, replaced)


def _ask(members: list[Any], features: Floats) -> None:
    for member in members:
        member.predict_proba(features)


def _matrices(plan: Any, champion: str) -> Iterator[tuple[str, Floats, Floats]]:
    """What each fit is given, in memory before the clock starts."""
    contest, deployed = (plan.rows.take(plan.rows.on(slices.train)) for slices in (plan.slices, plan.deployed))
    fold = fold_of(contest.customer, plan.folds, plan.seed)
    for name in LEARNERS:
        for left_out in pairs(plan.folds):
            yield _matrix(name, contest, fold, left_out, plan.seed)
    if champion in LEARNERS:
        fold = fold_of(deployed.customer, plan.folds, plan.seed)
        for left_out in singles(plan.folds):
            yield _matrix(champion, deployed, fold, left_out, plan.seed)
    if champion == logistic.NAME:
        rows = thin(deployed, LEARNERS[champion].SETTINGS["fit_rows"], plan.seed)
        yield from [(champion, rows.features, rows.label)] * training.REFITS


def _matrix(name: str, rows: Rows, fold: Ints, left_out: tuple[int, ...], seed: int) -> tuple[str, Floats, Floats]:
    kept = thin(rows.take(~np.isin(fold, left_out)), LEARNERS[name].SETTINGS["fit_rows"], seed)
    return name, kept.features, kept.label


def _logistic_pipeline(penalty: float) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return make_pipeline(
        FunctionTransformer(logistic.log_scale),
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=200, tol=1e-8),
    )


def _nothing() -> dict[str, float]:
    return {"wall": 0.0, "cpu": 0.0, "peak_mb": 0.0}
