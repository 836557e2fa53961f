"""model/convert: a GGUF file or a Hugging Face folder becomes safetensors (fp32), config and tokenizer.

De-quantising a GGUF file takes most of the time of loading it, so it is done once, in a step of its own.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from safetensors.torch import save_file
from step import INPUTS, OUTPUTS, Refusal, progress, run, write_json
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

#: What a converted config does not say: where it came from, and how the source was packed.
DROPPED = ("_name_or_path", "_model_name_or_path", "quantization_config", "transformers_version")


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
    if given.is_file() and given.read_bytes()[:4] == b"GGUF":  # an input's name need not have an ending
        return given.parent, given.name
    configs = [p for p in files if p.name == "config.json"]
    if len(configs) != 1 or not list(configs[0].parent.glob("*.safetensors")):
        found = ", ".join(p.name for p in files[:5]) or "nothing"
        raise Refusal(
            f"the input model is neither a .gguf file nor a folder with config.json and *.safetensors: found {found}"
        )
    return configs[0].parent, None


def load(folder: Path, packed: str | None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model in fp32 and tokenizer."""
    options = {"local_files_only": True} | ({"gguf_file": packed} if packed else {})
    try:
        progress(0, 3, "parts", "reading the tokenizer")
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        progress(1, 3, "parts", "reading the weights")
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options), tokenizer
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise Refusal(f"{packed or folder.name}: transformers cannot load this model: {error}") from None


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> dict[str, torch.Tensor]:
    """Writes the converted model and returns its tensors. `save_pretrained` refuses what was loaded from GGUF."""
    folder.mkdir(parents=True)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    config = {key: value for key, value in model.config.to_dict().items() if key not in DROPPED}
    write_json(folder / "config.json", config | {"architectures": [type(model).__name__], "dtype": "float32"})
    tokenizer.save_pretrained(folder)
    settings = folder / "tokenizer_config.json"
    write_json(
        settings,
        {k: v for k, v in json.loads(settings.read_text()).items() if k not in ("name_or_path", "is_local", "local_files_only")},
    )
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
            "source": packed or "safetensors",
            "tied": bool(model.config.tie_word_embeddings),
            "vocabulary": len(tokenizer),
        },
    )
    progress(3, 3, "parts", "done")


if __name__ == "__main__":
    run(main)
