"""On-line reinforcement: one group's loss by hand, and short trainings by a made-up reward."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from lahja.core.config.training import GrpoSettings
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.tables import PROMPTS, write_table
from lahja.models.folder import load_tokenizer
from lahja.prompts.chat import prompt_tokens
from lahja.training import grpo
from lahja.training.adapters import AdapterRun, last_checkpoint
from lahja.training.grpo import train_grpo
from lahja.training.tracking import CURVE_FILE, check_step

pytestmark = pytest.mark.model
SETTINGS = {
    "epochs": 4, "batch": 4, "accumulation": 2, "learning_rate": 0.03, "rank": 4, "generations": 4,
    "max_new_tokens": 10, "beta": 0.02, "schedule": "constant", "checkpoint_steps": 2,
}  # fmt: skip
N_STEPS = 12


def kafs(prompt_ids: list[str], answers: list[str]) -> pd.DataFrame:
    """The share of the letter kaf in each answer, and how long the answer is."""
    shares = [answer.count("ك") / max(1, len(answer)) for answer in answers]
    return pd.DataFrame({"length": [*map(float, map(len, answers))], "reward": shares})


@pytest.fixture(scope="module")
def asked(questions: tuple) -> pd.DataFrame:
    rows = [
        {**dict.fromkeys(PROMPTS.names, "x"), "prompt_id": f"{code}{n}", "prompt": f"{prompt} {n}"}
        for n in range(4)
        for code, prompt, _ in questions
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def run(
    asked: pd.DataFrame, small_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AdapterRun]:
    folder = tmp_path_factory.mktemp("grpo")
    write_table(folder / "prompts.parquet", asked, PROMPTS)
    return lambda name, adapter=None, **settings: AdapterRun(
        small_root, adapter, folder / "prompts.parquet", SETTINGS | settings,
        folder / f"{name}-work", folder / name, {},
    )  # fmt: skip


def curve(run: AdapterRun) -> pd.DataFrame:
    return pd.read_csv(run.output / CURVE_FILE)


@pytest.fixture(scope="module")
def whole(run, asked) -> AdapterRun:
    train_grpo(run("whole"), asked, kafs)
    return run("whole")


@pytest.mark.parametrize("tokens", [4096, 1])
@pytest.mark.parametrize(("scale", "divisor"), [("none", 1.0), ("group", 0.5**0.5 + 1e-4)])
def test_the_loss_of_a_group_is_its_answers_advantages(
    run, asked, small_root, monkeypatch, scale, divisor, tokens
) -> None:
    # Rewards 1 and 0 are 0.5 above and below their mean, with a standard deviation of 0.707; the
    # better answer has three of the five tokens, what follows its end not counted.
    end = load_tokenizer(small_root).eos_token_id
    drawn = [[7, 8, end, end], [9, end, end, end]]
    monkeypatch.setattr(grpo, "generate_tokens", lambda *_: [(tokens, []) for tokens in drawn])
    told = {"batch": 1, "accumulation": 1, "generations": 2, "scale_rewards": scale}
    own = run(f"one-{scale}-{tokens}", **told, epochs=1, micro_batch_tokens=tokens)
    train_grpo(own, asked[:1], lambda *_: pd.DataFrame({"reward": [1.0, 0.0]}))
    (loss,) = curve(own)["loss"]
    assert loss == pytest.approx((-0.5 * 3 + 0.5 * 2) / 5 / divisor, rel=1e-4)


def test_the_mean_reward_rises_and_its_parts_are_logged(whole) -> None:
    found = curve(whole)
    assert [*found["step"]] == [*range(1, N_STEPS + 1)]
    assert found["reward"].tail(3).mean() > 1.5 * found["reward"].head(3).mean()
    assert found["length"].between(1, 100).all()
    assert found["kl"].iloc[-1] > 0.1
    # What is the same when a model is made again, and no times.
    assert "step_time" not in found
    record = read_json(whole.output / "model.json")
    assert (record["n_examples"], record["n_dropped"]) == (24, 0)


def test_the_reference_is_the_model_that_training_starts_from(run, asked, whole) -> None:
    own = run("on", whole.output, epochs=0.5)
    train_grpo(own, asked, kafs)
    # From the base, which is far from the start, the divergence would begin where that one ended.
    assert curve(own)["kl"].iloc[0] == pytest.approx(0, abs=1e-4)
    assert curve(whole)["kl"].iloc[0] == pytest.approx(0, abs=1e-4)
    assert {path.name for path in (own.output / "adapter").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors",
    }  # fmt: skip


def test_a_first_step_away_from_the_reference_stops_the_run(tmp_path) -> None:
    state = SimpleNamespace(global_step=1, max_steps=9)
    told = "kl is 0.3000 at the first step, expected 0: the reference is not the model"
    with pytest.raises(LahjaError, match=told):
        check_step(tmp_path, state, {"loss": 0.1, "kl": 0.3})


def test_without_a_divergence_there_is_no_reference(run, asked, whole) -> None:
    own = run("free", whole.output, epochs=0.5, beta=0)
    train_grpo(own, asked, kafs)
    assert "kl" not in curve(own)


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(run, asked, whole) -> None:
    own, calls = run("cut"), []

    def cut(*told) -> pd.DataFrame:
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return kafs(*told)

    with pytest.raises(KeyboardInterrupt):
        train_grpo(own, asked, cut)
    assert last_checkpoint(own.checkpoint_dir).endswith("checkpoint-6")
    train_grpo(own, asked, cut)
    assert len(calls) == 8 + N_STEPS - 6
    assert [*curve(own)] == [*curve(whole)]
    names = ["loss", "reward", "kl", "length"]
    for name in names:
        assert curve(own)[name].tolist() == pytest.approx(curve(whole)[name].tolist(), abs=1e-5)


@pytest.mark.parametrize("change", [{"penalty": 1.0}, {"scorers": "others"}, {"prompts": 23}])
def test_a_run_by_another_reward_does_not_resume(run, asked, change) -> None:
    name, calls = "-".join(change), []

    def cut(*told) -> pd.DataFrame:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return kafs(*told)

    with pytest.raises(KeyboardInterrupt):
        train_grpo(run(name, epochs=1), asked, cut, scorers="some")
    settings = {"penalty": 1.0} if "penalty" in change else {}
    own, scorers = run(name, epochs=1, **settings), change.get("scorers", "some")
    train_grpo(own, asked[: change.get("prompts", 24)], cut, scorers=scorers)
    assert len(calls) == 3 + len(curve(own))


def test_running_out_of_memory_halves_the_answers_at_a_time(run, asked, whole) -> None:
    import torch

    own, calls = run("full"), []

    def full(*told) -> pd.DataFrame:
        calls.append(1)
        if len(calls) == 4:
            raise torch.OutOfMemoryError
        return kafs(*told)

    with pytest.raises(LahjaError, match=r"run it again to resume .* with half as many"):
        train_grpo(own, asked, full)
    record = read_json(own.checkpoint_dir / "micro-batches.json")
    lengths = map(len, prompt_tokens(load_tokenizer(own.base_model), [*asked["prompt"]]))
    # All 32 answers were tried at once.
    assert record["tokens"] == 16 * (max(lengths) + SETTINGS["max_new_tokens"])
    train_grpo(own, asked, full)
    for name in ("loss", "reward"):
        assert curve(own)[name].tolist() == pytest.approx(curve(whole)[name].tolist(), abs=1e-4)


def test_a_prompt_without_room_for_its_answer_is_left_out(run, asked, small_root, capsys) -> None:
    rows = asked.copy()
    rows.loc[1, "prompt"] = "how are you? " * 60
    lengths = map(len, prompt_tokens(load_tokenizer(small_root), [*asked["prompt"]]))
    own = run("long", cutoff=max(lengths) + 10, epochs=0.5)
    train_grpo(own, rows, kafs)
    assert read_json(own.output / "model.json")["n_dropped"] == 1
    with pytest.raises(LahjaError, match="none of 24 examples can be learnt"):
        train_grpo(run("longer", cutoff=11), rows, kafs)


def test_answers_of_vllm_are_taken_with_their_log_probabilities(small_root) -> None:
    tokenizer = load_tokenizer(small_root)
    end, asked = tokenizer.eos_token_id, []

    def generate(*told):
        asked.append(told)
        return None, [[7, end], [8, end]], [[[-0.1], [-0.2]], [[-0.3], [-0.4]]], None

    engine = SimpleNamespace(generate=generate)
    trainer = SimpleNamespace(use_vllm=True, eos_token_ids=[end], vllm_generation=engine)
    found = grpo._answer(GrpoSettings(generations=2), tokenizer, ["hi", "hi"], trainer)
    assert asked == [(prompt_tokens(tokenizer, ["hi", "hi"]), None, 2)]
    assert found["logprobs"] == [[-0.1, -0.2], [-0.3, -0.4]]
    assert found["answer"] == [tokenizer.decode([7]).strip(), tokenizer.decode([8]).strip()]


def test_gpus_that_cannot_share_an_update_are_refused(run, asked, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(LahjaError, match="gpu: expected a divisor of an update's 32 answers"):
        train_grpo(run("five"), asked, kafs)


PART = """
import sys
sys.path[:0] = {paths!r}
from lahja.core.command import run
from lahja.training.distributed import in_processes

def part():
    from pathlib import Path
    from lahja.core.tables import PROMPTS, read_table
    from lahja.training.adapters import AdapterRun
    from lahja.training.grpo import train_grpo
    from test_training_grpo import kafs

    data = Path({data!r})
    own = AdapterRun(Path({root!r}), None, data, {settings!r}, Path({work!r}), Path({output!r}), {{}})
    train_grpo(own, read_table(data, PROMPTS), kafs)

def main():
    in_processes(2, part)

if __name__ == "__main__":
    run(main)
"""


def test_two_processes_learn_as_one_does(run, asked, tmp_path) -> None:
    one, two = run("by-one", epochs=1), run("by-two", epochs=1)
    train_grpo(one, asked, kafs)
    script = tmp_path / "command.py"
    places = {"root": two.base_model, "data": two.data, "output": two.output}
    places["work"] = two.checkpoint_dir
    text = {name: str(place) for name, place in places.items()}
    paths = [str(Path(__file__).parent)]
    script.write_text(PART.format(paths=paths, settings=two.settings, **text))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert curve(two)["reward"].tolist() == pytest.approx(curve(one)["reward"].tolist(), abs=1e-3)
