"""The overfit reading: what the two loss curves of a training say. Standard library only."""

from dataclasses import dataclass
from typing import Any

#: Relative change of a loss that is taken to mean something.
NOTABLE = 0.01


@dataclass(frozen=True)
class Epoch:
    """Mean losses (nats per completion token) of an epoch.

    The training loss is the mean over the epoch's batches while the weights moved and dropout was
    on, so it lags behind; the validation loss is measured at the epoch's end.
    """

    number: int
    train_loss: float
    validation_loss: float | None


def best_epoch(epochs: list[Epoch]) -> Epoch:
    """The epoch of minimum validation loss, the earliest of equals; without validation the last."""
    measured = [epoch for epoch in epochs if epoch.validation_loss is not None]
    return min(measured, key=lambda epoch: epoch.validation_loss) if measured else epochs[-1]


def read(before: float | None, epochs: list[Epoch]) -> dict[str, Any]:
    """What the curves say, as the report holds it.

    Args:
        before: validation loss of the untrained model, nothing without validation rows.
    """
    best = best_epoch(epochs)
    reading, suggestion = judge(before, epochs, best)
    measured = best.validation_loss is not None
    return {
        "best_epoch": best.number,
        "epochs": len(epochs),
        "gap": round(best.validation_loss - best.train_loss, 6) if measured else None,
        "last_validation_loss": epochs[-1].validation_loss,
        "reading": reading,
        "suggestion": suggestion,
        "train_loss": best.train_loss,
        "validation_loss": best.validation_loss,
        "validation_loss_before": before,
    }


def judge(before: float | None, epochs: list[Epoch], best: Epoch) -> tuple[str, str]:
    """A word for the curves and what to try."""
    if best.validation_loss is None:
        return "unknown", "Give validation rows: without them the last epoch is kept, best or not."
    last = epochs[-1]
    if before is not None and best.validation_loss >= before:
        return (
            "worse",
            "No epoch is better than the untrained model: check the rows and the template, or "
            "lower learning_rate.",
        )
    if last.validation_loss > best.validation_loss * (1 + NOTABLE):
        return (
            "overfitting",
            f"Validation loss rose after epoch {best.number}, which is kept: set epoch to "
            f"{best.number}, add rows, or lower lora_r.",
        )
    previous = epochs[-2].validation_loss if len(epochs) > 1 else before
    if best is last and previous is not None and best.validation_loss < previous * (1 - NOTABLE):
        return (
            "improving",
            "Validation loss was still falling at the last epoch: more epochs may help.",
        )
    return (
        "settled",
        "Validation loss no longer falls: more epochs will not help, more or better rows may.",
    )
