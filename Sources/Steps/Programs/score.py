"""score: what each answer is worth, question by question.

Totals and intervals are made from its output.
"""

from collections.abc import Callable

from step import (
    ANSWERERS,
    INPUTS,
    OUTPUTS,
    Refusal,
    Row,
    name_of,
    parameters,
    progress,
    read_rows,
    run,
    write_rows,
)
from words import WORD_METRICS, best

#: Metric to the name that rouge-score, the package behind published ROUGE figures, gives it.
ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}

METRICS = (*WORD_METRICS, *ROUGE, "loss")


def rouge_metric(kind: str) -> Callable[[str, str], float]:
    """ROUGE's F-measure with Porter stemming, as FMEval and Hugging Face's `evaluate` report it."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], use_stemmer=True)
    return lambda answer, reference: scorer.score(reference, answer)[kind].fmeasure


def text_metrics(names: list[str]) -> dict[str, Callable[[str, str], float]]:
    """The chosen metrics that compare an answer with its reference.

    Raises:
        Refusal: a name is unknown, or none is left.
    """
    if unknown := [name for name in names if name not in METRICS]:
        raise Refusal(f"metrics names {', '.join(unknown)}: choose from {', '.join(METRICS)}")
    if not names:
        raise Refusal(f"metrics is empty: choose from {', '.join(METRICS)}")
    words = {name: WORD_METRICS[name] for name in names if name in WORD_METRICS}
    return words | {name: rouge_metric(ROUGE[name]) for name in names if name in ROUGE}


def score(
    row: Row, name: str, metrics: dict[str, Callable[[str, str], float]], with_loss: bool
) -> Row:
    """The values of one question, for each model that answered it."""
    reference = row.get("response")
    if not isinstance(reference, str):
        raise Refusal(f"question {name} has no `response` to compare its answers with")
    scored: Row = {"id": name}
    if isinstance(row.get("instruction"), str):
        scored["instruction"] = row["instruction"]
    for answerer in ANSWERERS:
        if answerer not in row:
            continue
        found = row[answerer]
        scored[answerer] = {
            key: round(best(metric, found["answer"], reference), 6)
            for key, metric in metrics.items()
        }
        if with_loss and "loss" in found:
            scored[answerer]["loss"] = found["loss"]
    return scored


def main() -> None:
    names = parameters()["metrics"]
    metrics = text_metrics(names)
    rows = read_rows(INPUTS / "answers")
    answered = [[name for name in ANSWERERS if name in row] for row in rows]
    if not rows or not answered[0]:
        raise Refusal("the input `answers` has no answers: give the output of a generate step")
    if odd := next((index for index, who in enumerate(answered) if who != answered[0]), None):
        raise Refusal(
            f"question {name_of(rows[odd], odd)} has answers of "
            f"{' and '.join(answered[odd]) or 'nobody'}, the first one of "
            f"{' and '.join(answered[0])}"
        )
    scored = []
    for index, row in enumerate(rows):
        scored.append(score(row, name_of(row, index), metrics, "loss" in names))
        if (index + 1) % 100 == 0:
            progress(index + 1, len(rows), "questions")
    write_rows(OUTPUTS / "questions.jsonl", scored)


if __name__ == "__main__":
    run(main)
