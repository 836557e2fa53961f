"""What the programs of the library steps share: parameters, rows, JSON, progress, refusals.

A program runs in the step's folder: inputs are in `in/`, parameters in `params.json`, and what it
leaves in `out/` is its result. Standard library only.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

INPUTS = Path("in")
OUTPUTS = Path("out")

#: Who answers a question, as the fields of an answers file name them.
ANSWERERS = ("base", "tuned")

#: Larder takes lines that begin with this character (RFC 7464's record separator) as progress.
PROGRESS_MARK = "\x1e"


class Refusal(Exception):  # noqa: N818, it is no fault of the program
    """A mistake in the data or the parameters, told to the user in one sentence."""


def run(program: Callable[[], None]) -> None:
    """Runs a program; a `Refusal` ends it with exit code 2 and its sentence on standard error."""
    try:
        program()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


def warn(text: str) -> None:
    """Says something in the step's log that does not stop it."""
    print(f"warning: {text}", file=sys.stderr, flush=True)


def parameters() -> dict[str, Any]:
    """The step's parameters, all resolved."""
    return json.loads(Path("params.json").read_text(encoding="utf-8"))


def given(name: str) -> Path | None:
    """The path of the input called `name`, or nothing where the recipe does not give it."""
    path = INPUTS / name
    return path if path.exists() else None


def canonical(value: Any) -> str:
    """JSON in the one form that outputs use: sorted keys, no spaces, no escapes but the needed."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(value).encode()).hexdigest()


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSON Lines file.

    Raises:
        Refusal: a line is not a JSON object.
    """
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise Refusal(f"{path}, line {number}: not JSON ({error.msg})") from None
            if not isinstance(row, dict):
                raise Refusal(
                    f"{path}, line {number}: a row is an object, found {line.strip()[:40]}"
                )
            rows.append(row)
    return rows


def name_of(row: Row, index: int) -> str:
    """A row's `id`, or where it has none its position: `#1` is the first."""
    return str(row["id"]) if row.get("id") is not None else f"#{index + 1}"


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes rows as JSON Lines, each in canonical form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(canonical(row) + "\n")


def write_json(path: Path, value: Any) -> None:
    """Writes one JSON document in canonical form with a final newline."""
    write_rows(path, [value])


def progress(done: int, total: int, unit: str, text: str = "") -> None:
    """Tells how far the step is, on a line that does not stay in its log."""
    state = {"done": done, "total": total, "unit": unit, "text": text}
    print(PROGRESS_MARK + canonical({"progress": state}), flush=True)


def batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    """Consecutive runs of `size` items; the last may be shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
