"""Metrics over words, as FMEval's question answering defines them. Standard library only.

FMEval's QA accuracy follows HELM, which follows SQuAD and QuAC: texts are compared as sets of
normalised words. A reference may hold alternatives, separated by `<OR>`; the best one counts.
"""

import string
from collections.abc import Callable

ALTERNATIVES = "<OR>"
ARTICLES = frozenset({"a", "an", "the"})
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles, white space folded."""
    kept = text.lower().translate(PUNCTUATION).split()
    return " ".join(word for word in kept if word not in ARTICLES)


def exact_match(answer: str, reference: str) -> float:
    """1 if both are the same but for white space around."""
    return float(answer.strip() == reference.strip())


def quasi_exact_match(answer: str, reference: str) -> float:
    """1 if both are the same once normalised."""
    return float(normalised(answer) == normalised(reference))


def precision(answer: str, reference: str) -> float:
    """The share of the answer's words that are in the reference."""
    said, wanted = set(normalised(answer).split()), set(normalised(reference).split())
    return len(said & wanted) / len(said) if said else 0.0


def recall(answer: str, reference: str) -> float:
    """The share of the reference's words that are in the answer."""
    return precision(reference, answer)


def f1(answer: str, reference: str) -> float:
    """The harmonic mean of precision and recall."""
    exactness, coverage = precision(answer, reference), recall(answer, reference)
    return 2 * exactness * coverage / (exactness + coverage) if exactness + coverage else 0.0


WORD_METRICS: dict[str, Callable[[str, str], float]] = {
    "exact_match": exact_match,
    "quasi_exact_match": quasi_exact_match,
    "precision": precision,
    "recall": recall,
    "f1": f1,
}


def best(metric: Callable[[str, str], float], answer: str, references: str) -> float:
    """A metric's maximum over the reference's alternatives."""
    return max(metric(answer, reference) for reference in references.split(ALTERNATIVES))
