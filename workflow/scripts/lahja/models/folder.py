"""Model folders: what lies in them, how they are loaded, and what identifies them.

Every model is a root checkpoint in Hugging Face's layout, or such a root plus one LoRA adapter.
A further training step continues its parent's adapter, so there is never more than one. A
trained model's folder holds `adapter/` and `model.json`; a root's holds its checkpoint files,
and `model.json` where the workflow made or fetched it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.files import digest_of_file, digest_of_text, read_json, write_json
from lahja.models.quantisation import quantised

if TYPE_CHECKING:
    import torch
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter"
MODEL_FILE = "model.json"
_ADAPTER_WEIGHTS = "adapter_model.safetensors"


def load_tokenizer(root: Path) -> "PreTrainedTokenizerBase":
    """Load a root's tokenizer; a pad token that is missing becomes the end of turn."""
    from transformers import AutoTokenizer

    _expect_checkpoint(root)
    tokenizer = AutoTokenizer.from_pretrained(root)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    root: Path,
    adapter: Path | None = None,
    *,
    dtype: "torch.dtype",
    device: str,
    trainable: bool = False,
    quantisation: str | None = None,
) -> "PreTrainedModel":
    """Load a root, with its adapter where one is given, on the device.

    For training the adapter stays a trainable PEFT adapter. For use it is merged into float32
    weights; in bf16, where merging would round it away, it stays beside them. `quantisation`
    "nf4" keeps the root's weights in four bits (QLoRA).
    """
    import torch
    from transformers import AutoModelForCausalLM

    _expect_checkpoint(root)
    how = {"dtype": dtype, "attn_implementation": "sdpa"}
    if quantisation is not None:
        how |= quantised(quantisation, dtype, device)
    model = AutoModelForCausalLM.from_pretrained(root, **how)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter_of(adapter), is_trainable=trainable)
        if not trainable and dtype is torch.float32:
            model = model.merge_and_unload()
    if quantisation is None:
        model.to(device)
    return model if trainable else model.eval()


def load_generation_config(root: Path) -> "GenerationConfig":
    """Load a root's generation configuration; without a file of its own, its model's."""
    from transformers import AutoConfig, GenerationConfig

    if (root / "generation_config.json").is_file():
        return GenerationConfig.from_pretrained(root)
    _expect_checkpoint(root)
    return GenerationConfig.from_model_config(AutoConfig.from_pretrained(root))


def model_context(root: Path) -> int:
    """Return how many positions a root knows."""
    from transformers import AutoConfig

    _expect_checkpoint(root)
    return AutoConfig.from_pretrained(root).get_text_config().max_position_embeddings


def model_digest(root: Path, adapter: Path | None = None) -> str:
    """Return what identifies a model: its root's identity, and its adapter's bytes."""
    identity = root_digest(root)
    if adapter is None:
        return identity
    return f"{identity}+{digest_of_file(adapter_of(adapter) / _ADAPTER_WEIGHTS)}"


def adapter_of(folder: Path) -> Path:
    """Return where a trained model's folder, or an adapter's own, holds the adapter."""
    for place in (folder / ADAPTER, folder):
        if (place / _ADAPTER_WEIGHTS).is_file():
            return place
    raise LahjaError(f"{folder}: no LoRA adapter there ({_ADAPTER_WEIGHTS} is missing)")


def root_digest(root: Path) -> str:
    """Return a root's identity: repository and revision, or a digest of its files.

    A checkpoint without `model.json` (one that the user put there) is digested as it lies.
    """
    record = root / MODEL_FILE
    if record.is_file():
        facts = read_json(record)
        if facts.get("revision"):
            return f"{facts['repo']}@{facts['revision']}"
        if facts.get("digest"):
            return facts["digest"]
    return folder_digest(root)


def folder_digest(folder: Path) -> str:
    """Return one digest of a checkpoint's configuration, tokenizer and weights."""
    _expect_checkpoint(folder)
    names = sorted(
        path
        for pattern in ("*.json", "*.jinja", "*.safetensors", "*.model")
        for path in folder.glob(pattern)
        if path.name != MODEL_FILE
    )
    return digest_of_text("".join(f"{path.name}:{digest_of_file(path)}\n" for path in names))


def write_root_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write `model.json` of a checkpoint that the workflow trained from scratch."""
    write_json(folder / MODEL_FILE, {**facts, "digest": folder_digest(folder)})


def write_adapter_record(
    folder: Path, root: Path, parent: Path | None, facts: dict[str, Any]
) -> None:
    """Write `model.json` of a trained adapter: its root, its parent and how it came about."""
    record = {
        **facts,
        "root": str(root),
        "base_digest": model_digest(root, parent),
        "digest": model_digest(root, folder / ADAPTER),
    }
    write_json(folder / MODEL_FILE, record)


def _expect_checkpoint(root: Path) -> None:
    if not (root / "config.json").is_file():
        raise LahjaError(f"{root}: not a model folder (config.json is missing)")
