"""Which rows meet in which batch, in what order, at what learning rate. Standard library only."""

import math
import random

#: Batches that are sorted by length together: more saves padding, fewer mixes rows better.
WINDOW = 8

SCHEDULES = ("linear", "constant", "cosine")


def shuffled(count: int, *seed: int) -> list[int]:
    """The numbers below `count` in an order that depends on `seed` alone, on any machine."""
    order = list(range(count))
    random.Random("/".join(map(str, seed))).shuffle(order)
    return order


def epoch_batches(lengths: list[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """One epoch's batches of row numbers: every row once, rows of like length together.

    Rows are shuffled, each window of `WINDOW` batches is sorted by length, then the batches are
    shuffled again.

    Args:
        lengths: tokens of each row.
        size: rows a batch; one batch of the epoch may have fewer.
        epoch: counted from 1; each has another order.
    """
    order = shuffled(len(lengths), seed, epoch)
    made = []
    for start in range(0, len(order), size * WINDOW):
        window = sorted(order[start : start + size * WINDOW], key=lambda row: lengths[row])
        made += [window[at : at + size] for at in range(0, len(window), size)]
    return [made[index] for index in shuffled(len(made), seed, epoch, 1)]


def split_rows(count: int, ratio: float, seed: int) -> tuple[list[int], list[int]]:
    """Row numbers for training and for validation, each in the order of the file.

    Args:
        ratio: the share of validation; above 0 it gets at least one row, and never all of them.
    """
    kept = min(max(1, round(count * ratio)), count - 1) if ratio > 0 else 0
    chosen = set(shuffled(count, seed)[:kept])
    return [row for row in range(count) if row not in chosen], sorted(chosen)


def learning_rate(peak: float, schedule: str, done: int, total: int) -> float:
    """The rate of the step after `done` of `total` optimizer steps.

    As Hugging Face's schedulers of these names have it, without warm-up.
    """
    if schedule == "linear":
        return peak * (1 - done / total)
    if schedule == "cosine":
        return peak * 0.5 * (1 + math.cos(math.pi * done / total))
    return peak
