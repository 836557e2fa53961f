"""Loading a converted model, and turning rows into tensors: shared by training and generation."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from step import Refusal, Row, name_of
from template import Template

#: The label that `cross_entropy` leaves out of a loss.
IGNORED = -100

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def prepare(seed: int) -> None:
    """Makes torch repeatable: fixed threads and seed, deterministic kernels or an error.

    With the numerics profile `gpu` everything is made on the first CUDA device.
    """
    warnings.simplefilter("ignore", FutureWarning)  # notes of the libraries to each other
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.use_deterministic_algorithms(True)
    if os.environ.get("LARDER_NUMERICS") == "gpu":
        if not torch.cuda.is_available():
            raise Refusal(
                f"numerics: gpu needs a CUDA device, and torch {torch.__version__} finds none; "
                "give the step an `environment` with a CUDA build of torch"
            )
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        torch.set_default_device("cuda:0")
    torch.manual_seed(seed)


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a converted model."""
    if not (folder / "config.json").is_file():
        raise Refusal(f"{folder}: no config.json here; give the output of a model/convert step")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if tokenizer.eos_token_id is None:
        raise Refusal(f"{folder}: the tokenizer names no end-of-text token, so no answer could end")
    return tokenizer


def load_model(folder: Path) -> PreTrainedModel:
    """A converted model in fp32, ready for inference."""
    # Eager attention is plain matrix products and a softmax: the kernels that the portable
    # profile pins. Fused attention picks its own.
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
    )
    return model.to(torch.get_default_device()).eval()


def context_length(model: PreTrainedModel) -> int:
    """The most tokens that the model can attend to."""
    return int(getattr(model.config, "max_position_embeddings", None) or 2**31)


@dataclass(frozen=True)
class Example:
    """A row in tokens."""

    name: str
    prompt: list[int]
    completion: list[int]

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.completion)

    def cut(self, length: int) -> "Example":
        """The first `length` tokens."""
        prompt = self.prompt[:length]
        return Example(self.name, prompt, self.completion[: length - len(prompt)])


class Encoder:
    """Rows to tokens, by one tokenizer and one template."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, template: Template, shape: str = "instruction"
    ):
        """
        Args:
            shape: what the rows are: `instruction` (or prompt-completion), `chat` or `text`.
        """
        self.tokenizer = tokenizer
        self.template = template
        self.shape = shape
        probe = tokenizer("a")["input_ids"]
        adds_start = bool(probe) and probe[0] == tokenizer.bos_token_id
        self.start = [tokenizer.bos_token_id] if adds_start else []

    def encode_all(self, rows: list[Row]) -> list[Example]:
        """One example a row."""
        return [self.encode(row, name_of(row, index)) for index, row in enumerate(rows)]

    def encode(self, row: Row, name: str) -> Example:
        """Tokens of a row: prompt and completion are tokenised apart, so that a prompt has the same
        tokens in generation as in training; the completion ends with the end-of-text token."""
        prompt, completion = self.texts(row, name)
        before, after = self.tokens(prompt), self.tokens(completion)
        if before[: len(self.start)] != self.start:
            before = self.start + before
        if (
            self.tokenizer.eos_token_id not in after[-2:]
        ):  # a chat format may put a line end after it
            after = [*after, self.tokenizer.eos_token_id]
        return Example(name, before, after)

    def tokens(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def texts(self, row: Row, name: str) -> tuple[str, str]:
        """Prompt and completion of a row of this encoder's shape."""
        if self.shape == "instruction":
            return self.template.render(row, name)
        if self.shape == "text":
            if not isinstance(row.get("text"), str):
                raise Refusal(
                    f"row {name}: `text` must be text; for other rows set instruction_tuned or "
                    "chat_dataset"
                )
            return "", row["text"]
        return self.chat(row, name)

    def chat(self, row: Row, name: str) -> tuple[str, str]:
        """The last answer of a conversation as completion, all before it as prompt."""
        turns = next(
            (row[key] for key in ("messages", "dialog", "conversations") if key in row), None
        )
        if not isinstance(turns, list) or len(turns) < 2 or turns[-1].get("role") != "assistant":
            raise Refusal(
                f"row {name}: `messages` must be a conversation of `role` and `content` that ends "
                "with the assistant"
            )
        if not self.tokenizer.chat_template:
            raise Refusal(
                "the model's tokenizer has no chat template: give instruction rows and a template"
            )
        prompt = self.tokenizer.apply_chat_template(
            turns[:-1], tokenize=False, add_generation_prompt=True
        )
        whole = self.tokenizer.apply_chat_template(turns, tokenize=False)
        if not whole.startswith(prompt):
            raise Refusal(f"row {name}: the model's chat template does not continue its own prompt")
        return prompt, whole[len(prompt) :]


@dataclass(frozen=True)
class Batch:
    """Token sequences padded on the left, so that all end at the last column.

    `ids`, `mask` and `positions` have the shape (rows, length).
    """

    ids: torch.Tensor
    mask: torch.Tensor
    positions: torch.Tensor

    @classmethod
    def of(cls, sequences: list[list[int]], filler: int) -> "Batch":
        """
        Args:
            filler: the token of the padding; it is masked, so any will do.
        """
        length = max(len(sequence) for sequence in sequences)
        ids = torch.tensor([[filler] * (length - len(s)) + s for s in sequences])
        mask = torch.tensor([[0] * (length - len(s)) + [1] * len(s) for s in sequences])
        return cls(ids, mask, (mask.cumsum(dim=1) - 1).clamp(min=0))


def completion_losses(
    model: torch.nn.Module, examples: list[Example], filler: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Negative log-likelihood (nats) of each completion token, given all before it.

    Since sequences end together, only the last columns have completions, and only those go
    through the vocabulary layer, a fifth of a small model's work.

    Returns:
        Losses of shape (rows, columns), right-aligned and 0 where nothing is predicted, and the
        number of predicted tokens of each row, shape (rows,).
    """
    batch = Batch.of([example.prompt + example.completion for example in examples], filler)
    width = max(len(example.completion) for example in examples)
    labels = torch.tensor(
        [[IGNORED] * (width - len(e.completion)) + e.completion for e in examples]
    )
    # The logits at a position predict the next token: one more column in front, the last unused.
    # A completion without any prompt has nothing to predict its first token from.
    kept = min(width + 1, batch.ids.shape[1])
    logits = model(
        input_ids=batch.ids,
        attention_mask=batch.mask,
        position_ids=batch.positions,
        logits_to_keep=kept,
        use_cache=False,
    ).logits[:, :-1]
    labels = labels[:, width - (kept - 1) :]
    for row, example in enumerate(examples):
        if not example.prompt and len(example.completion) < batch.ids.shape[1]:
            labels[row, -len(example.completion)] = IGNORED
    return token_losses(logits, labels), (labels != IGNORED).sum(dim=1)


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood (nats) of each label, 0 where it is `IGNORED`.

    Args:
        logits: shape (rows, columns, vocabulary).
        labels: shape (rows, columns).
    """
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return losses.view_as(labels)
