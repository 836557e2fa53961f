"""train/lora, backend `peft`: LoRA fine-tuning on this machine's processor.

Writes the adapter of minimum validation loss, the loss log, the trail by which a replay finds the
first optimizer step that differs, and a report with the overfit reading.
"""

import hashlib
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file

import model as models
from reading import Epoch, best_epoch, read
from schedule import SCHEDULES, epoch_batches, learning_rate, split_rows
from step import (
    INPUTS,
    OUTPUTS,
    Refusal,
    Row,
    batches,
    canonical,
    digest,
    given,
    parameters,
    progress,
    read_rows,
    run,
    warn,
    write_json,
    write_rows,
)
from template import Template

#: Gradients are scaled down to this Euclidean norm, Hugging Face's default.
MAX_GRADIENT_NORM = 1.0

#: What max_input_length = -1 stands for, unless the model holds less.
DEFAULT_LENGTH = 1024

Tensors = dict[str, torch.Tensor]


@dataclass
class Data:
    """The encoded rows of both sides, and what was done to them."""

    train: list[models.Example]
    validation: list[models.Example]
    counts: dict[str, Any] = field(default_factory=dict)


def shape_of(sheet: dict[str, Any]) -> str:
    """What the rows are, by JumpStart's two switches."""
    if sheet["instruction_tuned"] and sheet["chat_dataset"]:
        raise Refusal("instruction_tuned and chat_dataset are both true: choose one")
    if sheet["instruction_tuned"]:
        return "instruction"
    return "chat" if sheet["chat_dataset"] else "text"


def check(sheet: dict[str, Any]) -> None:
    """Refuses what this backend cannot do."""
    for name in ("int8_quantization", "enable_fsdp"):
        if sheet[name]:
            raise Refusal(
                f"{name} needs a CUDA GPU, and backend peft trains on the processor here: "
                "set it to false"
            )
    if sheet["lr_scheduler_type"] not in SCHEDULES:
        raise Refusal(
            f"lr_scheduler_type is {sheet['lr_scheduler_type']!r}: "
            f"choose from {', '.join(SCHEDULES)}"
        )
    if sheet["preprocessing_num_workers"] is not None:
        warn("preprocessing_num_workers has no effect: backend peft tokenises in one process")


def limited(rows: list[Row], most: int) -> list[Row]:
    """The first `most` rows; -1 means all."""
    return rows if most < 0 else rows[:most]


def read_data(sheet: dict[str, Any], encoder: models.Encoder) -> Data:
    """Reads, splits, limits, encodes and cuts the rows.

    A row whose completion is cut off entirely teaches nothing; it is left out and named in the
    report.
    """
    rows = read_rows(INPUTS / "rows")
    if not rows:
        raise Refusal("the input `rows` has no rows: nothing to train on")
    examples = encoder.encode_all(rows)
    if path := given("validation"):
        held, source = encoder.encode_all(read_rows(path)), "input"
    else:
        numbers, chosen = split_rows(
            len(rows), sheet["validation_split_ratio"], sheet["train_data_split_seed"]
        )
        held, examples = [examples[row] for row in chosen], [examples[row] for row in numbers]
        source = "split" if held else "none"

    counts: dict[str, Any] = {"validation_from": source}
    sides = {}
    for side, found, most in (
        ("train", examples, sheet["max_train_samples"]),
        ("validation", held, sheet["max_val_samples"]),
    ):
        found = limited(found, most)
        kept = [example.cut(sheet["max_input_length"]) for example in found]
        sides[side] = [example for example in kept if example.completion]
        counts[side] = {
            "left_out": [example.name for example in kept if not example.completion],
            "rows": len(sides[side]),
            "truncated": sum(example.length > sheet["max_input_length"] for example in found),
        }
        if counts[side]["truncated"]:
            warn(
                f"{counts[side]['truncated']} {side} rows are longer than "
                f"{sheet['max_input_length']} tokens and were cut"
            )
    if not sides["train"]:
        raise Refusal(
            f"no training row has a completion within {sheet['max_input_length']} tokens: "
            "raise max_input_length or shorten prompts"
        )
    return Data(sides["train"], sides["validation"], counts)


def target_modules(sheet: dict[str, Any], model: torch.nn.Module) -> list[str]:
    """The names of the layers that get an adapter, each of them in the model."""
    asked = sheet["target_modules"]
    names = asked.split(",") if isinstance(asked, str) else asked
    names = sorted({name.strip() for name in names} - {""})
    if not names:
        raise Refusal(
            "target_modules is empty, so the adapter would be: name at least one kind of layer"
        )
    linear = {
        path.rpartition(".")[2]
        for path, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear)
    }
    if unknown := [name for name in names if name not in linear]:
        raise Refusal(
            f"target_modules names {', '.join(unknown)}, which the model does not have: "
            f"choose from {', '.join(sorted(linear - {'lm_head'}))}"
        )
    return names


def adapter_of(model: torch.nn.Module) -> Tensors:
    """A copy of the adapter's tensors under the names that PEFT gives them in a file."""
    return {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in get_peft_model_state_dict(model).items()
    }


def digest_of(tensors: Tensors) -> str:
    """SHA-256 over names, shapes and little-endian bytes, by name."""
    hasher = hashlib.sha256()
    for name in sorted(tensors):
        hasher.update(canonical([name, list(tensors[name].shape)]).encode())
        hasher.update(tensors[name].numpy().tobytes())
    return "sha256:" + hasher.hexdigest()


def exact(value: float) -> float:
    """A float32 by its shortest decimal form that no other float32 has."""
    return float(f"{value:.9g}")


def brief(value: float) -> float:
    """A loss as logs show it."""
    return round(value, 6)


def perplexity(loss: float) -> float:
    """The perplexity of a loss in nats; beyond what a float holds, the most that it does."""
    return brief(math.exp(min(loss, 700.0)))


def evaluate(
    model: torch.nn.Module, examples: list[models.Example], size: int, filler: int
) -> float | None:
    """Mean loss (nats) over all completion tokens; nothing without rows."""
    if not examples:
        return None
    model.eval()
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for group in batches(sorted(examples, key=lambda example: example.length), size):
            losses, predicted = models.completion_losses(model, group, filler)
            total += float(losses.sum())
            tokens += int(predicted.sum())
    model.train()
    return brief(total / max(tokens, 1))


class Training:
    """One training from the first step to the last, and what it leaves behind."""

    def __init__(self, model: torch.nn.Module, data: Data, sheet: dict[str, Any], filler: int):
        self.model = model
        self.data = data
        self.sheet = sheet
        self.filler = filler
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        # Fused: the optimizer's other forms use a vector square root that differs by processor.
        self.optimizer = torch.optim.AdamW(
            self.weights, lr=sheet["learning_rate"], weight_decay=0.0, fused=True
        )
        self.size = sheet["per_device_train_batch_size"]
        self.steps = sheet["epoch"] * math.ceil(len(data.train) / self.size)
        self.step = 0
        self.tokens = {"completion": 0, "padded": 0, "seen": 0}
        self.log: list[Row] = []
        self.trail: list[Row] = []
        self.rows_since: list[str] = []
        self.epochs: list[Epoch] = []
        self.before: float | None = None
        self.kept: Tensors = {}
        self.started = time.monotonic()

    def run(self) -> None:
        """Trains; afterwards `kept` is the adapter of the best epoch."""
        progress(0, self.steps, "steps", "measuring the untrained model")
        self.before = self.measure()
        if self.before is not None:
            self.record(
                0, validation_loss=self.before, validation_perplexity=perplexity(self.before)
            )
        self.started = time.monotonic()
        for number in range(1, self.sheet["epoch"] + 1):
            train_loss = self.train_epoch(number)
            epoch = Epoch(number, train_loss, self.measure())
            self.epochs.append(epoch)
            if best_epoch(self.epochs) is epoch:
                self.kept = adapter_of(self.model)
            losses = {"train_loss": train_loss}
            if epoch.validation_loss is not None:
                losses |= {
                    "validation_loss": epoch.validation_loss,
                    "validation_perplexity": perplexity(epoch.validation_loss),
                }
            self.record(number, **losses, train_perplexity=perplexity(train_loss))

    def measure(self) -> float | None:
        return evaluate(
            self.model, self.data.validation, self.sheet["per_device_eval_batch_size"], self.filler
        )

    def record(self, epoch: float, **values: float) -> None:
        """Adds a line to the log: one a step, and one an epoch with the validation loss."""
        self.log.append(
            {"epoch": epoch, "step": self.step, "tokens": self.tokens["seen"], **values}
        )

    def train_epoch(self, number: int) -> float:
        """One pass over the rows; returns the mean loss over its completion tokens."""
        lengths = [example.length for example in self.data.train]
        order = epoch_batches(lengths, self.size, self.sheet["seed"], number)
        total, tokens = 0.0, 0
        for index, rows in enumerate(order, start=1):
            batch = [self.data.train[row] for row in rows]
            loss, predicted, rate = self.train_batch(batch)
            total += loss * predicted
            tokens += predicted
            self.record(
                round(number - 1 + index / len(order), 4),
                learning_rate=float(f"{rate:.6g}"),
                train_loss=brief(loss),
                train_perplexity=perplexity(loss),
            )
            speed = self.tokens["padded"] / max(time.monotonic() - self.started, 1e-9)
            progress(self.step, self.steps, "steps", f"loss {loss:.3f}, {speed:.0f} tokens/s")
        return brief(total / tokens)

    def train_batch(self, batch: list[models.Example]) -> tuple[float, int, float]:
        """One optimizer step; returns the batch's mean loss, completion tokens, learning rate."""
        rate = learning_rate(
            self.sheet["learning_rate"], self.sheet["lr_scheduler_type"], self.step, self.steps
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses, predicted = models.completion_losses(self.model, batch, self.filler)
        count = int(predicted.sum())
        mean = losses.sum() / max(count, 1)
        mean.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.weights, MAX_GRADIENT_NORM))
        loss = mean.item()
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise Refusal(
                f"training diverged at step {self.step + 1} (loss {loss}, gradient {norm}): "
                "lower learning_rate"
            )
        self.optimizer.step()
        self.optimizer.zero_grad()

        self.step += 1
        self.tokens["completion"] += count
        self.tokens["padded"] += len(batch) * max(example.length for example in batch)
        self.tokens["seen"] += sum(example.length for example in batch)
        self.rows_since += [example.name for example in batch]
        if self.step % self.sheet["trail_every"] == 0 or self.step == self.steps:
            self.leave_trail(loss, norm)
        return loss, count, rate

    def leave_trail(self, loss: float, norm: float) -> None:
        """Notes where the training is.

        The rows since the last note, the loss and gradient of this step, the adapter after it.
        """
        self.trail.append(
            {
                "adapter": digest_of(adapter_of(self.model)),
                "gradient_norm": exact(norm),
                "loss": exact(loss),
                "rows": digest(self.rows_since),
                "step": self.step,
            }
        )
        self.rows_since = []


def write_adapter(
    folder: Path, tensors: Tensors, config: LoraConfig, template: Template | None
) -> None:
    """Writes PEFT's two files in one form, and the template of the training, if it had one."""
    folder.mkdir(parents=True)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    settings = config.to_dict() | {
        "base_model_name_or_path": None,
        "inference_mode": True,
        "target_modules": sorted(config.target_modules),
    }
    write_json(folder / "adapter_config.json", settings)
    if template:
        write_json(folder / "template.json", template.as_json())


def main() -> None:
    sheet = parameters()
    shape = shape_of(sheet)
    check(sheet)
    path = given("template")
    if path and shape != "instruction":
        raise Refusal(
            "a template is for instruction rows: leave it out, or set instruction_tuned to true"
        )
    template = (
        Template.read(path)
        if path
        else Template.jumpstart(sheet["add_input_output_demarcation_key"])
    )

    models.prepare(sheet["seed"])
    tokenizer = models.load_tokenizer(INPUTS / "model")
    base = models.load_model(INPUTS / "model")
    longest = models.context_length(base)
    asked = sheet["max_input_length"]
    if asked > longest:
        raise Refusal(f"max_input_length is {asked}, but the model holds {longest} tokens")
    sheet["max_input_length"] = asked if asked > 0 else min(DEFAULT_LENGTH, longest)
    sheet["target_modules"] = target_modules(sheet, base)
    sheet |= {"enable_fsdp": False, "int8_quantization": False}

    encoder = models.Encoder(tokenizer, template, shape)
    data = read_data(sheet, encoder)
    config = LoraConfig(
        r=sheet["lora_r"],
        lora_alpha=sheet["lora_alpha"],
        lora_dropout=sheet["lora_dropout"],
        target_modules=sheet["target_modules"],
        task_type="CAUSAL_LM",
    )
    training = Training(get_peft_model(base, config).train(), data, sheet, tokenizer.eos_token_id)
    training.run()

    write_adapter(
        OUTPUTS / "adapter", training.kept, config, template if shape == "instruction" else None
    )
    write_rows(OUTPUTS / "log.jsonl", training.log)
    write_rows(OUTPUTS / "trail.jsonl", training.trail)
    write_json(
        OUTPUTS / "report.json",
        {
            "overfit": read(training.before, training.epochs),
            "parameters": sheet,
            "rows": data.counts,
            "steps": training.steps,
            "tokens": training.tokens,
            "trainable_parameters": sum(weight.numel() for weight in training.weights),
        },
    )


if __name__ == "__main__":
    run(main)
