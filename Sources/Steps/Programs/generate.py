"""generate: what a model, and the same model with an adapter, answers to questions.

Each answer comes with the loss of the reference: how surprising the right answer is to the model.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase

import model as models
from step import (
    ANSWERERS,
    INPUTS,
    OUTPUTS,
    Refusal,
    Row,
    batches,
    given,
    parameters,
    progress,
    read_rows,
    run,
    write_json,
    write_rows,
)
from template import Template


def choose_template(adapter: Path | None) -> Template:
    """The template given, or else the adapter's, or else JumpStart's default.

    Raises:
        Refusal: the given one is not the one that the adapter was trained with.
    """
    path = given("template")
    own = adapter / "template.json" if adapter else None
    trained = Template.read(own) if own and own.is_file() else None
    asked = Template.read(path) if path else None
    if asked and trained and asked != trained:
        raise Refusal(
            "the input `template` is not the one that the adapter was trained with: give both "
            "steps the same, or leave it out here"
        )
    return asked or trained or Template.jumpstart()


def check_weights(adapter: Path) -> None:
    """Refuses what a training elsewhere left: the name of an artifact instead of weights."""
    name = adapter / "artifact.json"
    if (adapter / "adapter_model.safetensors").is_file() or not name.is_file():
        return
    found = json.loads(name.read_text(encoding="utf-8"))
    raise Refusal(
        f"the adapter was trained with backend {found['backend']}, and its weights are not here, "
        f"only the name of its artifact, {found['artifact']}: ask the model where it is deployed, "
        "or train with backend peft"
    )


def read_questions(path: Path) -> list[Row]:
    """The rows to answer."""
    rows = read_rows(path)
    if not rows:
        raise Refusal("the input `questions` has no rows: nothing to answer")
    for name in ANSWERERS:
        if any(name in row for row in rows):
            raise Refusal(
                f"a question has a field `{name}`, which is where its answer goes: rename it"
            )
    return rows


def with_adapter(model: PreTrainedModel, folder: Path) -> torch.nn.Module:
    """The model with an adapter merged into its weights.

    Raises:
        Refusal: the adapter was made for another model.
    """
    try:
        config = LoraConfig.from_pretrained(folder)
        tuned = get_peft_model(model, config)
        found = set_peft_model_state_dict(tuned, load_file(folder / "adapter_model.safetensors"))
    except (RuntimeError, ValueError) as error:
        raise Refusal(
            f"the adapter does not fit the model: {str(error).splitlines()[-1].strip()}"
        ) from None
    missing = [name for name in found.missing_keys if "lora_" in name]
    if missing or found.unexpected_keys:
        raise Refusal(
            f"the adapter does not fit the model: {len(missing)} of its layers lack weights, "
            f"{len(found.unexpected_keys)} weights have no layer"
        )
    return tuned.merge_and_unload().eval()


def pick(
    logits: torch.Tensor, temperature: float, top_p: float, generators: list[random.Random]
) -> torch.Tensor:
    """The next token of each row.

    Greedy at temperature 0. Otherwise a draw from the fewest tokens whose probabilities reach
    `top_p` (nucleus sampling, Holtzman et al. 2019), each row by its own generator, so that an
    answer does not depend on which questions share its batch.

    Args:
        logits: shape (rows, vocabulary).

    Returns:
        Shape (rows,).
    """
    if temperature == 0:
        return logits.argmax(dim=-1)
    ranked, tokens = torch.softmax(logits / temperature, dim=-1).sort(
        dim=-1, descending=True, stable=True
    )
    below = ranked.cumsum(dim=-1)
    nucleus = ranked * (below - ranked < top_p)
    draws = torch.tensor([[generator.random()] for generator in generators]) * nucleus.sum(
        dim=-1, keepdim=True
    )
    chosen = (nucleus.cumsum(dim=-1) <= draws).sum(dim=-1, keepdim=True)
    last = (nucleus > 0).sum(dim=-1, keepdim=True) - 1
    return tokens.gather(1, torch.minimum(chosen, last)).squeeze(1)


@dataclass(frozen=True)
class Prompted:
    """A model that has read its prompts, and is about to say the next token.

    `mask` has the shape (rows, longest prompt), `following`, the position of the next token,
    (rows, 1), and `logits` (rows, vocabulary).
    """

    mask: torch.Tensor
    following: torch.Tensor
    logits: torch.Tensor
    past: Cache

    @classmethod
    def read(cls, model: torch.nn.Module, examples: list[models.Example], end: int) -> "Prompted":
        batch = models.Batch.of([example.prompt for example in examples], end)
        output = model(
            input_ids=batch.ids,
            attention_mask=batch.mask,
            position_ids=batch.positions,
            use_cache=True,
            logits_to_keep=1,
        )
        following = batch.positions[:, -1:] + 1
        return cls(batch.mask, following, output.logits[:, -1], output.past_key_values)


def reference_losses(
    model: torch.nn.Module, prompted: Prompted, examples: list[models.Example]
) -> list[float]:
    """Mean negative log-likelihood (nats a token) of each example's completion."""
    width = max(len(example.completion) for example in examples)
    rows = [e.completion + [models.IGNORED] * (width - len(e.completion)) for e in examples]
    labels = torch.tensor(rows)
    logits = prompted.logits.unsqueeze(1)
    if width > 1:
        known = labels[:, :-1]
        output = model(
            input_ids=known.clamp(min=0),
            attention_mask=torch.cat([prompted.mask, (known >= 0).long()], dim=1),
            position_ids=prompted.following + torch.arange(width - 1),
            past_key_values=prompted.past,
            use_cache=True,
        )
        prompted.past.crop(1 - width)  # the answer starts from the prompt again
        logits = torch.cat([logits, output.logits], dim=1)
    losses = models.token_losses(logits, labels)
    return (losses.sum(dim=1) / (labels >= 0).sum(dim=1)).tolist()


def complete(
    model: torch.nn.Module,
    prompted: Prompted,
    examples: list[models.Example],
    end: int,
    settings: dict[str, Any],
) -> list[list[int]]:
    """The tokens that the model says after each prompt, up to the end of text or the limit."""
    generators = [random.Random(f"{settings['seed']}/{example.name}") for example in examples]
    answers: list[list[int]] = [[] for _ in examples]
    running = [True] * len(examples)
    mask, positions = prompted.mask, prompted.following
    logits, past = prompted.logits, prompted.past
    for count in range(1, settings["max_new_tokens"] + 1):
        chosen = pick(logits, settings["temperature"], settings["top_p"], generators)
        for row, token in enumerate(chosen.tolist()):
            running[row] = running[row] and token != end
            if running[row]:
                answers[row].append(token)
        if not any(running) or count == settings["max_new_tokens"]:
            break
        mask = torch.cat([mask, mask.new_ones(len(examples), 1)], dim=1)
        output = model(
            input_ids=chosen.unsqueeze(1),
            attention_mask=mask,
            position_ids=positions,
            past_key_values=past,
            use_cache=True,
        )
        logits, past, positions = output.logits[:, -1], output.past_key_values, positions + 1
    return answers


@torch.inference_mode()
def answer(
    model: torch.nn.Module,
    examples: list[models.Example],
    tokenizer: PreTrainedTokenizerBase,
    settings: dict[str, Any],
    name: str,
) -> list[Row]:
    """Answer and reference loss for each example, in their order.

    Questions of like length share a batch, which saves padding; the model reads their prompts once
    for both.
    """
    end = tokenizer.eos_token_id
    found: dict[int, Row] = {}
    by_length = sorted(range(len(examples)), key=lambda index: len(examples[index].prompt))
    for numbers in batches(by_length, settings["batch_size"]):
        group = [examples[number] for number in numbers]
        prompted = Prompted.read(model, group, end)
        losses = reference_losses(model, prompted, group)
        answers = complete(model, prompted, group, end, settings)
        for number, tokens, loss in zip(numbers, answers, losses, strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
            count = len(examples[number].completion)
            found[number] = {"answer": text, "loss": round(loss, 6), "tokens": count}
        progress(len(found), len(examples), "questions", name)
    return [found[index] for index in range(len(examples))]


def summary(answers: list[Row]) -> Row:
    """What the report says of one model's answers; the loss is the mean over reference tokens."""
    tokens = sum(found["tokens"] for found in answers)
    return {
        "empty": sum(not found["answer"] for found in answers),
        "loss": round(sum(found["loss"] * found["tokens"] for found in answers) / tokens, 6),
        "mean_characters": round(sum(len(found["answer"]) for found in answers) / len(answers), 1),
        "reference_tokens": tokens,
    }


def main() -> None:
    settings = parameters()
    adapter = given("adapter")
    if adapter:
        check_weights(adapter)
    template = choose_template(adapter)
    rows = read_questions(INPUTS / "questions")

    models.prepare(settings["seed"])
    tokenizer = models.load_tokenizer(INPUTS / "model")
    examples = models.Encoder(tokenizer, template).encode_all(rows)
    model: torch.nn.Module = models.load_model(INPUTS / "model")
    room = models.context_length(model) - settings["max_new_tokens"]
    for example in examples:
        if not example.prompt:
            raise Refusal(f"question {example.name} has an empty prompt: check the template")
        if example.length > room:
            raise Refusal(
                f"question {example.name} has {example.length} tokens with its reference, but the "
                f"model has room for {room} beside max_new_tokens: shorten its context"
            )

    report: Row = {"questions": len(rows), "parameters": settings}
    answered = [dict(row) for row in rows]
    for name in ANSWERERS if adapter else ANSWERERS[:1]:
        if name == "tuned":
            model = with_adapter(model, adapter)
        found = answer(model, examples, tokenizer, settings, name)
        for row, own in zip(answered, found, strict=True):
            row[name] = own
        report[name] = summary(found)
    write_rows(OUTPUTS / "answers.jsonl", answered)
    write_json(OUTPUTS / "report.json", report)


if __name__ == "__main__":
    run(main)
