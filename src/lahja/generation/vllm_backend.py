"""Generation with vLLM's offline engine, in the process that asks."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, read_yaml
from lahja.generation import transformers_backend as plain
from lahja.generation.backend import Answer, Request
from lahja.models import folder as models
from lahja.models.device import pick_precision

# Ranks that vLLM has room for; an adapter of another rank gets the next larger.
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
# The engine's room for a sequence comes in steps of this many tokens: jobs whose longest prompts
# differ a little then share what was compiled for a GPU.
_CONTEXT_STEP = 512
# Tokens in one step of the engine on the CPU, vLLM's own default there.
_BATCHED_TOKENS = 2048
# The engine imports it by this name.
_NO_REPEATS = "lahja.generation.vllm_processor:NoRepeatNgrams"
_ENVIRONMENT = Path(__file__).resolve().parents[3] / "resources" / "vllm.yaml"


class VllmBackend(plain.TransformersBackend):
    """A root checkpoint, with its adapter where one is given, run by vLLM.

    On a GPU, and in bf16, the adapter stays beside the root; in float32 on the CPU it is merged
    into a copy of it, which is there until the engine has read it. A sampled answer depends on the
    seed and its own prompt, up to rounding, which can differ with the batch.
    """

    def __init__(
        self, root: Path, adapter: Path | None = None, precision: str | None = None,
        gpus: int = 1, chat_template: bool = True,
    ):  # fmt: skip
        """Note what to load; the engine starts when the first prompt is answered.

        `gpus` share each layer (tensor parallel). Raises `LahjaError` where this interpreter has
        no vLLM, or no PEFT to merge an adapter with, or there are fewer GPUs.
        """
        _expect_package("vllm", "vLLM")
        # Before anything imports huggingface_hub or vllm, which read them once.
        prepare_environment()
        super().__init__(root, adapter, precision=precision, chat_template=chat_template)
        import torch

        self.gpus = gpus if self.device == "cuda" else 1
        if (there := torch.cuda.device_count()) < gpus and self.device == "cuda":
            raise LahjaError(f"vllm.gpus: {gpus} asked for, {there} there")
        # As `load_model` does: merging into bf16 would round much of the adapter away.
        is_exact = pick_precision(precision, self.device) == "fp32"
        self.is_merged = adapter is not None and self.device == "cpu" and is_exact
        if self.is_merged:
            _expect_package("peft", "PEFT")
        self.identity += " vllm merged" if self.is_merged else " vllm"

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the answers in the order in which they are finished."""
        if not requests:
            return
        tokenizer = models.load_tokenizer(self.root)
        ends = plain.end_tokens(models.load_generation_config(self.root), tokenizer)
        prompts = self.tokens_of(tokenizer, [request.turns for request in requests])
        context = _context(self.root, requests, prompts)
        is_limited = any(request.sampling.no_repeat_ngrams for request in requests)
        with _loaded(self) as (root, adapter):
            engine = _start_engine(self, root, adapter, context, is_limited)
        from vllm.lora.request import LoRARequest

        beside = adapter and LoRARequest(adapter.name, 1, str(models.adapter_of(adapter).resolve()))
        rendered = engine.renderer.render_cmpl([{"prompt_token_ids": ids} for ids in prompts])
        for row, (request, prompt) in enumerate(zip(requests, rendered, strict=True)):
            parameters = _sampling_params(request, ends)
            engine.add_request(str(row), prompt, parameters, lora_request=beside)
        while engine.has_unfinished_requests():
            for output in engine.step():
                (completion,) = output.outputs
                if completion.finish_reason not in ("stop", "length"):
                    raise LahjaError(f"vLLM broke off an answer: {completion.finish_reason}")
                request, tokens = requests[int(output.request_id)], [*completion.token_ids]
                steps = zip(tokens, completion.logprobs or (), strict=False)
                values = [step[token].logprob for token, step in steps]
                yield plain.answer_of_tokens(request.id, tokens, ends, tokenizer, values)
        engine.engine_core.shutdown()


def prepare_environment() -> None:
    """Set the environment variables that vLLM is started with, where they are not set.

    What it compiles for a GPU is kept in its own environment's folder, if that can be written to.
    """
    is_writable = os.access(sys.prefix, os.W_OK)
    cache = {"VLLM_CACHE_ROOT": str(Path(sys.prefix) / "cache")} if is_writable else {}
    os.environ.update(read_yaml(_ENVIRONMENT) | cache | os.environ)


def _expect_package(name: str, title: str) -> None:
    if find_spec(name) is None:
        raise LahjaError(
            f"the vllm backend needs an interpreter that has {title}, and {sys.executable} has "
            "none: build one with `make vllm-env`, or name one as `vllm.python` in the config"
        )


@contextmanager
def _loaded(backend: VllmBackend) -> Iterator[tuple[Path, Path | None]]:
    """Yield the checkpoint that the engine loads, and the adapter that stays beside it."""
    # Without a GPU vLLM takes ten times as long with an adapter beside (bench/vllm_adapter.py).
    if not backend.is_merged:
        for folder in filter(None, (backend.root, backend.adapter)):
            models.expect_whole(folder)
        yield backend.root, backend.adapter
        return
    with TemporaryDirectory() as folder:
        model = models.load_model(backend.root, backend.adapter, dtype=backend.dtype, device="cpu")
        model.save_pretrained(folder)
        models.load_tokenizer(backend.root).save_pretrained(folder)
        del model
        yield Path(folder), None


def _start_engine(
    backend: VllmBackend, root: Path, adapter: Path | None, context: int, is_limited: bool
):
    from vllm import EngineArgs, LLMEngine

    options: dict[str, Any] = {}
    if adapter is not None:
        options |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": _rank(adapter)}
    if is_limited:
        options["logits_processors"] = [_NO_REPEATS]
        # The newer model runner, which a GPU has by default, takes no processor of this kind.
        os.environ["VLLM_USE_V2_MODEL_RUNNER"] = "0"
    if backend.device == "cpu":
        # Compiling pays for itself on a GPU alone. A prompt read in two parts takes back the draw
        # that its first part made, and PyTorch's generators on the CPU cannot go back: vLLM 0.32
        # ends there.
        options |= {"enforce_eager": True, "enable_chunked_prefill": False}
        options["max_num_batched_tokens"] = max(_BATCHED_TOKENS, context)
    arguments = EngineArgs(
        model=str(root), dtype=str(backend.dtype).removeprefix("torch."), max_model_len=context,
        tensor_parallel_size=backend.gpus, enable_prefix_caching=True, disable_log_stats=True,
        **options,
    )  # fmt: skip
    with models.one_line_errors(root):
        return LLMEngine.from_engine_args(arguments)


def _context(root: Path, requests: list[Request], prompts: list[list[int]]) -> int:
    """Return how many tokens the longest prompt and its answer may take, rounded up."""
    pairs = zip(requests, prompts, strict=True)
    needed = [len(ids) + request.sampling.max_new_tokens for request, ids in pairs]
    longest, known = max(needed), models.model_context(root)
    if longest > known:
        prompt = requests[needed.index(longest)].prompt
        raise LahjaError(
            f"{root}: knows {known} tokens, but the prompt {prompt[:40]!r}… and its answer may "
            f"take {longest}: shorten it, or lower decoding.max_new_tokens"
        )
    return min(-(-longest // _CONTEXT_STEP) * _CONTEXT_STEP, known)


def _sampling_params(request: Request, ends: set[int]):
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    sampling = request.sampling
    return SamplingParams(
        temperature=sampling.temperature, top_p=sampling.top_p, top_k=sampling.top_k,
        repetition_penalty=sampling.repetition_penalty or 1.0,
        # Of the token that is drawn alone, by the model's logits as they are.
        logprobs=0 if sampling.with_probability else None,
        extra_args={"no_repeat_ngrams": sampling.no_repeat_ngrams},
        max_tokens=sampling.max_new_tokens, stop_token_ids=sorted(ends),
        seed=plain.draw_seed(request) if sampling.temperature else None,
        detokenize=False, output_kind=RequestOutputKind.FINAL_ONLY,
    )  # fmt: skip


def _rank(adapter: Path) -> int:
    rank = read_json(models.adapter_of(adapter) / "adapter_config.json")["r"]
    for room in _RANKS:
        if room >= rank:
            return room
    raise LahjaError(f"{adapter}: rank {rank}, but vLLM takes at most {_RANKS[-1]}")
