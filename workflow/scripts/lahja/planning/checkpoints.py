"""The sizes of the models of a run: what their training, decoding and storing hangs on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.settings import parse_settings


@dataclass(frozen=True)
class Shape:
    """A model's parameters, layers and widths; resources/rates/checkpoints.yaml explains them."""

    parameters: float
    layers: int
    key_value: int
    linear: int
    download_bytes: float = 0.0

    @property
    def weight_bytes(self) -> float:
        """Bytes of the weights in bf16, as they lie on the GPU."""
        return 2 * self.parameters

    def adapter_bytes(self, rank: int) -> float:
        """Bytes of a LoRA adapter on all linear layers, in float32."""
        return 4.0 * rank * self.linear * self.layers


def read_checkpoints(path: Path) -> dict[str, Shape]:
    """Read the shapes of known checkpoints."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: parse_settings(Shape, entry) for name, entry in entries.items()}


def checkpoint_shape(name: str, known: dict[str, Shape], folder: Path, table: Path) -> Shape:
    """Return the shape of a checkpoint: a known one's, or as its `config.json` on disk says.

    Raises `LahjaError` that names the table to enter it in where neither is there.
    """
    if name in known:
        return known[name]
    config = folder / "config.json"
    if not config.is_file():
        raise LahjaError(
            f"the size of checkpoint {name} is not known: enter it in {table}, or let the "
            f"workflow fetch it first ({config} is missing)"
        )
    shape = transformer_shape(read_json(config))
    weights = [*folder.glob("*.safetensors"), *folder.glob("*.bin")]
    size = sum(file.stat().st_size for file in weights)
    return Shape(shape.parameters, shape.layers, shape.key_value, shape.linear, size)


def transformer_shape(config: dict[str, Any]) -> Shape:
    """Return the shape that a transformer's `config.json` describes.

    Its feed-forward layers are taken as gated (three maps), as all decoders here have them,
    unless it is a BERT or a translator (two).
    """
    hidden = _first(config, "hidden_size", "d_model")
    layers = _first(config, "num_hidden_layers", "decoder_layers")
    heads = _first(config, "num_attention_heads", "decoder_attention_heads")
    inner = _first(config, "intermediate_size", "decoder_ffn_dim")
    head = config.get("head_dim") or hidden // heads
    key_value = head * config.get("num_key_value_heads", heads)
    maps = 3 if "rms_norm_eps" in config else 2
    attention = 2 * hidden * head * heads + 2 * hidden * key_value
    linear = 2 * (hidden + head * heads) + 2 * (hidden + key_value) + maps * (hidden + inner)
    embeddings = config.get("vocab_size", 0) * hidden
    if not config.get("tie_word_embeddings", True):
        embeddings *= 2
    # A translator has as many layers again in its encoder, and attends to them.
    stacks = 2.5 if "encoder_layers" in config else 1
    parameters = stacks * layers * (attention + maps * hidden * inner) + embeddings
    return Shape(float(parameters), layers, key_value, linear)


def small_shape(settings: dict[str, Any]) -> Shape:
    """Return the shape of a small model that the workflow pretrains, from its settings."""
    return transformer_shape(
        {
            "hidden_size": settings["hidden"],
            "num_hidden_layers": settings["layers"],
            "num_attention_heads": settings["heads"],
            "intermediate_size": settings["intermediate"],
            "vocab_size": settings["vocabulary"],
            "rms_norm_eps": 0,
        }
    )


def _first(config: dict[str, Any], *keys: str) -> int:
    for key in keys:
        if key in config:
            return int(config[key])
    raise LahjaError(f"config.json: none of {', '.join(keys)} is there")
