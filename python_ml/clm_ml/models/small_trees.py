"""Trees of few leaves, explained by table: a tree of n splits tells no more than 2^n kinds of customers apart.

shap is asked once what every kind adds against the reference customers, tree by tree; a customer is then looked up.
The tables also hold what a tree adds to the score, so that trees are walked once for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from clm_ml.models.rows import Floats, Ints

MOST_SPLITS = 8  # a code is one byte
MOST_KINDS = 5_000  # of one tree, known and unknown values of each feature taken together
Tree = dict[str, Any]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Split:
    """value ≤ threshold goes left, and so does an unknown one where `unknown_left`; bit number `place` says left."""

    feature: int
    threshold: float
    unknown_left: bool
    place: int


@dataclass(frozen=True)
class Table:
    """One tree: its splits, per code what it adds to the score, and per feature and code what that feature adds."""

    splits: tuple[Split, ...]
    score: Floats
    parts: dict[int, Floats]


class SmallTrees:
    """The members of a boosting model: scores as scikit-learn gives them, and exact Shapley values.

    Without a reference customer they are scored only.
    """

    def __init__(self, starts: Sequence[float], members: Sequence[Sequence[Tree]], reference: Floats | None) -> None:
        self.starts = starts
        trees = [tree for member in members for tree in member]
        values = iter(_scored(trees) if reference is None else _tables(trees, reference))
        self.members = [[next(values) for _ in member] for member in members]

    def read(self, features: Floats) -> tuple[Floats, Floats]:
        """The members' scores (one row each), and per customer and feature what it adds to their mean."""
        known = np.asfortranarray(features)
        lowest = np.where(np.isnan(known), -np.inf, known)
        parts = np.zeros(features.shape[::-1]).T
        scores = np.empty((len(self.members), len(features)))
        looked_up = np.empty(len(features))
        for score, start, member in zip(scores, self.starts, self.members, strict=True):
            score[:] = start
            for table in member:
                code = _codes(table.splits, known, lowest)
                score += np.take(table.score, code, out=looked_up, mode="clip")
                for feature, adds in table.parts.items():
                    parts[:, feature] += np.take(adds, code, out=looked_up, mode="clip")
        parts /= len(self.members)
        return scores, parts


def are_small(trees: Sequence[Tree]) -> bool:
    """Whether each of them has few enough splits for a table."""
    return all(len(_splits(tree)) <= MOST_SPLITS and _kind_count(tree) <= MOST_KINDS for tree in trees)


def _codes(splits: Sequence[Split], known: Floats, lowest: Floats) -> Codes:
    """Per customer the splits at which they go left, as bits."""
    code = np.zeros(len(known), dtype=np.uint8)
    for split in splits:
        column = (lowest if split.unknown_left else known)[:, split.feature]
        code |= (column <= split.threshold).view(np.uint8) << np.uint8(split.place)
    return code


def _scored(trees: Sequence[Tree]) -> list[Table]:
    return [Table(splits, _walk(tree, splits), {}) for tree in trees for splits in [_splits(tree)]]


def _tables(trees: Sequence[Tree], reference: Floats) -> list[Table]:
    """In the order of the trees; those with about as many kinds of customers are given to shap together."""
    found: dict[int, Table] = {}
    sizes = [int(np.log2(_kind_count(tree))) for tree in trees]
    for size in set(sizes):
        these = [number for number, one in enumerate(sizes) if one == size]
        found |= dict(zip(these, _tables_at_once([trees[number] for number in these], reference), strict=True))
    return [found[number] for number in range(len(trees))]


def _tables_at_once(trees: Sequence[Tree], reference: Floats) -> list[Table]:
    """shap is called once: each tree has columns of its own, in which all its kinds of customers stand."""
    cuts = [_cuts(tree) for tree in trees]
    kinds = [_kinds(tree_cuts) for tree_cuts in cuts]
    ends = np.cumsum([len(tree_cuts) for tree_cuts in cuts])
    columns = [slice(int(end) - len(tree_cuts), int(end)) for tree_cuts, end in zip(cuts, ends, strict=True)]
    shown = np.zeros((max(len(kind) for kind in kinds), int(ends[-1])))
    people = np.zeros((len(reference), int(ends[-1])))
    apart = []
    for tree, tree_cuts, kind, mine in zip(trees, cuts, kinds, columns, strict=True):
        shown[: len(kind), mine] = kind
        people[:, mine] = _cells(tree_cuts, reference)
        apart.append(_in_cells(tree, tree_cuts, mine.start))
    values = _shap(apart, shown, people) if ends[-1] else shown
    return [
        _table(tree, tree_cuts, kind, values[: len(kind), mine], reference)
        for tree, tree_cuts, kind, mine in zip(trees, cuts, kinds, columns, strict=True)
    ]


def _table(tree: Tree, cuts: dict[int, Floats], kind: Floats, values: Floats, reference: Floats) -> Table:
    from clm_ml.models.shapley import to_the_last_digit

    splits = _splits(tree)
    in_cells = _splits(_in_cells(tree, cuts, 0))
    code = _codes(in_cells, kind, np.where(np.isnan(kind), -np.inf, kind))
    leaf = _walk(tree, splits)
    own = _codes(splits, reference, np.where(np.isnan(reference), -np.inf, reference))
    exact = to_the_last_digit(values, leaf[code] - leaf[own].mean())
    parts = {}
    for place, feature in enumerate(cuts):
        parts[feature] = np.zeros(2 ** len(splits))
        parts[feature][code] = exact[:, place]
    return Table(splits, leaf, parts)


def _shap(trees: list[Tree], shown: Floats, people: Floats) -> Floats:
    import shap

    model = {"trees": trees, "input_dtype": np.float64, "internal_dtype": np.float64}
    explainer = shap.TreeExplainer(model, data=people, feature_perturbation="interventional")
    result: Floats = np.asarray(explainer.shap_values(shown, check_additivity=False))
    return result


def _splits(tree: Tree) -> tuple[Split, ...]:
    """In the order of the nodes."""
    nodes = np.flatnonzero(tree["features"] >= 0)
    return tuple(
        Split(
            int(tree["features"][node]),
            float(tree["thresholds"][node]),
            bool(tree["children_default"][node] == tree["children_left"][node]),
            place,
        )
        for place, node in enumerate(nodes)
    )


def _walk(tree: Tree, splits: Sequence[Split]) -> Floats:
    """Per code the value of the leaf that it ends in."""
    code = np.arange(2 ** len(splits))
    place = {int(node): number for number, node in enumerate(np.flatnonzero(tree["features"] >= 0))}
    at = np.zeros(len(code), dtype=np.int64)
    for node, number in place.items():  # parents stand before their children
        left = (code >> number & 1) > 0
        following = np.where(left, tree["children_left"][node], tree["children_right"][node])
        at = np.where(at == node, following, at)
    result: Floats = tree["values"][at, 0]
    return result


def _cuts(tree: Tree) -> dict[int, Floats]:
    """Per feature its thresholds, ascending."""
    used = np.unique(tree["features"][tree["features"] >= 0])
    return {int(f): np.unique(tree["thresholds"][tree["features"] == f]) for f in used}


def _kind_count(tree: Tree) -> int:
    return int(np.prod([len(cuts) + 2 for cuts in _cuts(tree).values()]))


def _kinds(cuts: dict[int, Floats]) -> Floats:
    """Every combination of cells: between which cuts a value lies, or that it is unknown."""
    cells = [[*map(float, range(len(edges) + 1)), np.nan] for edges in cuts.values()]
    return np.array(list(product(*cells)), dtype=float).reshape(-1, len(cuts)) if cuts else np.empty((1, 0))


def _cells(cuts: dict[int, Floats], features: Floats) -> Floats:
    columns = [
        np.where(np.isnan(features[:, f]), np.nan, np.searchsorted(edges, features[:, f]))
        for f, edges in cuts.items()
    ]
    return np.column_stack(columns) if columns else np.empty((len(features), 0))


def _in_cells(tree: Tree, cuts: dict[int, Floats], first: int) -> Tree:
    """The tree over columns from number `first`, with the numbers of cells for thresholds."""
    place: dict[int, int] = {feature: first + number for number, feature in enumerate(cuts)}
    features: Ints = np.array([place.get(int(f), int(f)) for f in tree["features"]])
    thresholds = np.array([
        float(np.searchsorted(cuts[int(f)], t)) if f >= 0 else -1.0
        for f, t in zip(tree["features"], tree["thresholds"], strict=True)
    ])  # fmt: skip
    return {**tree, "features": features, "thresholds": thresholds}
