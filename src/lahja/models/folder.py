"""Model folders: what lies in them, how they are loaded, and what identifies them.

A base model's holds a checkpoint in Hugging Face's layout, and `model.json` where the workflow made
or fetched it; a trained one's `adapter/`, its one LoRA adapter, and `model.json`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_file, digest_of_text, read_json, write_json
from lahja.core.hub import MODEL_FILE
from lahja.models.device import quantised

if TYPE_CHECKING:
    import torch
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter"
# Configuration, chat template, weights and tokenizer, in the forms that transformers reads.
_DIGESTED = ("*.json", "*.jinja", "*.safetensors", "*.bin", "*.model", "*.txt")
_ADAPTER_WEIGHTS = "adapter_model.safetensors"


def load_tokenizer(base_model: Path) -> "PreTrainedTokenizerBase":
    """Load a base model's tokenizer; a pad token that is missing becomes the end of turn."""
    from transformers import AutoTokenizer

    _expect_checkpoint(base_model)
    tokenizer = AutoTokenizer.from_pretrained(base_model)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    base_model: Path,
    adapter: Path | None = None,
    *,
    dtype: "torch.dtype",
    device: str,
    trainable: bool = False,
    quantisation: str | None = None,
) -> "PreTrainedModel":
    """Load a base model, with its adapter where one is given, on the device.

    For training the adapter stays a trainable PEFT adapter. For use it is merged into float32
    weights; in bf16, where merging would round it away, it stays beside them. `quantisation`
    "nf4" keeps its weights in four bits (QLoRA).
    """
    import torch
    from transformers import AutoModelForCausalLM

    _expect_checkpoint(base_model)
    how = {"dtype": dtype, "attn_implementation": "sdpa"}
    if quantisation is not None:
        how |= quantised(dtype, device)
    model = AutoModelForCausalLM.from_pretrained(base_model, **how)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter_of(adapter), is_trainable=trainable)
        if not trainable and dtype is torch.float32:
            model = model.merge_and_unload()
    if quantisation is None:
        model.to(device)
    return model if trainable else model.eval()


def load_generation_config(base_model: Path) -> "GenerationConfig":
    """Load a base model's generation configuration; without a file of its own, its model's."""
    from transformers import AutoConfig, GenerationConfig

    if (base_model / "generation_config.json").is_file():
        return GenerationConfig.from_pretrained(base_model)
    return GenerationConfig.from_model_config(AutoConfig.from_pretrained(base_model))


def model_context(base_model: Path) -> int:
    """Return how many positions a base model knows."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(base_model).get_text_config().max_position_embeddings


def model_digest(base_model: Path, adapter: Path | None = None) -> str:
    """Return what identifies a model: its base model's identity, and its adapter's bytes."""
    own = f"+{digest_of_file(adapter_of(adapter) / _ADAPTER_WEIGHTS)}" if adapter else ""
    return f"{base_digest(base_model)}{own}"


def adapter_of(folder: Path) -> Path:
    """Return where a trained model's folder, or an adapter's own, holds the adapter."""
    for place in (folder / ADAPTER, folder):
        if (place / _ADAPTER_WEIGHTS).is_file():
            return place
    raise LahjaError(f"{folder}: no LoRA adapter there ({_ADAPTER_WEIGHTS} is missing)")


def base_digest(base_model: Path) -> str:
    """Return a base model's identity: repository and revision, or a digest of its files."""
    record = base_model / MODEL_FILE
    # A checkpoint that the user put there has no record.
    facts = read_json(record) if record.is_file() else {}
    if facts.get("revision"):
        return f"{facts['repo']}@{facts['revision']}"
    return facts.get("digest") or folder_digest(base_model)


def folder_digest(folder: Path) -> str:
    """Return one digest of a checkpoint's configuration, tokenizer and weights."""
    _expect_checkpoint(folder)
    names = sorted(
        path for pattern in _DIGESTED for path in folder.glob(pattern) if path.name != MODEL_FILE
    )
    return digest_of_text("".join(f"{path.name}:{digest_of_file(path)}\n" for path in names))


def write_base_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write `model.json` of a checkpoint that the workflow trained from scratch."""
    write_json(folder / MODEL_FILE, {**facts, "digest": folder_digest(folder)})


def write_adapter_record(
    folder: Path, base_model: Path, parent: Path | None, facts: dict[str, Any]
) -> None:
    """Write `model.json` of a trained adapter: its base model, its parent and how it came about."""
    record = {
        **facts,
        "root": str(base_model),
        "base_digest": model_digest(base_model, parent),
        "digest": model_digest(base_model, folder / ADAPTER),
    }
    write_json(folder / MODEL_FILE, record)


def _expect_checkpoint(base_model: Path) -> None:
    if not (base_model / "config.json").is_file():
        raise LahjaError(f"{base_model}: not a model folder (config.json is missing)")
