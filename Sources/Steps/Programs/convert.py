"""model/convert: a GGUF file or a Hugging Face folder to safetensors (fp32), config, tokenizer.

De-quantising a GGUF file takes most of the time of loading it, so it is done once, in a step of
its own.
"""

import json
import os
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"  # the bars of the libraries; read when they are imported

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from step import INPUTS, OUTPUTS, Refusal, progress, run, write_json

#: What the converted settings do not say: where they came from, and how the source was packed.
DROPPED = {
    "_model_name_or_path",
    "_name_or_path",
    "is_local",
    "local_files_only",
    "name_or_path",
    "quantization_config",
    "transformers_version",
}


def find_source(given: Path) -> tuple[Path, str | None]:
    """The folder to load from and, for GGUF, the file's name in it.

    Raises:
        Refusal: neither one GGUF file nor a Hugging Face folder is there.
    """
    files = [given] if given.is_file() else sorted(p for p in given.rglob("*") if p.is_file())
    packed = [p for p in files if p.suffix == ".gguf"]
    if len(packed) > 1:
        names = ", ".join(p.name for p in packed)
        raise Refusal(f"the input model holds {len(packed)} GGUF files ({names}): select one")
    if packed:
        return packed[0].parent, packed[0].name
    if given.is_file() and starts_with(given, b"GGUF"):  # an input's name need have no ending
        return given.parent, given.name
    configs = [p for p in files if p.name == "config.json"]
    if len(configs) != 1 or not list(configs[0].parent.glob("*.safetensors")):
        found = ", ".join(p.name for p in files[:5]) or "nothing"
        raise Refusal(
            "the input model is neither a .gguf file nor a folder with config.json and "
            f"*.safetensors: found {found}"
        )
    return configs[0].parent, None


def starts_with(path: Path, magic: bytes) -> bool:
    """Whether a file begins with these bytes."""
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def load(folder: Path, packed: str | None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model in fp32 and tokenizer."""
    options = {"local_files_only": True} | ({"gguf_file": packed} if packed else {})
    try:
        progress(0, 3, "parts", "reading the tokenizer")
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        progress(1, 3, "parts", "reading the weights")
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        name = packed or folder.name
        raise Refusal(f"{name}: transformers cannot load this model: {error}") from None
    return model, tokenizer


def save(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> dict[str, torch.Tensor]:
    """Writes the converted model and returns its tensors.

    Transformers' own `save_pretrained` refuses a model that was loaded from GGUF.
    """
    folder.mkdir(parents=True)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    config = {key: value for key, value in model.config.to_dict().items() if key not in DROPPED}
    write_json(
        folder / "config.json",
        config | {"architectures": [type(model).__name__], "dtype": "float32"},
    )
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, {key: value for key, value in settings.items() if key not in DROPPED})
    return tensors


def main() -> None:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    folder, packed = find_source(INPUTS / "model")
    model, tokenizer = load(folder, packed)
    progress(2, 3, "parts", "writing safetensors")
    tensors = save(model, tokenizer, OUTPUTS / "model")
    write_json(
        OUTPUTS / "report.json",
        {
            "architecture": type(model).__name__,
            "bytes": (OUTPUTS / "model" / "model.safetensors").stat().st_size,
            "context": getattr(model.config, "max_position_embeddings", None),
            "layers": getattr(model.config, "num_hidden_layers", None),
            "parameters": sum(tensor.numel() for tensor in tensors.values()),
            "source": "gguf" if packed else "safetensors",
            "tied": bool(model.config.tie_word_embeddings),
            "vocabulary": len(tokenizer),
        },
    )
    progress(3, 3, "parts", "done")


if __name__ == "__main__":
    run(main)
