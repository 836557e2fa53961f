"""generate: answers of a model, and of the same model with an adapter, to questions with a known answer.

Each answer comes with the loss of the reference: what the model would have thought of being told it.
"""

import random
from pathlib import Path
from typing import Any

import model as models  # first of all: it keeps the libraries off the network
import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file
from step import INPUTS, OUTPUTS, Refusal, Row, batches, given, parameters, progress, read_rows, run, write_json, write_rows
from template import Template
from transformers import PreTrainedModel

ANSWERERS = ("base", "tuned")


def choose_template(adapter: Path | None) -> Template:
    """The given template, which must be the adapter's; without one the adapter's; without both JumpStart's."""
    path = given("template")
    own = adapter / "template.json" if adapter else None
    trained = Template.read(own) if own and own.is_file() else None
    asked = Template.read(path) if path else None
    if asked and trained and asked != trained:
        raise Refusal(
            "the input `template` is not the one that the adapter was trained with: give both steps the same, or leave it out here"
        )
    return asked or trained or Template.jumpstart()


def read_questions(path: Path) -> list[Row]:
    """The rows to answer."""
    rows = read_rows(path)
    if not rows:
        raise Refusal("the input `questions` has no rows: nothing to answer")
    for name in ANSWERERS:
        if any(name in row for row in rows):
            raise Refusal(f"a question has a field `{name}`, which is where its answer goes: rename it")
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
        raise Refusal(f"the adapter does not fit the model: {str(error).splitlines()[0]}") from None
    missing = [name for name in found.missing_keys if "lora_" in name]
    if missing or found.unexpected_keys:
        raise Refusal(
            f"the adapter does not fit the model: {len(missing)} of its layers lack weights, {len(found.unexpected_keys)} weights have no layer"
        )
    return tuned.merge_and_unload().eval()


def pick(logits: torch.Tensor, temperature: float, top_p: float, generators: list[random.Random]) -> torch.Tensor:
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
    ranked, tokens = torch.softmax(logits / temperature, dim=-1).sort(dim=-1, descending=True, stable=True)
    below = ranked.cumsum(dim=-1)
    nucleus = ranked * (below - ranked < top_p)
    draws = torch.tensor([[generator.random()] for generator in generators]) * nucleus.sum(dim=-1, keepdim=True)
    chosen = (nucleus.cumsum(dim=-1) <= draws).sum(dim=-1, keepdim=True)
    last = (nucleus > 0).sum(dim=-1, keepdim=True) - 1
    return tokens.gather(1, torch.minimum(chosen, last)).squeeze(1)


@torch.inference_mode()
def complete(model: torch.nn.Module, examples: list[models.Example], end: int, settings: dict[str, Any]) -> list[list[int]]:
    """The tokens that the model puts after each prompt, up to the end-of-text token or the limit.

    Args:
        end: the end-of-text token, which also fills the rows that are done.
    """
    batch = models.Batch.of([example.prompt for example in examples], end)
    generators = [random.Random(f"{settings['seed']}/{example.name}") for example in examples]
    answers: list[list[int]] = [[] for _ in examples]
    running = [True] * len(examples)
    ids, mask, positions, past = batch.ids, batch.mask, batch.positions, None
    for _ in range(settings["max_new_tokens"]):
        output = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=past,
            use_cache=True,
            logits_to_keep=1,
        )
        chosen = pick(output.logits[:, -1], settings["temperature"], settings["top_p"], generators)
        for row, token in enumerate(chosen.tolist()):
            running[row] = running[row] and token != end
            if running[row]:
                answers[row].append(token)
        if not any(running):
            break
        ids, past = chosen.unsqueeze(1), output.past_key_values
        mask = torch.cat([mask, mask.new_ones(len(examples), 1)], dim=1)
        positions = positions[:, -1:] + 1
    return answers


@torch.inference_mode()
def answer(
    model: torch.nn.Module, examples: list[models.Example], encoder: models.Encoder, settings: dict[str, Any], name: str
) -> list[Row]:
    """Answer and reference loss for each example, in their order.

    Questions of like length share a batch, which saves padding.
    """
    end = encoder.tokenizer.eos_token_id
    found: dict[int, Row] = {}
    by_length = sorted(range(len(examples)), key=lambda index: examples[index].length)
    for numbers in batches(by_length, settings["batch_size"]):
        group = [examples[number] for number in numbers]
        losses, predicted = models.completion_losses(model, group, end)
        completed = complete(model, group, end, settings)
        means = (losses.sum(dim=1) / predicted).tolist()
        for number, tokens, mean, count in zip(numbers, completed, means, predicted.tolist(), strict=True):
            text = encoder.tokenizer.decode(tokens, skip_special_tokens=True).strip()
            found[number] = {"answer": text, "loss": round(mean, 6), "tokens": count}
        progress(len(found), len(examples), "questions", name)
    return [found[index] for index in range(len(examples))]


def summary(answers: list[Row]) -> Row:
    """What the report says of one model's answers; the loss is the mean over all reference tokens."""
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
    template = choose_template(adapter)
    rows = read_questions(INPUTS / "questions")

    models.prepare(settings["seed"])
    tokenizer = models.load_tokenizer(INPUTS / "model")
    encoder = models.Encoder(tokenizer, template)
    examples = encoder.encode_all(rows)
    model: torch.nn.Module = models.load_model(INPUTS / "model")
    room = models.context_length(model) - settings["max_new_tokens"]
    for example in examples:
        if example.length > room:
            raise Refusal(
                f"question {example.name} has {example.length} tokens with its reference, but the model has room for {room} beside max_new_tokens: shorten its context"
            )

    report: Row = {"questions": len(rows), "parameters": settings}
    answered = [dict(row) for row in rows]
    for name in ANSWERERS if adapter else ANSWERERS[:1]:
        if name == "tuned":
            model = with_adapter(model, adapter)
        found = answer(model, examples, encoder, settings, name)
        for row, own in zip(answered, found, strict=True):
            row[name] = own
        report[name] = summary(found)
    write_rows(OUTPUTS / "answers.jsonl", answered)
    write_json(OUTPUTS / "report.json", report)


if __name__ == "__main__":
    run(main)
