"""On-line reinforcement of a LoRA adapter with TRL, by group-relative advantages (GRPO).

A model answers each prompt several times. An answer's advantage is its reward less the mean of its
group (Shao et al. 2024, section 4.1), and the loss is the mean over all tokens of an update (DAPO,
Yu et al. 2025, equation 12) with the divergence from a frozen reference. That is the model which
training starts from: the bare base where the adapter is a fresh one, else a copy of the parent's
adapter. A run whose first step shows otherwise stops (`tracking.check_step`).
"""

import os
import random
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.config.base import parse
from lahja.core.config.training import GrpoSettings
from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.generation.backend import Request, Sampling
from lahja.generation.transformers_backend import answer_of_tokens, generate_tokens
from lahja.models.device import sorted_batches
from lahja.prompts.chat import prompt_tokens
from lahja.training.adapters import AdapterRun, train_adapter
from lahja.training.batches import TokenBudget

# Of prompt ids and an answer to each, a table with the column `reward`, and its parts.
Reward = Callable[[Sequence[str], Sequence[str]], pd.DataFrame]
# What rewards depend on besides what training does.
_STAGES = ("grpo", "generation", "pairs", "gates", "judges", "text metrics")
# What TRL and transformers say at every step, of an interface that TRL's version is pinned for.
_TOLD = ("You are using 'rollout_func'", "`is_gradient_checkpointing` is deprecated")
# Answers that are drawn at a time.
_DRAWN = 64


def train_grpo(run: AdapterRun, prompts: pd.DataFrame, reward: Reward, **scoring: Any) -> None:
    """Train on PROMPTS by the reward of answers, and write the model folder.

    `scoring` is what identifies the reward: an interrupted run resumes with the same one alone.
    """
    settings = parse(GrpoSettings, run.settings)
    digest = digest_of_text(prompts.to_csv(index=False))
    make_trainer = partial(build_trainer, settings, reward)
    with warnings.catch_warnings():
        for told in _TOLD:
            warnings.filterwarnings("ignore", told)
        train_adapter(run, _STAGES, settings, prompts, make_trainer, prompts=digest, **scoring)


def build_trainer(
    settings: GrpoSettings, reward: Reward, prompts: pd.DataFrame, model, tokenizer,
    arguments: dict[str, Any], lora,
) -> Any:  # fmt: skip
    """Return TRL's trainer on PROMPTS, which rewards the answers that the model gives.

    Samples depend on the seed, the step and the prompt, so that a resumed run draws those that it
    would have drawn.
    """
    from datasets import Dataset
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    class Trainer(GRPOTrainer):
        """TRL's trainer, with what all trainings are told."""

        def read_by(self, settings: GrpoSettings, budget: TokenBudget) -> int:
            """Note what a micro-batch takes, for the next attempt where it is too much."""
            budget.longest = longest
            budget.tokens = longest * self.args.per_device_train_batch_size
            return len(kept)

        def floating_point_ops(self, inputs: dict[str, Any]) -> int:
            """Return 0: a count of operations is not kept."""
            return 0

    lengths = [len(ids) for ids in prompt_tokens(tokenizer, [*prompts["prompt"]])]
    fits = [length + settings.max_new_tokens <= settings.cutoff for length in lengths]
    kept, longest = prompts[fits], max(lengths, default=0) + settings.max_new_tokens
    arguments = arguments | _updates(settings, arguments, longest)
    arguments.pop("max_length")
    return Trainer(
        model=model, reward_funcs=_as_trl_calls(reward), args=GRPOConfig(**arguments),
        train_dataset=Dataset.from_list(_in_order(kept, settings)), peft_config=lora,
        processing_class=tokenizer, rollout_func=partial(_answer, settings, tokenizer),
    )  # fmt: skip


def _updates(settings: GrpoSettings, arguments: dict[str, Any], longest: int) -> dict[str, Any]:
    """Return what the trainer is told of updates: their answers, and how many at a time."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    n_answers = settings.batch * settings.accumulation * settings.generations
    if n_answers % world:
        told = f"expected a divisor of an update's {n_answers} answers, not {world}"
        raise LahjaError(f"training.grpo.gpu: {told}")
    own, on_cpu = n_answers // world, arguments["use_cpu"]
    folder = Path(arguments["output_dir"])
    budget = TokenBudget(folder, settings, "cpu" if on_cpu else "cuda")
    # Without a budget all are tried at once, and half as many where they do not fit.
    most = max(1, (budget.tokens or own * longest) // longest)
    rows = max(rows for rows in range(1, own + 1) if own % rows == 0 and rows <= most)
    return {
        "per_device_train_batch_size": rows, "gradient_accumulation_steps": own // rows,
        "gradient_checkpointing": budget.checkpointing,
        # The data are in order, and have all epochs.
        "num_train_epochs": 1, "shuffle_dataset": False,
        "num_generations": settings.generations, "temperature": settings.temperature,
        "max_completion_length": settings.max_new_tokens, "beta": settings.beta,
        "scale_rewards": settings.scale_rewards, "loss_type": "dapo",
        "use_vllm": not on_cpu and find_spec("vllm") is not None,
    }  # fmt: skip


def _in_order(prompts: pd.DataFrame, settings: GrpoSettings) -> list[dict[str, str]]:
    """Return the prompts of all updates: shuffled anew for each epoch, and whole updates of them.

    The trainer's own sampler would begin a resumed run's later epoch in the order of the first.
    """
    rows = prompts[["prompt", "prompt_id"]].to_dict("records")
    size = settings.batch * settings.accumulation
    number = size * max(1, round(settings.epochs * len(rows) / size))
    found: list[dict[str, str]] = []
    for epoch in range(-(-number // max(1, len(rows)))):
        found += random.Random(f"{settings.seed}:{epoch}").sample(rows, len(rows))
    return found[:number]


def _as_trl_calls(reward: Reward) -> Callable[..., list[float]]:
    """Return the reward as TRL calls it; its parts' means are logged."""

    def rewarded(prompt_id: list[str], answer: list[str], log_metric: Callable, **_: Any) -> list:
        """Return the reward of each answer."""
        found = reward(prompt_id, answer)
        for name, values in found.drop(columns="reward").items():
            if values.notna().any():
                log_metric(name, float(values.mean()))
        return [*map(float, found["reward"])]

    return rewarded


def _answer(
    settings: GrpoSettings, tokenizer, prompts: list[str], trainer: Any
) -> dict[str, list | None]:
    """Return each prompt's tokens and an answer's, another one each time that a prompt is there."""
    ids, ends = prompt_tokens(tokenizer, prompts), {*trainer.eos_token_ids}
    if trainer.use_vllm:
        _, drawn, found, _ = trainer.vllm_generation.generate(ids, None, settings.generations)
        logprobs = [[likeliest[0] for likeliest in answer] for answer in found]
    else:
        drawn, logprobs = _drawn(settings, tokenizer, prompts, ids, ends, trainer), None
    texts = [answer_of_tokens("", tokens, ends, tokenizer).text or "" for tokens in drawn]
    return {"prompt_ids": ids, "completion_ids": drawn, "logprobs": logprobs, "answer": texts}


def _drawn(
    settings: GrpoSettings, tokenizer, prompts: list[str], ids: list[list[int]], ends: set[int],
    trainer: Any,
) -> list[list[int]]:  # fmt: skip
    """Return an answer to each prompt, up to its first end, drawn by the model as it is now."""
    first = trainer.args.process_index * len(prompts)
    requests = [
        Request(str(place), prompt, Sampling(
            settings.temperature, max_new_tokens=settings.max_new_tokens,
            seed=random.Random(f"{settings.seed}:{trainer.state.global_step}:{place}").getrandbits(48),
        ))
        for place, prompt in enumerate(prompts, start=first)
    ]  # fmt: skip
    found: list[list[int]] = [[] for _ in ids]
    trainer.model.eval()
    for rows in sorted_batches([len(row) for row in ids], _DRAWN):
        asked = [requests[row] for row in rows], [ids[row] for row in rows]
        with trainer.accelerator.autocast():
            drawn = generate_tokens(trainer.model, tokenizer, *asked, ends)
        for row, (tokens, _) in zip(rows, drawn, strict=True):
            end = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
            found[row] = tokens[: end + 1]
    trainer.model.train()
    return found
