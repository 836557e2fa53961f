"""The prompt template: rows to (prompt, completion), one object for training and generation alike.

A template is the `template.json` of SageMaker JumpStart: `{"prompt": TEXT, "completion": TEXT}`, in
which `{field}` stands for a row's field. Standard library only.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from step import Refusal, Row

FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

#: JumpStart's default for instruction rows, word for word.
JUMPSTART_PROMPT = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{context}\n\n"
)
JUMPSTART_COMPLETION = " {response}"
DEMARCATION = "\n\n### Response:\n"


@dataclass(frozen=True)
class Template:
    """How a row becomes a prompt and a completion."""

    prompt: str
    completion: str

    @classmethod
    def jumpstart(cls, demarcation: bool = True) -> "Template":
        """JumpStart's default.

        Args:
            demarcation: `add_input_output_demarcation_key`: whether the response has a header.
        """
        return cls(JUMPSTART_PROMPT + (DEMARCATION if demarcation else ""), JUMPSTART_COMPLETION)

    @classmethod
    def read(cls, path: Path) -> "Template":
        """Reads a `template.json`.

        Raises:
            Refusal: it is not one, or its completion is not about the row.
        """
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise Refusal(f"{path}: not JSON ({error.msg}, line {error.lineno})") from None
        if not isinstance(value, dict):
            raise Refusal(f'{path}: a template is {{"prompt": TEXT, "completion": TEXT}}')
        texts = [value.get(part) for part in ("prompt", "completion")]
        if not all(isinstance(text, str) for text in texts):
            raise Refusal(f'{path}: a template needs the texts "prompt" and "completion"')
        if not FIELD.search(texts[1]):
            raise Refusal(
                f"{path}: the completion {texts[1]!r} names no field such as {{response}}"
            )
        return cls(*texts)

    def as_json(self) -> dict[str, str]:
        """The template as `template.json` holds it."""
        return {"prompt": self.prompt, "completion": self.completion}

    def render(self, row: Row, name: str) -> tuple[str, str]:
        """Prompt and completion of an instruction or prompt-completion row.

        The latter is taken as it is. A field's text is never looked at for further fields, and a
        missing `context` is empty.

        Args:
            name: what to call the row in an error.
        """
        if "prompt" in row and "completion" in row:
            return text_of(row, "prompt", name), text_of(row, "completion", name)
        return fill(self.prompt, row, name), fill(self.completion, row, name)


def fill(text: str, row: Row, name: str) -> str:
    """`text` with each `{field}` replaced by the row's."""
    return FIELD.sub(lambda match: text_of(row, match[1], name), text)


def text_of(row: Row, field: str, name: str) -> str:
    """A row's field, which must be text."""
    value: Any = row.get(field)
    if value is None and field == "context":
        return ""
    if not isinstance(value, str):
        found = "nothing" if value is None else type(value).__name__
        has = ", ".join(sorted(row)) or "no field"
        raise Refusal(f"row {name}: `{field}` must be text, found {found}; the row has {has}")
    return value
