"""Train segments: as many k-means clusters as are stable, against the RFM segments; names and ids are carried on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.console import narrated, progress, say
from clm_ml.errors import DataRefused
from clm_ml.models import files, gates, guards, register
from clm_ml.models.logistic import Scale, log_scale
from clm_ml.models.reasons import say_feature, topic_of
from clm_ml.models.rows import Floats, Ints, Rows, sha256_of
from clm_ml.models.segments import rfm
from clm_ml.models.segments.buyers import SPACE, UNITS, buyer_count, read_active
from clm_ml.models.segments.clusters import (
    NUMBERS,
    RESAMPLES,
    RESTARTS,
    Grouping,
    Partition,
    Stability,
    fit,
    fit_from,
    mean_with_interval,
    scale_of,
    silhouette_rows,
    silhouettes,
    stability,
)
from clm_ml.models.segments.matching import Segment, matched, overlaps
from clm_ml.models.segments.names import LAPSED, LAPSED_ID, name_segments, order_by_value
from clm_ml.models.segments.unusual import Unusual, learn
from clm_ml.models.snapshots import (
    FEATURES,
    check_features,
    choose_day,
    feature_columns,
    require_tables,
    snapshot_dates,
)
from clm_ml.models.threads import one_thread
from clm_ml.models.versions import code_version, packages
from clm_ml.tasks import Training
from clm_ml.warehouse import connect

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

NAME = "segment"
SEGMENTS = "ml_segments"
K_MEANS = "k_means_"
FORMAT = 1
DIGITS = register.DIGITS
STABLE = 0.80  # mean adjusted Rand over the resamples
COHESIVE = 0.25  # silhouette below which no structure is seen (Kaufman and Rousseeuw 1990)
SMALLEST_SHARE = 0.02  # fewer are the unusual few, not a segment
CLEARLY = 0.02  # so much more silhouette makes a larger number take the place of the number in use
LASTING = 0.70  # adjusted Rand of the clusters of a quarter earlier, on today's customers
EARLIER_DAYS = 80  # they are those of so many days before, or more
TRAITS = 3
KNOWN = 0.5  # a trait is known of so many, inside and outside the segment

Figure = tuple[float, float, float]


@dataclass(frozen=True)
class Model:
    """What scores: the clusters in the order of their segments, and the unusual few."""

    partition: Partition
    unusual: Unusual
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Before:
    """The segments in use: what a new run carries on. Without their model file, only that ids are not given twice."""

    version: str
    model: Model | None
    next_id: int


@dataclass(frozen=True)
class Read:
    """One candidate: its groups, its figures, and how its groups were found again."""

    groups: Ints
    partition: Partition | None
    figures: dict[str, Figure]
    stability: Stability
    silhouettes: Floats


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run's content, before anything is fitted."""

    rows: Rows
    earlier: Rows | None
    codes: dict[str, str]
    seed: int
    lapsed_count: int

    @property
    def features(self) -> Floats:
        return self.rows.only(SPACE).features

    @property
    def day(self) -> date:
        return self.rows.dates()[-1]

    @property
    def usual_gap(self) -> float:
        """The median of customers' own gaps between purchase days; of their silence where no gap is known."""
        for name in ("typical_gap_days", "recency_days"):
            values = self.rows.features[:, self.rows.names.index(name)] if name in self.rows.names else np.empty(0)
            if np.isfinite(values).any():
                return float(np.nanmedian(values))
        return 1.0

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of clusters that compete: two of a kind make no cluster."""
        distinct = len(np.unique(self.features, axis=0))
        return tuple(n for n in NUMBERS if 2 * n <= distinct)

    @property
    def parameters(self) -> dict[str, Any]:
        """What, besides data and code, changes the result."""
        return {
            "features": list(SPACE),
            "numbers": list(NUMBERS),
            "resamples": RESAMPLES,
            "stable": STABLE,
            "cohesive": COHESIVE,
            "smallest_share": SMALLEST_SHARE,
            "lasting": LASTING,
            "clearly": CLEARLY,
        }

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of every row that training reads."""
        parts = [self.rows, *([self.earlier] if self.earlier else [])]
        return hashlib.sha256("".join(map(sha256_of, parts)).encode()).hexdigest()

    @cached_property
    def version(self) -> str:
        """segment-<as-of date>-<hash of data, code, parameters and seed>. The names it carries on are no part."""
        parts = [self.data_hash, self.codes, code_version(__file__), packages(), self.parameters, self.seed]
        text = json.dumps(parts, sort_keys=True)
        return f"{NAME}-{self.day}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def train(wanted: Training) -> dict[str, Any]:
    """Train, register and make champion. Returns the run and whether it is new. Raises DataRefused (exit 3)."""
    with one_thread():
        with (
            gates.guarded(NAME),
            connect(read_only=True) as con,
            narrated(lambda seconds: f"  reading and checking: {seconds:.0f} s so far"),
        ):
            register.require_current(con)
            require_tables(con, ("predictions", SEGMENTS))
            plan = make_plan(con, wanted)
            known = register.find(con, plan.version)
            before = segments_before(con, known)
        if known and files.is_intact(known["model_file"], known["model_sha256"]):
            return register.trained_already(known)
        run, rest, content = compete(plan, before, known)
    if content is not None:
        files.write(run["model_file"], content)
    with connect() as con:
        register.save(con, run, rest)
    say(f"{run['model_version']}{' is the champion' if run['is_champion'] else ''}: {run['verdict']}")
    return {"is_new": True, **run}


def make_plan(con: Connection, wanted: Training) -> Plan:
    """Read the customers of the newest as-of date (or the wanted one) and of a quarter earlier; apply every guard."""
    require_tables(con, FEATURES, ("reference", "rfm_segments"))
    columns = feature_columns(con)
    gone = [name for name in SPACE if name not in columns]
    if gone:
        raise DataRefused(f"features.{FEATURES[1]} has no {', '.join(gone)}", "mend the model, then run `dbt build`")
    check_features(con, columns)
    names = (*SPACE, *(name for name in guards.usable_features(columns) if name not in SPACE))
    day = choose_day(con, wanted.test)
    rows = read_active(con, day, names)
    if len(rows) < guards.MIN_CUSTOMERS:
        raise DataRefused(
            f"{len(rows)} customers bought in the year to {day}; segments need {guards.MIN_CUSTOMERS}",
            "load more customers or a longer history; until then marts.fct_customer_rfm segments by rule",
        )
    past = [one for one in snapshot_dates(con) if one <= day - timedelta(days=EARLIER_DAYS)]
    earlier = read_active(con, past[-1], SPACE) if past else None
    codes = dict(con.execute("select rfm_code, rfm_segment from reference.rfm_segments order by 1").fetchall())
    say(f"{len(rows):,} customers who bought in the year to {day}, by {', '.join(SPACE)}")
    return Plan(
        rows,
        earlier if earlier and len(earlier) >= guards.MIN_CUSTOMERS else None,
        {str(code): str(name) for code, name in codes.items()},
        wanted.seed,
        buyer_count(con, day) - len(rows),
    )


def segments_before(con: Connection, known: dict[str, Any] | None = None) -> Before | None:
    """The champion's segments, or the newest clusters where a rule stands; of a known run, those it carried on."""
    order = "order by is_champion desc, trained_at desc, model_version limit 1"
    which = f"algorithm like '{K_MEANS}%'"
    if known:
        which += f" and model_version = '{json.loads(known['parameters'])['before']}'"
    runs = register.records(
        con, f"select * from predictions.{register.RUNS} where task = ? and {which} {order}", [NAME]
    )
    if not runs:
        return None
    next_id = int(json.loads(runs[0]["parameters"])["next_segment_id"])
    try:
        model = from_bytes(files.read(runs[0]["model_file"], runs[0]["model_sha256"]))
    except DataRefused as error:
        say(f"{error.message}; the segments are named anew")
        return Before(runs[0]["model_version"], None, next_id)
    return Before(runs[0]["model_version"], model, next_id)


def compete(
    plan: Plan, before: Before | None, known: dict[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any], bytes | None]:
    """Read every number of clusters and the rule, choose, name: the rows of the register and the model file."""
    candidates = [rfm.NAME, *(f"{K_MEANS}{number}" for number in plan.numbers)]
    reads = {name: _read(plan, name, before) for name in progress(candidates, "numbers of segments")}
    for name in candidates[1:]:
        gain = reads[name].silhouettes - reads[rfm.NAME].silhouettes
        reads[name].figures["silhouette_gain_over_rule"] = mean_with_interval(gain, plan.seed)
    chosen, why = choose(plan, reads, before)
    if known:
        chosen = known["algorithm"]
    return write_up(plan, reads, chosen, why, before, known)


def choose(plan: Plan, reads: dict[str, Read], before: Before | None) -> tuple[str, str]:
    """The number in use while it holds, else the largest number that holds, else the RFM segments."""
    in_use = f"{K_MEANS}{before.model.partition.number}" if before and before.model else ""
    holds = [name for name in reads if name != rfm.NAME and _holds(reads[name], name == in_use)]
    if not holds:
        return rfm.NAME, _no_structure(reads)
    name = _number_to_use(in_use, holds, reads)
    figures = reads[name].figures
    gain = figures["silhouette_gain_over_rule"]
    why = (
        f"{name.removeprefix(K_MEANS)} segments: {'still' if name == in_use else 'the largest number that is'} found "
        f"again in resamples (adjusted Rand {figures['adjusted_rand'][0]:.2f}, at least {STABLE:.2f}), silhouette "
        f"{figures['silhouette'][0]:.3f} (at least {COHESIVE:.2f}), {gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}] "
        "against the RFM segments"
    )
    if plan.earlier is not None:
        rand = figures["adjusted_rand_earlier"][0]
        why += f"; those of {plan.earlier.dates()[-1]} group today's customers alike to {rand:.2f}"
    return name, why


def _number_to_use(in_use: str, holds: list[str], reads: dict[str, Read]) -> str:
    """The number in use, unless a larger one holds together better: then a group of its own has come."""
    if in_use not in holds:
        return holds[-1]
    held = _value(reads, in_use, "silhouette") + CLEARLY
    better = [name for name in holds[holds.index(in_use) :] if _value(reads, name, "silhouette") > held]
    return [in_use, *better][-1]


def _holds(read: Read, is_in_use: bool) -> bool:
    """Segments in use go on from their own centres: what a quarter earlier would have made is no matter to them."""
    figures = read.figures
    return (
        figures["adjusted_rand"][0] >= STABLE
        and figures["silhouette"][0] >= COHESIVE
        and figures["smallest_share"][0] >= SMALLEST_SHARE
        and figures["silhouette_gain_over_rule"][1] > 0
        and (is_in_use or figures.get("adjusted_rand_earlier", (1.0,))[0] >= LASTING)
    )


def _no_structure(reads: dict[str, Read]) -> str:
    clusters = [name for name in reads if name != rfm.NAME]
    if not clusters:
        return "no stable structure: too few different customers; the RFM segments are kept"
    best = max(clusters, key=lambda name: _value(reads, name, "adjusted_rand"))
    return (
        f"no stable structure: no number of clusters from {NUMBERS[0]} to {NUMBERS[-1]} is found again in resamples "
        f"(adjusted Rand at least {STABLE:.2f}), holds together (silhouette at least {COHESIVE:.2f}, and above the "
        f"RFM segments'), leaves no splinter (at least {SMALLEST_SHARE:.0%}) and lasts (a quarter's adjusted Rand at "
        f"least {LASTING:.2f}); the most stable, "
        f"{best.removeprefix(K_MEANS)}, has {_value(reads, best, 'adjusted_rand'):.2f} and "
        f"{_value(reads, best, 'silhouette'):.3f}; the RFM segments are kept"
    )


def write_up(
    plan: Plan,
    reads: dict[str, Read],
    chosen: str,
    why: str,
    before: Before | None,
    known: dict[str, Any] | None,
) -> tuple[dict[str, Any], dict[str, Any], bytes | None]:
    """The rows of the register, and the model file's bytes (None for the rule)."""
    read, content = reads[chosen], None
    settled: dict[str, Any] = {"next_segment_id": before.next_id if before else 1, "before": None}
    if read.partition is None:
        segments = tuple(Segment(rfm.FIRST_ID + i, name) for i, name in enumerate(rfm.SEGMENTS))
    else:
        segments, settled = _settle(plan, read, before, json.loads(known["parameters"]) if known else None)
        unusual = learn(read.partition.columns(plan.features), plan.seed)
        content = files.dump(to_state(Model(read.partition, unusual, segments)))
        why = known["verdict"] if known else f"{why}{_carried(segments, settled)}"
    run = {
        "model_version": plan.version,
        "task": NAME,
        "algorithm": chosen,
        "is_champion": True,
        "trained_at": datetime.now(UTC).replace(tzinfo=None),
        **_slice_columns(plan),
        "feature_names": json.dumps(SPACE),
        "parameters": json.dumps({**plan.parameters, **settled}, sort_keys=True),
        "seed": plan.seed,
        "data_hash": plan.data_hash,
        "code_version": code_version(__file__),
        "package_versions": json.dumps(packages(), sort_keys=True),
        "model_file": None if content is None else f"{plan.version}.skops",
        "model_sha256": None if content is None else hashlib.sha256(content).hexdigest(),
        "verdict": why,
        "seasonal_shift": None,
    }
    if known:
        run["trained_at"] = known["trained_at"]
    rest = {
        register.METRICS: _metric_records(plan, reads, chosen),
        SEGMENTS: _segment_records(plan, read, segments),
    }
    return run, rest, content


def to_state(model: Model) -> dict[str, Any]:
    """Plain lists, numbers and arrays."""
    scale = model.partition.scale
    return {
        "format": FORMAT,
        "names": list(SPACE),
        "fill": scale.fill,
        "unknown": scale.unknown,
        "center": scale.center,
        "spread": scale.spread,
        "centers": model.partition.centers,
        "typical": model.unusual.typical,
        "limit": model.unusual.limit,
        "segments": [[s.segment_id, s.name] for s in model.segments],
    }


def from_bytes(content: bytes) -> Model:
    """The model of a file."""
    state = files.load(content)
    if state.get("format") != FORMAT or tuple(state["names"]) != SPACE:
        raise DataRefused("the model file is of another version of the program", "run `clm-ml train segment`")
    scale = Scale(state["fill"], state["unknown"], state["center"], state["spread"])
    segments = tuple(Segment(int(segment_id), str(name)) for segment_id, name in state["segments"])
    return Model(Partition(scale, state["centers"]), Unusual(state["typical"], float(state["limit"])), segments)


def _read(plan: Plan, name: str, before: Before | None) -> Read:
    """One candidate on the newest customers, and what one of a quarter earlier says of them."""
    features, seed = plan.features, plan.seed
    partition: Partition | None = None
    if name == rfm.NAME:
        grouping, number = _rule(plan, features), len(rfm.SEGMENTS)
    else:
        number = int(name.removeprefix(K_MEANS))
        partition = _clusters(features, number, seed, before)
        partition = partition.in_order(order_by_value(features, partition.nearest(features), SPACE))
        grouping = partition.nearest

    def again(drawn: Floats, repeat: int) -> Grouping:
        if name == rfm.NAME:
            return _rule(plan, drawn)
        return fit(drawn, number, seed + repeat, RESTARTS).nearest

    groups = grouping(features)
    found = stability(features, groups, number, again, seed)
    low, high = (float(x) for x in np.quantile(found.adjusted_rand, [0.025, 0.975]))
    own = _silhouettes(plan, groups)
    figures: dict[str, Figure] = {
        "silhouette": mean_with_interval(own, seed),
        "adjusted_rand": (float(found.adjusted_rand.mean()), low, high),
        "smallest_share": _exactly(np.bincount(groups, minlength=number).min() / len(groups)),
    }
    if plan.earlier is not None:
        past = plan.earlier.features
        held = (_rule(plan, past) if name == rfm.NAME else fit(past, number, seed).nearest)(features)
        figures["silhouette_earlier"] = mean_with_interval(_silhouettes(plan, held), seed)
        figures["adjusted_rand_earlier"] = _exactly(_adjusted_rand(groups, held))
    return Read(groups, partition, figures, found, own)


def _clusters(features: Floats, number: int, seed: int, before: Before | None) -> Partition:
    """The best of many starts; of the number in use, those in use where they fit hardly worse."""
    best = fit(features, number, seed)
    if before is None or before.model is None or before.model.partition.number != number:
        return best
    return fit_from(features, before.model.partition, best) or best


def _rule(plan: Plan, features: Floats) -> Grouping:
    return rfm.RfmRule.of(features, SPACE, plan.codes).segments


def _adjusted_rand(one: Ints, other: Ints) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(one, other))


def _silhouettes(plan: Plan, groups: Ints) -> Floats:
    columns = scale_of(plan.features).columns(plan.features / UNITS)
    return silhouettes(columns, groups, silhouette_rows(len(columns), plan.seed))


def _settle(
    plan: Plan, read: Read, before: Before | None, known: dict[str, Any] | None
) -> tuple[tuple[Segment, ...], dict[str, Any]]:
    """Ids and names: of the segments before where they are the same, of their own where not."""
    if known:
        again = tuple(Segment(i, name, overlap) for i, name, overlap in known["segments"])
        return again, {name: known[name] for name in ("segments", "next_segment_id", "before")}
    number = int(read.groups.max()) + 1
    kept: dict[int, Segment] = {}
    if before and before.model:
        old = before.model
        overlap = overlaps(read.groups, number, old.partition.nearest(plan.features), old.partition.number)
        kept = {
            new: replace(old.segments[one], overlap=round(float(overlap[new, one]), DIGITS))
            for new, one in matched(overlap).items()
        }
    names = name_segments(plan.features, read.groups, SPACE, plan.usual_gap, {g: s.name for g, s in kept.items()})
    next_id, segments = before.next_id if before else 1, []
    for group, name in enumerate(names):
        segments.append(kept.get(group) or Segment(next_id, name))
        next_id += group not in kept
    settled = {
        "segments": [[s.segment_id, s.name, s.overlap] for s in segments],
        "next_segment_id": next_id,
        "before": before.version if before and before.model else None,
    }
    return tuple(segments), settled


def _carried(segments: tuple[Segment, ...], settled: dict[str, Any]) -> str:
    if not settled["before"]:
        return ""
    kept = sum(segment.overlap is not None for segment in segments)
    return f"; {kept} of {len(segments)} keep the name they had in {settled['before']}"


def _slice_columns(plan: Plan) -> dict[str, Any]:
    """Everything is read on the newest customers; those of a quarter earlier tell whether it lasts."""
    seen = plan.earlier or plan.rows
    return {
        "horizon_days": 0,
        "first_train_date": seen.dates()[-1],
        "last_train_date": seen.dates()[-1],
        "calibration_date": None,
        "test_date": plan.day,
        "train_row_count": len(seen),
        "calibration_row_count": 0,
        "test_row_count": len(plan.rows),
        "test_customer_count": len(plan.rows),
        "deployed_last_train_date": plan.day,
        "deployed_calibration_date": plan.day,
    }


def _metric_records(plan: Plan, reads: dict[str, Read], chosen: str) -> list[dict[str, Any]]:
    return [
        record
        for name, read in reads.items()
        for record in register.metric_records(
            plan.version, name, name == chosen, "validation", dict(sorted(read.figures.items())), len(plan.rows)
        )
    ]


def _segment_records(plan: Plan, read: Read, segments: tuple[Segment, ...]) -> list[dict[str, Any]]:
    counts = np.bincount(read.groups, minlength=len(segments))
    records = [
        {
            "model_version": plan.version,
            "segment_id": segment.segment_id,
            "segment_name": segment.name,
            "customer_count": int(counts[group]),
            "stability": register.rounded(float(read.stability.of_group[group])),
            "overlap_before": segment.overlap,
            **_traits(plan.rows, read.groups == group),
        }
        for group, segment in enumerate(segments)
    ]
    if read.partition is None:
        return records
    nothing: dict[str, Any] = {"stability": None, "overlap_before": None, **_no_traits()}
    lapsed = {"segment_id": LAPSED_ID, "segment_name": LAPSED, "customer_count": plan.lapsed_count}
    return [*records, {"model_version": plan.version, **lapsed, **nothing}]


def _traits(rows: Rows, inside: np.ndarray) -> dict[str, Any]:
    """What sets the segment's median customer most apart from the others', one feature per topic."""
    if not inside.any() or inside.all():
        return _no_traits()
    logs = log_scale(rows.features)
    own, others = (_columnwise(np.nanmedian, rows.features[which]) for which in (inside, ~inside))
    mean, rest = (_columnwise(np.nanmean, logs[which]) for which in (inside, ~inside))
    spread = _columnwise(np.nanstd, logs)
    known = np.array([np.isfinite(rows.features[which]).mean(axis=0) for which in (inside, ~inside)]).min(axis=0)
    away = np.abs(mean - rest) / np.where(spread > 1e-9, spread, np.inf)
    away = np.where(known > KNOWN, np.nan_to_num(away), 0.0)
    told: dict[str, str] = {}
    for i in np.argsort(-away, kind="stable"):
        said = [say_feature(rows.names, int(i), median) for median in (own, others)]
        if len(told) < TRAITS and away[i] > 0 and said[0] != said[1]:
            told.setdefault(topic_of(rows.names[i]), "; the others: ".join(said))
    texts = [*told.values(), *[None] * TRAITS][:TRAITS]
    return {f"trait_{i + 1}": text for i, text in enumerate(texts)}


def _columnwise(function: Callable[..., Floats], rows: Floats) -> Floats:
    """nanmedian or nanstd of each column; NaN where nothing is known."""
    known = np.isfinite(rows).any(axis=0)
    result = np.full(rows.shape[1], np.nan)
    result[known] = function(rows[:, known], axis=0)
    return result


def _no_traits() -> dict[str, Any]:
    return {f"trait_{i + 1}": None for i in range(TRAITS)}


def _value(reads: dict[str, Read], name: str, metric: str) -> float:
    return reads[name].figures[metric][0]


def _exactly(value: float) -> Figure:
    return float(value), float("nan"), float("nan")
