"""How much GPU memory the training of a LoRA adapter takes, by reckoning.

It follows what TRL 1.16, PEFT and PyTorch keep at the moment of the peak, the backward pass of
one layer: all weights, the adapter with its gradients and optimiser state, each layer's input
(all that gradient checkpointing keeps), what one layer keeps for its backward pass, and the tile
of scores at the output layer. `bench/gpu_memory.py` measures the same.
"""

from dataclasses import dataclass

GIB = 2**30
# TRL scores up to so many tokens against so many words of the vocabulary at a time
# (trl/kernels/chunked_logprob.py), and never makes all scores of a batch at once.
_TILE_TOKENS, _TILE_VOCABULARY = 4096, 32768
# Triton works in the tile; without it PyTorch makes copies of what is in it (measured).
_COPIES_ON_CPU = 7
# NF4: half a byte a weight; of 64 weights one byte of scale, of 256 scales four bytes.
_NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
_FP32 = 4


@dataclass(frozen=True)
class Shape:
    """The size of a model of Llama's architecture."""

    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int

    @property
    def linear(self) -> list[tuple[int, int]]:
        """Inputs and outputs of the seven linear maps of a layer."""
        narrow = self.hidden // self.heads * self.key_value_heads
        wide = self.hidden
        attention = [(wide, wide), (wide, narrow), (wide, narrow), (wide, wide)]
        return [*attention, *2 * [(wide, self.intermediate)], (self.intermediate, wide)]

    @property
    def linear_weights(self) -> int:
        """Weights of the layers' linear maps, the ones that NF4 makes small."""
        return self.layers * sum(inputs * outputs for inputs, outputs in self.linear)

    @property
    def other_weights(self) -> int:
        """Weights of the embeddings, the output layer and the norms."""
        return 2 * self.vocabulary * self.hidden + (2 * self.layers + 1) * self.hidden

    def adapter_weights(self, rank: int) -> int:
        """Weights of an adapter on all linear maps."""
        return self.layers * rank * sum(inputs + outputs for inputs, outputs in self.linear)


LLAMA_8B = Shape(128_256, 4096, 14_336, 32, 32, 8)
"""meta-llama/Llama-3.1-8B, from its config.json."""


@dataclass(frozen=True)
class Load:
    """What is trained at a time: sequences (a preference pair is two), their length, the adapter.

    On a GPU weights and activations are bf16 and the adapter float32 under autocast; elsewhere
    all is float32.
    """

    sequences: int
    length: int
    rank: int = 8
    is_checkpointed: bool = True
    is_quantised: bool = False
    is_on_gpu: bool = True

    @property
    def tokens(self) -> int:
        """Tokens at a time."""
        return self.sequences * self.length

    @property
    def width(self) -> int:
        """Bytes of a number in weights and activations."""
        return 2 if self.is_on_gpu else _FP32


@dataclass(frozen=True)
class Memory:
    """Bytes by what they hold, at the peak."""

    weights: float
    adapter: float
    optimiser: float
    layer_inputs: float
    one_layer: float
    scores: float

    @property
    def total(self) -> float:
        """The peak: the scores are gone when the first layer's backward pass begins.

        Without the CUDA context (about half a GiB) and what the allocator loses in gaps.
        """
        lasting = self.weights + self.adapter + self.optimiser + self.layer_inputs
        return lasting + max(self.one_layer, self.scores)


def estimate_memory(shape: Shape, load: Load) -> Memory:
    """Return what a training step takes at its peak."""
    linear_bytes = _NF4_BYTES if load.is_quantised else load.width
    adapter = shape.adapter_weights(load.rank)
    layer = load.tokens * layer_bytes_per_token(shape, load)
    if load.is_on_gpu:
        # Autocast keeps a bf16 copy of the layer's adapter.
        layer += load.width * adapter / shape.layers
    return Memory(
        weights=shape.linear_weights * linear_bytes + shape.other_weights * load.width,
        # With gradients; AdamW keeps two numbers for each weight.
        adapter=2 * adapter * _FP32,
        optimiser=2 * adapter * _FP32,
        layer_inputs=(
            load.tokens * shape.layers * shape.hidden * load.width
            if load.is_checkpointed
            else (shape.layers - 1) * layer
        ),
        one_layer=layer + load.tokens * _gradient_bytes_per_token(shape, load),
        scores=_score_bytes(shape, load),
    )


def layer_bytes_per_token(shape: Shape, load: Load) -> float:
    """Return what a layer keeps of a token for its backward pass.

    Frozen maps keep nothing: only the adapter's need what they take in. Under autocast each has
    its own bf16 copy of it, and the norms one in float32.
    """
    hidden, rank, width = shape.hidden, load.rank, load.width
    narrow = hidden // shape.heads * shape.key_value_heads
    norms = 2 * (hidden + 1) * _FP32
    # Queries, keys and values as attention takes them, its result, its normaliser.
    attention = (2 * hidden + 2 * narrow) * width + shape.heads * _FP32
    # The gate before and after its activation, and what it is multiplied with.
    feed_forward = 3 * shape.intermediate * width
    inner = len(shape.linear) * rank * width
    taken_in = sum(inputs for inputs, _ in shape.linear)
    if not load.is_on_gpu:
        # Shared: one for queries, keys and values, one for gate and up; attention's result.
        taken_in = 2 * hidden + shape.intermediate
    return norms + attention + feed_forward + inner + taken_in * width


def _gradient_bytes_per_token(shape: Shape, load: Load) -> float:
    """Return what the backward pass of the feed-forward part adds, the widest of a layer."""
    return shape.intermediate * (3 * load.width + _FP32)


def _score_bytes(shape: Shape, load: Load) -> float:
    rows = min(load.tokens, _TILE_TOKENS)
    # The tile is made whole, however small the vocabulary.
    tile = rows * _TILE_VOCABULARY * load.width
    if not load.is_on_gpu:
        tile += _COPIES_ON_CPU * rows * min(shape.vocabulary, _TILE_VOCABULARY) * _FP32
    # The last layer's output and its gradient, which is added up in float32.
    return tile + load.tokens * shape.hidden * (load.width + _FP32)
