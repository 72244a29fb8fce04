"""What the vllm backend does without vLLM; with it, see tests/vllm."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import write_json
from lahja.core.stages import STAGES, Stage
from lahja.generation import transformers_backend, vllm_backend
from lahja.generation.backend import Request, Sampling
from lahja.generation.generators import open_backend, parse_generator
from lahja.generation.vllm_backend import VllmBackend
from lahja.models.folder import load_generation_config, model_context


def _adapter(folder: Path, rank: int) -> Path:
    write_json(folder / "adapter" / "adapter_config.json", {"r": rank})
    (folder / "adapter" / "adapter_model.safetensors").touch()
    return folder


@pytest.mark.parametrize(("rank", "room"), [(1, 8), (8, 8), (9, 16), (512, 512)])
def test_an_adapter_gets_room_for_its_rank(tmp_path: Path, rank: int, room: int) -> None:
    assert vllm_backend._rank(_adapter(tmp_path, rank)) == room


def test_an_adapter_of_too_large_a_rank_is_named(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match="rank 513, but vLLM takes at most 512"):
        vllm_backend._rank(_adapter(tmp_path, 513))


@pytest.mark.parametrize(
    ("lengths", "room"), [([10, 20], 512), ([500, 3], 512), ([501, 3], 1000), ([988], 1000)]
)
def test_the_longest_prompt_and_its_answer_have_room(
    monkeypatch: pytest.MonkeyPatch, lengths: list[int], room: int
) -> None:
    monkeypatch.setattr(vllm_backend.models, "model_context", lambda root: 1000)
    requests = [Request("a", "b", Sampling(max_new_tokens=12)) for _ in lengths]
    prompts = [[0] * length for length in lengths]
    assert vllm_backend._context(Path("model"), requests, prompts) == room


def test_a_prompt_that_the_model_has_no_room_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_backend.models, "model_context", lambda root: 1000)
    requests = [Request("a", "short", Sampling()), Request("b", "long " * 900, Sampling())]
    with pytest.raises(LahjaError, match="model: knows 1000 tokens, but the prompt 'long long"):
        vllm_backend._context(Path("model"), requests, [[0], [0] * 900])


def test_what_the_user_has_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"VLLM_CACHE_ROOT": "/elsewhere", "VLLM_CPU_KVCACHE_SPACE": "40"}
    monkeypatch.setattr(vllm_backend.os, "environ", variables)
    vllm_backend.prepare_environment()
    assert variables["VLLM_CACHE_ROOT"] == "/elsewhere"
    assert variables["VLLM_CPU_KVCACHE_SPACE"] == "40"
    assert variables["VLLM_CPU_OMP_THREADS_BIND"] == "nobind"


def test_an_interpreter_without_vllm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_backend, "find_spec", lambda name: None)
    generator = parse_generator({"name": "llama", "backend": "vllm"})
    with pytest.raises(LahjaError, match=r"interpreter that has vLLM, and .* has none"):
        open_backend(generator, Path("model"))
    with pytest.raises(LahjaError, match="backend vllm needs --root"):
        open_backend(generator)


@pytest.mark.model
@pytest.mark.parametrize(
    ("precision", "is_merged"), [("fp32", True), ("bf16", False), (None, True)]
)
def test_without_a_gpu_an_adapter_is_merged_in_float32_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, precision: str | None, is_merged: bool
) -> None:
    adapter = _adapter(tmp_path, 8)
    there = {"vllm", "peft"}
    monkeypatch.setattr(vllm_backend, "find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr(transformers_backend, "use_device", lambda: "cpu")
    monkeypatch.setattr(
        transformers_backend, "model_digest", lambda root, adapter: f"{root} {adapter}"
    )
    backend = VllmBackend(Path("root"), adapter, precision=precision)
    assert backend.is_merged is is_merged
    assert backend.identity.endswith("merged") is is_merged
    assert not VllmBackend(Path("root"), precision=precision).is_merged
    monkeypatch.setitem(STAGES, "generation", Stage(99, ()))
    assert VllmBackend(Path("root"), adapter, precision=precision).identity != backend.identity
    there.remove("peft")
    with pytest.raises(LahjaError, match="has PEFT") if is_merged else nullcontext():
        VllmBackend(Path("root"), adapter, precision=precision)


@pytest.mark.model
def test_a_roots_context_and_end_of_turn(small_root: Path, tmp_path: Path) -> None:
    assert model_context(small_root) == 1024
    written = load_generation_config(small_root)
    shutil.copy2(small_root / "config.json", tmp_path)
    assert load_generation_config(tmp_path).eos_token_id == written.eos_token_id == 3
