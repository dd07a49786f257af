"""Recurrent network: a small GRU over the sequence of a customer's days. PyTorch fits it, numpy scores with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.models.logistic import log_scale
from clm_ml.models.rows import Floats, Ints, by_blocks
from clm_ml.models.sequence import PERIODS, positions

if TYPE_CHECKING:
    import torch

NAME = "recurrent_network"
EXTRA = "recurrent"
LEARNER: dict[str, Any] = {"units": 16, "learning_rate": 0.01, "weight_decay": 0.01, "batch_size": 128}
STEPS, MOST_ROUNDS = 800, 20
SETTINGS: dict[str, Any] = {
    **LEARNER,
    "cell": "gru",
    "periods": PERIODS,
    "steps": STEPS,
    "most_rounds": MOST_ROUNDS,
    "fit_rows": 20_000,
}
LARGEST_GRADIENT = 1.0
AT_ONCE = 2_000  # rows


@dataclass(frozen=True)
class RecurrentScorer:
    """Gated recurrent units (reset, update, new), period by period from the oldest; the last state gives log odds.

    `positions` are the columns of the steps, a row per period and a column per channel; the others are not read.
    """

    positions: Ints
    spread: Floats
    into: Floats
    into_bias: Floats
    onward: Floats
    onward_bias: Floats
    weights: Floats
    intercept: float

    def score(self, features: Floats) -> Floats:
        return by_blocks(self._score, features, AT_ONCE)

    def _score(self, features: Floats) -> Floats:
        steps = self.steps(features)
        state = np.zeros((len(features), len(self.weights)))
        for period in range(steps.shape[1]):
            new = steps[:, period] @ self.into + self.into_bias
            old = state @ self.onward + self.onward_bias
            (reset_new, update_new, new), (reset_old, update_old, old) = (np.split(x, 3, axis=1) for x in (new, old))
            update = _gate(update_new + update_old)
            proposal = np.tanh(new + _gate(reset_new + reset_old) * old)
            state = proposal + update * (state - proposal)
        result: Floats = state @ self.weights + self.intercept
        return result

    def steps(self, features: Floats) -> Floats:
        """Shape (rows, periods, channels): log-scaled, in units of their spread; 0 is nothing."""
        return scaled(features, self.positions) / self.spread

    def state(self) -> dict[str, Any]:
        return {
            "positions": self.positions,
            "spread": self.spread,
            "into": self.into,
            "into_bias": self.into_bias,
            "onward": self.onward,
            "onward_bias": self.onward_bias,
            "weights": self.weights,
            "intercept": self.intercept,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> RecurrentScorer:
        return cls(**{**state, "intercept": float(state["intercept"])})


def is_installed() -> bool:
    """Whether PyTorch is here to fit it."""
    return importlib.util.find_spec("torch") is not None


def scaled(features: Floats, place: Ints) -> Floats:
    """The steps on a log scale, before they are standardised."""
    return np.nan_to_num(log_scale(features[:, place]))


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> RecurrentScorer:
    """About the same number of steps whatever the rows; the same rows and seed give the same weights."""
    place = positions(names)
    steps = scaled(features, place)
    spread = steps.std(axis=(0, 1))
    spread = np.where(spread < 1e-9, 1.0, spread)
    with repeatable():
        cell, head = _trained(steps / spread, label, seed)
        weights = {name: part.detach().double().numpy().T.copy() for name, part in cell.named_parameters()}
        ends = head.weight.detach().double().numpy()[0].copy(), float(head.bias.item())
    return RecurrentScorer(
        place,
        spread,
        weights["weight_ih_l0"],
        weights["bias_ih_l0"],
        weights["weight_hh_l0"],
        weights["bias_hh_l0"],
        *ends,
    )


def step_count(rows: int) -> int:
    """So many steps, but of few rows none more often than this."""
    return min(STEPS, MOST_ROUNDS * -(-rows // LEARNER["batch_size"]))


@contextmanager
def repeatable() -> Iterator[None]:
    """PyTorch on one thread and without kernels that add up in any order; then as it was."""
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.use_deterministic_algorithms(strict)
        torch.set_num_threads(threads)


def _trained(steps: Floats, label: Floats, seed: int) -> tuple[torch.nn.GRU, torch.nn.Linear]:
    """AdamW, the learning rate rising and falling once."""
    import torch

    torch.manual_seed(seed)
    cell = torch.nn.GRU(steps.shape[2], LEARNER["units"], batch_first=True)
    head = torch.nn.Linear(LEARNER["units"], 1)
    parts = [*cell.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parts, lr=LEARNER["learning_rate"], weight_decay=LEARNER["weight_decay"])
    count = step_count(len(steps))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNER["learning_rate"], total_steps=count)
    inputs, target = torch.from_numpy(steps.astype(np.float32)), torch.from_numpy(label.astype(np.float32))
    loss_of = torch.nn.BCEWithLogitsLoss()
    for drawn in _batches(len(steps), count, seed):
        chosen = torch.from_numpy(drawn)
        last = cell(inputs[chosen])[0][:, -1]
        optimizer.zero_grad()
        loss_of(head(last)[:, 0], target[chosen]).backward()
        torch.nn.utils.clip_grad_norm_(parts, LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
    return cell, head


def _batches(rows: int, count: int, seed: int) -> Iterator[Ints]:
    """So many batches, round after round; what is left of a round and fills no batch is not used."""
    rng, size = np.random.default_rng([seed, 17]), min(LEARNER["batch_size"], rows)
    left = np.empty(0, dtype=np.int64)
    for _ in range(count):
        if len(left) < size:
            left = rng.permutation(rows)
        yield left[:size]
        left = left[size:]


def _gate(x: Floats) -> Floats:
    """The logistic function, by the hyperbolic tangent, which is the faster."""
    result: Floats = 0.5 + 0.5 * np.tanh(0.5 * x)
    return result
