"""Model folders: what lies in them, how they are loaded, and what identifies them.

A base model's holds a checkpoint in Hugging Face's layout, and `model.json` where the workflow made
or fetched it; a trained one's `adapter/`, its one LoRA adapter, and `model.json`.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja import __version__
from lahja.core import files
from lahja.core.errors import DamagedError, LahjaError
from lahja.core.hub import MODEL_FILE
from lahja.models.device import quantised
from lahja.prompts.chat import example_tokens

if TYPE_CHECKING:
    import torch
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

ADAPTER = "adapter"
_MAX_MESSAGE = 300
# Whose versions a model's record has, as far as they had a part in it.
_LIBRARIES = ("torch", "transformers", "peft", "trl")
# An adapter's rank and scale change what its weights add.
_ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"


def load_tokenizer(base_model: Path) -> "PreTrainedTokenizerBase":
    """Load a chat model's tokenizer; a pad token that is missing becomes the end of turn.

    Raises `LahjaError` where it has no end of turn, no chat template that fits, or too many tokens.
    """
    from transformers import AutoConfig

    expect_checkpoint(base_model)
    tokenizer = read_tokenizer(base_model)
    with one_line_errors(base_model):
        rows = AutoConfig.from_pretrained(base_model).get_text_config().vocab_size
    if tokenizer.eos_token is None:
        raise LahjaError(f"{base_model}: the tokenizer has no eos_token, which ends an answer")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    # Tokens that texts become, or that every conversation has. Other special ones may be past the
    # last row: Gemma 3 1B's tokenizer has one for images.
    ((conversation, _),) = example_tokens(tokenizer, ["?"], ["!"])
    added = tokenizer.added_tokens_decoder.items()
    used = {tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.vocab_size - 1, *conversation}
    used |= {number for number, token in added if not token.special}
    if (last := max(used)) >= rows:
        token = tokenizer.decode([last])
        raise LahjaError(f"{base_model}: token {token!r} has number {last}, of {rows} embeddings")
    return tokenizer


def read_tokenizer(folder: Path) -> "PreTrainedTokenizerBase":
    """Load a checkpoint's tokenizer as it is; raise `LahjaError` where it cannot be read."""
    from transformers import AutoTokenizer

    with one_line_errors(folder):
        return AutoTokenizer.from_pretrained(folder)


def load_whole(kind: Any, folder: Path, **how: Any) -> "PreTrainedModel":
    """Load a checkpoint by one of transformers' classes; `how` is for its `from_pretrained`.

    Raises `LahjaError` where a weight that the architecture has is missing, of another shape, or
    cannot be read: transformers would draw it at random.
    """
    from safetensors import safe_open

    expect_whole(folder)
    for file in folder.glob("*.safetensors"):
        with one_line_errors(file), safe_open(file, "pt"):
            pass
    how |= {"output_loading_info": True, "ignore_mismatched_sizes": True}
    with one_line_errors(folder):
        model, report = kind.from_pretrained(folder, **how)
    faults = [f"has no weight {name}" for name in sorted(report["missing_keys"])]
    faults += [
        f"the weight {name} is {' × '.join(map(str, found))}, not {' × '.join(map(str, wanted))}"
        for name, found, wanted in sorted(report["mismatched_keys"])
    ]
    if faults:
        others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        wanted = f"expected all weights of a {type(model).__name__}"
        raise LahjaError(f"{folder}: {faults[0]}{others}; {wanted}")
    return model


def load_model(
    base_model: Path, adapter: Path | None = None, *, dtype: "torch.dtype", device: str,
    trainable: bool = False, quantisation: str | None = None,
) -> "PreTrainedModel":  # fmt: skip
    """Load a base model, with its adapter where one is given, on the device.

    For training the adapter stays a trainable PEFT adapter. For use it is merged into float32
    weights; in bf16, where merging would round it away, it stays beside them. `quantisation`
    "nf4" keeps its weights in four bits (QLoRA).
    """
    import torch
    from transformers import AutoModelForCausalLM

    expect_checkpoint(base_model)
    how = {"dtype": dtype, "attn_implementation": "sdpa"}
    how |= quantised(dtype, device) if quantisation else {}
    model = load_whole(AutoModelForCausalLM, base_model, **how)
    if adapter is not None:
        from peft import PeftModel

        place = adapter_of(adapter)
        with one_line_errors(place), warnings.catch_warnings():
            # Weights that are not there would stay as they are made, and add nothing.
            warnings.filterwarnings("error", "Found missing adapter keys")
            model = PeftModel.from_pretrained(model, place, is_trainable=trainable)
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
    if adapter is None:
        return base_digest(base_model)
    place = adapter_of(adapter)
    own = {name: place / name for name in (_ADAPTER_WEIGHTS, ADAPTER_CONFIG)}
    return f"{base_digest(base_model)}+{_digest(own)}"


def adapter_of(folder: Path) -> Path:
    """Return where a trained model's folder, or an adapter's own, holds a whole adapter."""
    expect_whole(folder)
    for place in (folder / ADAPTER, folder):
        if all((place / name).is_file() for name in (_ADAPTER_WEIGHTS, ADAPTER_CONFIG)):
            return place
    missing = f"{_ADAPTER_WEIGHTS} or {ADAPTER_CONFIG} is missing"
    raise LahjaError(f"{folder}: no LoRA adapter there ({missing})")


def base_digest(base_model: Path) -> str:
    """Return a base model's identity: repository and revision, or a digest of its files.

    A download is links to the hub's files at that revision; what else lies there counts too.
    """
    record = base_model / MODEL_FILE
    # A checkpoint that the user put there has no record.
    facts = files.read_json(record) if record.is_file() else {}
    # Of its files, all that a model can depend on: configuration, tokenizer, template, weights.
    own = {name: file for name, file in _files(base_model).items() if file.suffix != ".md"}
    if not facts.get("revision"):
        expect_checkpoint(base_model)
        return _digest(own)
    put_there = {name: file for name, file in own.items() if not file.is_symlink()}
    further = f"+{_digest(put_there)}" if put_there else ""
    return f"{facts['repo']}@{facts['revision']}{further}"


def _files(folder: Path) -> dict[str, Path]:
    """Return a model's files by name: all but its record and hidden ones."""
    found = files.files_under(folder).items()
    return {name: file for name, file in found if name != MODEL_FILE and not name.startswith(".")}


def _digest(own: dict[str, Path]) -> str:
    told = (f"{name}:{files.digest_of_file(file)}\n" for name, file in own.items())
    return files.digest_of_text("".join(told))


def write_adapter_record(folder: Path, base_model: Path, parent: Path | None, facts: dict) -> None:
    """Write `model.json` of a trained adapter: its base model, its parent and how it came about."""
    digests = {"base_digest": model_digest(base_model, parent)}
    digests["digest"] = model_digest(base_model, folder / ADAPTER)
    write_record(folder, {**facts, "root": str(base_model), **digests})


def write_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write `model.json` of a model that the run made: facts, libraries, digests of its files."""
    libraries = {name: sys.modules[name].__version__ for name in _LIBRARIES if name in sys.modules}
    facts = facts | {"made_by": {"lahja": __version__, **libraries}, "files": _digests(folder)}
    checksum = files.digest_of_text(files.canonical_json(facts))
    files.write_json(folder / MODEL_FILE, {**facts, "checksum": checksum})


def expect_whole(folder: Path) -> bool:
    """Raise `DamagedError` where a model that the run made does not hold what was written.

    Returns whether it has digests to tell it by: a checkpoint of the hub, the user's own or an
    older run's has none.
    """
    record = folder / MODEL_FILE
    if not record.is_file():
        return False
    try:
        facts = files.read_json(record)
        checksum = facts.pop("checksum", None)
        own = files.digest_of_text(files.canonical_json(facts))
        is_whole = "files" not in facts or checksum == own
    except (AttributeError, LahjaError):
        facts, is_whole = {}, False
    if not is_whole:
        raise DamagedError(f"{record}: damaged (its checksum differs)", folder)
    wanted = facts.get("files", {})
    found = _digests(folder) if wanted else {}
    for name, _ in sorted(wanted.items() ^ found.items()):
        told = "damaged (its digest differs)" if name in wanted else "not a file of this model"
        raise DamagedError(f"{folder / name}: {told if name in found else 'missing'}", folder)
    return bool(wanted)


def _digests(folder: Path) -> dict[str, str]:
    return {name: files.digest_of_file(file) for name, file in _files(folder).items()}


@contextmanager
def one_line_errors(place: Path) -> Iterator[None]:
    """Turn what transformers and others raise of a folder or file into one `LahjaError`.

    Where a model of the run is damaged, that is told.
    """
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    unread = (AttributeError, EOFError, KeyError, OSError, RuntimeError, SafetensorError, TypeError)
    try:
        yield
    except (*unread, UnpicklingError, UserWarning, ValueError) as error:
        expect_whole(place)
        told = " ".join(str(error).split())[:_MAX_MESSAGE]
        raise LahjaError(f"{place}: cannot be loaded: {type(error).__name__}: {told}") from None


def expect_checkpoint(base_model: Path) -> None:
    """Raise `LahjaError` where a folder is no whole checkpoint."""
    if not (base_model / "config.json").is_file():
        expect_whole(base_model)
        raise LahjaError(f"{base_model}: not a model folder (config.json is missing)")
    if (base_model / ADAPTER_CONFIG).is_file():
        # Loaded as it is, it would bring its own base from elsewhere.
        raise LahjaError(f"{base_model}: holds {ADAPTER_CONFIG}; expected a whole checkpoint")
    for index in base_model.glob("*.index.json"):
        with one_line_errors(index):
            shards = sorted({*files.read_json(index).get("weight_map", {}).values()})
        for shard in shards:
            if not (base_model / shard).is_file():
                raise LahjaError(f"{base_model}: {shard} is missing, which {index.name} lists")
