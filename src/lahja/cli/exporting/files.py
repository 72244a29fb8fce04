"""A model of a run in the forms that peft, transformers and vLLM load, and a dataset's rows."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lahja.core.files import read_json, write_json
from lahja.core.hub import MODEL_FILE
from lahja.models.folder import adapter_of, load_model
from lahja.prompts.chat import assistant_turn, user_turn

# Where an adapter's base model lies, beside it, if no hub has it.
BASE = "base"
_CONFIG = "adapter_config.json"
# The folders of a dataset's two layouts, which are also its configurations on the hub.
TRL, LLAMA_FACTORY = "trl", "llama-factory"
ROWS = "train.parquet"
# A tokenizer is copied: transformers 5 would leave out Gemma's tokenizer.model, which llama.cpp's
# converter reads, and name classes that transformers 4 does not know. Gemma's terms go with it.
_COPIED = ("*token*", "*.model", "vocab.*", "merges.txt", "chat_template*", "GEMMA_TERMS*")


class Weights(NamedTuple):
    """What was written of a model, as its card tells it."""

    rank: int | None = None  #: Rank of an adapter.
    dtype: str | None = None  #: Number format of a merged model.
    lost: float = 0.0  #: Norm of what rounding took from the adapter's update, per its norm.


def hub_base(base: Path) -> dict[str, Any] | None:
    """Return `repo`, `revision` and stated `licence` of a base model; None if it is of no hub."""
    from huggingface_hub import metadata_load

    record, card = base / MODEL_FILE, base / "README.md"
    facts = read_json(record) if record.is_file() else {}
    head = metadata_load(card) if card.is_file() else None
    return facts | {"licence": (head or {}).get("license")} if facts.get("revision") else None


def write_adapter(base: Path, adapter: Path, output: Path) -> Weights:
    """Write the folder of an adapter with its tokenizer.

    Its configuration names the base model's repository and commit on the hub. A base model that is
    on none lies beside it in `base/`.
    """
    shutil.copytree(adapter_of(adapter), output)
    config, home = read_json(output / _CONFIG), hub_base(base)
    place = {"base_model_name_or_path": BASE, "revision": None}
    if home is not None:
        place = {"base_model_name_or_path": home["repo"], "revision": home["revision"]}
    write_json(output / _CONFIG, config | place)
    _copy_tokenizer_and_terms(base, output)
    if home is None:
        unused = shutil.ignore_patterns(MODEL_FILE, "training.csv", ".snakemake*")
        shutil.copytree(base, output / BASE, ignore=unused)
    return Weights(rank=config["r"])


def write_merged(base: Path, adapter: Path, precision: str | None, output: Path) -> Weights:
    """Write the base model with its adapter merged in.

    They are merged in float32 and rounded to `precision` ("bf16", "fp32"), or else to the base
    model's own.
    """
    import torch
    from transformers import AutoConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    named = {"bf16": torch.bfloat16, "fp32": torch.float32, None: None}
    dtype = named[precision] or AutoConfig.from_pretrained(base).dtype or torch.float32
    model = load_model(base, adapter, dtype=torch.float32, device="cpu", trainable=True)
    lost = _lost_by_rounding(model, dtype)
    model.merge_and_unload().to(dtype).save_pretrained(output)
    _copy_tokenizer_and_terms(base, output)
    return Weights(dtype=str(dtype).removeprefix("torch."), lost=lost)


def _copy_tokenizer_and_terms(base: Path, output: Path) -> None:
    for pattern in _COPIED:
        for file in filter(Path.is_file, base.glob(pattern)):
            shutil.copy(file, output)


def _lost_by_rounding(model: Any, dtype: Any) -> float:
    """Return what a number format takes from a PEFT model's update, per norm of that update."""
    import torch
    from peft.tuners.lora import LoraLayer

    lost = whole = 0.0
    with torch.inference_mode():
        for layer in model.modules():
            if isinstance(layer, LoraLayer):
                update = layer.get_delta_weight("default")
                exact = layer.get_base_layer().weight + update
                lost += (exact.to(dtype).float() - exact).square().sum().item()
                whole += update.square().sum().item()
    return (lost / whole) ** 0.5 if lost else 0.0


def write_dataset(name: str, rows: pd.DataFrame, output: Path) -> None:
    """Write PAIRS or EXAMPLES into a folder, in both layouts, with `dataset_info.json`.

    TRL's has conversations, and all further columns; LLaMA-Factory's has plain texts.
    """
    is_pairs = "chosen" in rows
    sides = ["chosen", "rejected"] if is_pairs else ["completion"]
    plain = rows[["prompt", *sides]]
    talks = pd.DataFrame({side: plain[side].map(assistant_turn) for side in sides})
    talks.insert(0, "prompt", plain["prompt"].map(user_turn))
    for layout, frame in ((TRL, talks.join(rows.drop(columns=plain))), (LLAMA_FACTORY, plain)):
        (output / layout).mkdir(parents=True)
        frame.to_parquet(output / layout / ROWS, index=False)
    columns = {side if is_pairs else "response": side for side in sides} | {"prompt": "prompt"}
    about = {"file_name": f"{LLAMA_FACTORY}/{ROWS}", "ranking": is_pairs, "columns": columns}
    write_json(output / "dataset_info.json", {name: about})
