"""Customers drawn from the processes that the models describe, one order after the other; nothing of clm_ml in it."""

from dataclasses import dataclass

import numpy as np

BG = (0.8, 6.0, 1.2, 2.5)
MBG = (0.9, 5.0, 0.8, 1.7)
PARETO = (0.7, 8.0, 0.9, 14.0)
AGE, HORIZON = 30.0, 20.0


@dataclass(frozen=True)
class Drawn:
    """What is known at AGE, and what is not: who is alive then, orders in HORIZON after, time to the next one."""

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    alive: np.ndarray
    later: np.ndarray
    wait: np.ndarray


def people(kind, params, count, seed):
    """`kind` is bg_nbd, mbg_nbd or pareto_nbd."""
    rng = np.random.default_rng(seed)
    r, alpha, second, third = params
    rate = rng.gamma(r, 1 / alpha, count)
    if kind == "pareto_nbd":
        end, chance = rng.exponential(1 / rng.gamma(second, 1 / third, count)), np.zeros(count)
    else:
        end, chance = np.full(count, np.inf), rng.beta(second, third, count)
    if kind == "mbg_nbd":
        end = np.where(rng.random(count) < chance, 0.0, end)
    return _lived(rng, rate, end, chance)


def _lived(rng, rate, end, chance):
    count = len(rate)
    now, frequency, recency, later = (np.zeros(count) for _ in range(4))
    wait = np.full(count, np.inf)
    going = np.ones(count, dtype=bool)
    while going.any():
        now = now + rng.exponential(1, count) / rate
        buys = going & (now <= end)
        seen = buys & (now <= AGE)
        frequency[seen] += 1
        recency[seen] = now[seen]
        after = buys & (now > AGE)
        later[after & (now <= AGE + HORIZON)] += 1
        wait = np.where(after & np.isinf(wait), now - AGE, wait)
        end = np.where(buys & (rng.random(count) < chance), now, end)
        going = buys & (now < end) & (now <= AGE + HORIZON)
    return Drawn(frequency, recency, np.full(count, AGE), end > AGE, later, wait)
