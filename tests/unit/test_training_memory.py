import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from lahja.training.memory import (
    GIB,
    LLAMA_8B,
    Load,
    Shape,
    estimate_memory,
    layer_bytes_per_token,
)

SMALL = Shape(64, 128, 384, 1, 4, 2)


def make_model(shape: Shape, dtype):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        use_cache=False,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM._from_config(config, dtype=dtype, attn_implementation="sdpa")
    lora = LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(model, lora).train()


def kept_bytes(shape: Shape, dtype, length: int, is_checkpointed: bool) -> int:
    """Return how many bytes the forward pass keeps for the backward pass, weights left out."""
    import torch

    model = make_model(shape, dtype)
    if is_checkpointed:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16),
    ):
        ids = torch.ones(1, length, dtype=torch.long)
        _held = model.base_model.model.model(input_ids=ids)
    return sum(storage.nbytes() for storage in kept.values())


def test_the_papers_model_has_as_many_weights_as_its_card_says() -> None:
    assert LLAMA_8B.linear_weights + LLAMA_8B.other_weights == 8_030_261_248
    assert LLAMA_8B.adapter_weights(8) == 20_971_520


@pytest.mark.model
def test_weights_are_counted_as_in_a_real_model() -> None:
    import torch

    shape = Shape(96, 128, 384, 3, 4, 2)
    counts = {True: 0, False: 0}
    for name, weight in make_model(shape, torch.float32).named_parameters():
        counts["lora_" in name] += weight.numel()
    assert counts[True] == shape.adapter_weights(8)
    assert counts[False] == shape.linear_weights + shape.other_weights


@pytest.mark.model
@pytest.mark.parametrize(("is_on_gpu", "name"), [(True, "bfloat16"), (False, "float32")])
@pytest.mark.parametrize("intermediate", [384, 1536])
def test_what_a_layer_keeps_is_what_autograd_keeps(
    is_on_gpu: bool, name: str, intermediate: int
) -> None:
    """bf16 under autocast on the CPU keeps what it would on a GPU."""
    import torch

    dtype, length = getattr(torch, name), 256
    one = replace(SMALL, intermediate=intermediate)
    two, load = replace(one, layers=2), Load(1, length, is_on_gpu=is_on_gpu)
    whole, inputs = (
        kept_bytes(two, dtype, length, checked) - kept_bytes(one, dtype, length, checked)
        for checked in (False, True)
    )
    assert layer_bytes_per_token(one, load) * length == pytest.approx(whole, rel=0.03)
    assert load.tokens * one.hidden * load.width == inputs


def test_preference_training_of_the_papers_model_fits_into_46_gib() -> None:
    pair = Load(sequences=2, length=2048)
    memory = estimate_memory(LLAMA_8B, pair)
    assert 17 * GIB < memory.total < 19 * GIB
    assert memory.weights == pytest.approx(14.96 * GIB, rel=0.001)
    # All scores of the pair in float32 would be 2 GiB, and their gradient as much again.
    assert memory.scores < 0.2 * pair.tokens * LLAMA_8B.vocabulary * 4
    without = estimate_memory(LLAMA_8B, replace(pair, is_checkpointed=False))
    assert 40 * GIB < without.total < 46 * GIB
    quantised = estimate_memory(LLAMA_8B, replace(pair, is_quantised=True))
    assert quantised.total < memory.total - 9 * GIB


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> ModuleType:
    """The benchmark, as a module."""
    path = Path(__file__).parents[2] / "bench" / "gpu_memory.py"
    spec = importlib.util.spec_from_file_location("gpu_memory", path)
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules[spec.name] = module
    request.addfinalizer(lambda: sys.modules.pop(spec.name))
    spec.loader.exec_module(module)
    return module


def test_without_a_gpu_the_benchmark_says_that_nothing_was_measured(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu_memory.py"])
    with pytest.raises(SystemExit, match="not measured, there is no GPU here"):
        bench.main()


@pytest.mark.model
def test_the_benchmark_measures_about_what_is_estimated(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(bench, "alone", lambda function, *arguments: function(*arguments))
    arguments = ["--device", "cpu", "--shape", "tiny", "--steps", "3"]
    monkeypatch.setattr(sys, "argv", ["gpu_memory.py", *arguments])
    bench.main()
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    rows = {line[0]: line[1:] for line in lines if line and line[0] in ("SFT", "DPO")}
    for estimated, allocated, _, seconds, *_ in rows.values():
        assert float(estimated) == pytest.approx(float(allocated), rel=0.15)
        assert float(seconds) > 0
    assert len(rows) == 2
