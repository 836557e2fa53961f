"""Reference figures for Larder's statistics, by SciPy.

    python3 statistics.py          compares statistics.json with what SciPy says now; exit 1 where they differ
    python3 statistics.py --write  makes statistics.json anew

Needs scipy==1.17.1 and numpy==2.4.6; `scripts/test` installs them into .build/reference.

Every case of `bootstrap` holds two brackets, [low, high], within which an end of a percentile interval must lie. With B
resamples of one program and R of another, the quantile at p of the one is at p ± z √(p(1−p)(1/B + 1/R)) of the
other's distribution, whatever that distribution is: shares of draws are binomial. z = 5 leaves a chance of 6 in ten
million for each bracket, and the draws are seeded. `p` of the exact tests is exact; drawn ones hold the standard error
of a share, √(p(1−p)(1/F + 1/R)), and means the standard error of a mean.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

LARDERS = 20_000  # the resamples of Larder in the tests
OURS = 100_000  # the resamples here
SIGMAS = 5


def quarters(count, step, modulus, offset):
    """A reproducible list with ties, exact in binary."""
    return [((i * step) % modulus - offset) / 4 for i in range(count)]


def normals(seed, *shape):
    """Numbers that look like metrics, with six digits, so that the file says exactly what was used."""
    return np.round(np.random.default_rng(seed).normal(size=shape), 6)


ONE_SAMPLE = {
    "two": [0.25, 1.0],
    "three, skewed": [0.0, 0.0, 9.0],
    "ties": quarters(12, 7, 11, 4),
    "right or wrong, 44": [1.0] * 31 + [0.0] * 13,
    "one right of twenty": [1.0] + [0.0] * 19,
    "constant": [0.5] * 7,
    "all wrong": [0.0] * 10,
    "negative and positive": normals(1, 25).tolist(),
    "skewed, 60": np.round(np.exp(normals(2, 60)), 6).tolist(),
    "large": [1e150 * value for value in quarters(9, 5, 7, 1)],
    "small": [1e-150 * value for value in quarters(9, 5, 7, 1)],
    "one far out": [0.5] * 15 + [1000.0],
}
PAIRS = {
    "f1, 44": (normals(3, 44).tolist(), (normals(3, 44) + 0.3 * normals(4, 44) + 0.1).tolist()),
    "always the same step": (quarters(10, 3, 7, 2), [value + 0.25 for value in quarters(10, 3, 7, 2)]),
    "right or wrong": ([1.0, 0.0] * 15, [1.0, 1.0, 0.0] * 10),
}
SIGNS = {
    "one": [0.5],
    "two": [0.5, -0.25],
    "six of one sign": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "ties": quarters(12, 7, 11, 4),
    "zeros among them": [0.0, 0.0, 0.5, -0.25, 0.0, 1.0, 0.75],
    "constant": [0.25] * 10,
    "no sum": [0.5, -0.5, 0.25, -0.25],
    "large": [1e150 * value for value in quarters(11, 5, 7, 1)],
    "small": [1e-150 * value for value in quarters(11, 5, 7, 1)],
    "one far out": [0.01, 0.02, -0.01, 0.03, 0.02, 1000.0],
    "sixteen": normals(5, 16).tolist(),
}
MANY_SIGNS = {
    "forty": quarters(40, 7, 11, 4),
    "right or wrong, 200": [1.0] * 24 + [-1.0] * 11 + [0.0] * 165,
    "seventy": (normals(6, 70) + 0.25).tolist(),
}
EXPERIMENTS = {
    "five on eight": normals(7, 5, 8).tolist(),
    "two on twelve": normals(8, 2, 12).tolist(),
    "three right or wrong on sixteen": (normals(9, 3, 16) > 0).astype(float).tolist(),
    "twelve on 44, one skill": (normals(10, 44) + 0.5 * normals(11, 12, 44)).tolist(),
    "six on 60, one better": (0.4 * normals(12, 6, 60) + np.array([[0], [0], [0.25], [0], [0], [0]])).tolist(),
}


def brackets(distribution, confidence):
    found = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        slack = SIGMAS * math.sqrt(share * (1 - share) * (1 / LARDERS + 1 / OURS))
        ends = np.quantile(distribution, [max(0, share - slack), min(1, share + slack)])
        found.append([float(end) for end in ends])
    return found


def bootstrap(values, confidence):
    result = stats.bootstrap(
        (values,), np.mean, n_resamples=OURS, batch=20_000, confidence_level=confidence, method="percentile", rng=1)
    low, high = brackets(result.bootstrap_distribution, confidence)
    assert low[0] <= result.confidence_interval.low <= low[1]
    return {"values": values, "confidence": confidence, "low": low, "high": high}


def paired(a, b):
    result = stats.bootstrap(
        (a, b), lambda x, y, axis=-1: np.mean(y, axis=axis) - np.mean(x, axis=axis), paired=True, n_resamples=OURS,
        batch=20_000, confidence_level=0.95, method="percentile", vectorized=True, rng=2)
    low, high = brackets(result.bootstrap_distribution, 0.95)
    return {"a": a, "b": b, "low": low, "high": high}


def sign_flips(values, resamples):
    if len(values) == 1:  # SciPy wants two; of one difference both signs are as far from zero
        return 1.0
    result = stats.permutation_test(
        (values,), lambda x, axis=-1: np.mean(x, axis=axis), permutation_type="samples", n_resamples=resamples,
        batch=50_000, vectorized=True, alternative="two-sided", rng=3)
    return float(result.pvalue)


def share_error(p, larders, ours):
    return math.sqrt(p * (1 - p) * (1 / larders + 1 / ours))


def winner(values):
    """The figures of the best of several experiments: greater is better."""
    table = np.array(values)
    count, questions = table.shape
    means = table.mean(axis=1)
    distances = table - table.mean(axis=0)
    centred = distances - distances.mean(axis=1, keepdims=True)
    widening = math.sqrt(questions / (questions - 1))

    def lead(drawn, axis=-1):
        return centred[:, drawn].mean(axis=-1).max(axis=0)

    def lead_over_second(drawn, axis=-1):
        ordered = np.sort(centred[:, drawn].mean(axis=-1), axis=0)
        return ordered[-1] - ordered[-2]

    numbers = np.arange(questions)
    found = {"values": values, "best": int(means.argmax()), "score": float(means.max())}
    found["lead"] = float(means.max() - means.mean())
    for name, statistic in (("expected_lead", lead), ("expected_lead_over_second", lead_over_second)):
        result = stats.bootstrap(
            (numbers,), statistic, n_resamples=OURS, batch=5_000, vectorized=True, method="percentile", rng=4)
        drawn = widening * result.bootstrap_distribution
        found[name] = float(drawn.mean())
        found[f"{name}_error"] = float(drawn.std() * math.sqrt(1 / LARDERS + 1 / OURS))

    # A flipped sign of a question's number flips the distances of all experiments there.
    exact = questions <= 16
    result = stats.permutation_test(
        (numbers + 1.0,),
        lambda signed, axis=-1: (
            np.sign(signed) * distances[:, (np.abs(signed) - 1).astype(int)]).mean(axis=-1).max(axis=0),
        permutation_type="samples", n_resamples=np.inf if exact else OURS, batch=5_000, vectorized=True,
        alternative="greater", rng=5)
    found["p"] = float(result.pvalue)
    found["p_error"] = 0.0 if exact else share_error(found["p"], LARDERS, OURS)

    # The best of some questions, scored on the others.
    generator = np.random.default_rng(6)
    scores = []
    for _ in range(OURS // 10):
        drawn = generator.integers(questions, size=questions)
        left = np.setdiff1d(numbers, drawn)
        if len(left) == 0:
            continue
        picked_by = table[:, drawn].sum(axis=1)
        tied = np.flatnonzero(np.isclose(picked_by, picked_by.max(), rtol=0, atol=1e-9))
        scores.append(table[np.ix_(tied, left)].mean())
    found["corrected"] = float(np.mean(scores))
    found["corrected_error"] = float(np.std(scores) * math.sqrt(1 / LARDERS + 10 / OURS))
    return found


def figures():
    found = {"scipy": scipy.__version__, "numpy": np.__version__, "resamples": LARDERS, "sigmas": SIGMAS}
    found["bootstrap"] = {
        f"{name}, {confidence}": bootstrap(values, confidence)
        for name, values in ONE_SAMPLE.items() for confidence in (0.95, 0.8)
    }
    found["paired"] = {name: paired(a, b) for name, (a, b) in PAIRS.items()}
    found["sign_flips"] = {name: {"values": values, "p": sign_flips(values, np.inf)} for name, values in SIGNS.items()}
    found["drawn_sign_flips"] = {}
    for name, values in MANY_SIGNS.items():
        p = sign_flips(values, OURS)
        found["drawn_sign_flips"][name] = {"values": values, "p": p, "p_error": share_error(p, LARDERS, OURS)}
    found["winners"] = {name: winner(values) for name, values in EXPERIMENTS.items()}
    return found


def differences(kept, made, place=""):
    """Where two documents differ by more than the last digits."""
    if isinstance(kept, dict) and isinstance(made, dict) and kept.keys() == made.keys():
        return [found for key in kept for found in differences(kept[key], made[key], f"{place}/{key}")]
    if isinstance(kept, list) and isinstance(made, list) and len(kept) == len(made):
        return [found for i, pair in enumerate(zip(kept, made)) for found in differences(*pair, f"{place}/{i}")]
    if isinstance(kept, float) and isinstance(made, float):
        return [] if math.isclose(kept, made, rel_tol=1e-9, abs_tol=1e-300) else [f"{place}: {kept} is {made} now"]
    return [] if kept == made else [f"{place}: {kept} is {made} now"]


path = Path(__file__).with_name("statistics.json")
made = json.loads(json.dumps(figures()))
if sys.argv[1:] == ["--write"]:
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
elif sys.argv[1:]:
    sys.exit(__doc__)
else:
    wrong = differences(json.loads(path.read_text(encoding="utf-8")), made)
    print("\n".join(wrong) or f"every figure is SciPy {scipy.__version__}'s")
    sys.exit(1 if wrong else 0)
