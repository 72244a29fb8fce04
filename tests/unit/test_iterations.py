"""A preference step of several iterations, written out as steps of the graph."""

from pathlib import Path

import pandas as pd
import pytest

from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError
from lahja.core.model_graph import ModelGraph
from lahja.core.tables import GENERATIONS, PROMPTS, read_table, write_table

GATED = {"kind": "preferences", "select": "label", "gates": ["echo"], "samples": 6}
STEP = {"from": "llama-T", "train": "dpo", "on": "gated", "iterations": 3}


def resolved(**models: dict) -> dict:
    config = merge_config([Path("config/config.yaml")], [])
    config["datasets"] |= {"gated": GATED}
    config["models"] |= models
    return resolve(config)


def test_each_round_learns_from_what_the_last_one_samples() -> None:
    config = resolved(**{"llama+RL3": STEP | {"settings": {"objective": "sigmoid+sft"}}})
    models, datasets = config["models"], config["datasets"]
    names = ["llama+RL3-iteration-1", "llama+RL3-iteration-2", "llama+RL3"]
    assert [models[name]["from"] for name in names] == ["llama-T", *names[:2]]
    learnt = [models[name]["on"] for name in names]
    assert [datasets[name].get("policy") for name in learnt] == [None, *names[:2]]
    # Everything else is as the step and its dataset say.
    assert [datasets[name]["gates"] for name in learnt] == 3 * [["echo"]]
    assert [datasets[name]["samples"] for name in learnt] == [6, 6, 6]
    assert {models[name]["settings"]["objective"] for name in names} == {"sigmoid+sft"}
    graph = ModelGraph(models, datasets)
    assert graph.needed("llama+RL3") == {*names, "llama-T", "llama"}


def test_what_is_written_out_stays_as_it_is() -> None:
    config = resolved(**{"llama+RL3": STEP})
    assert resolve(config) == config


PATTERN = {
    "kind": "preferences", "select": "reward", "policy": "start", "dialect_weight": 0.8,
}  # fmt: skip


def test_a_pattern_is_sampled_from_each_steps_own_start() -> None:
    config = merge_config([Path("config/config.yaml")], [])
    config["datasets"] |= {"own": PATTERN}
    step = {"from": "llama-T", "train": "dpo", "on": "own"}
    config["models"] |= {
        "twice": step | {"iterations": 2},
        "again": step | {"settings": {"seed": 7}},
        "q": step | {"from": "qwen"},
    }
    found = resolve(config)
    models, datasets = found["models"], found["datasets"]
    learnt = {name: models[name]["on"] for name in ("twice-iteration-1", "twice", "again", "q")}
    assert learnt == {
        "twice-iteration-1": "own-of-llama-T",
        "twice": "own-of-twice-iteration-1",
        "again": "own-of-llama-T",
        "q": "own-of-qwen",
    }
    policies = {name: datasets[on]["policy"] for name, on in learnt.items()}
    assert policies == {
        "twice-iteration-1": "llama-T", "twice": "twice-iteration-1", "again": "llama-T", "q": "qwen",
    }  # fmt: skip
    # The pattern itself is no dataset.
    assert "own" not in datasets
    assert {datasets[on]["dialect_weight"] for on in learnt.values()} == {0.8}
    assert resolve(found) == found


def test_fine_tuning_on_the_best_of_samples_has_iterations_too() -> None:
    config = merge_config([Path("config/config.yaml")], [])
    best = {"kind": "best", "policy": "start", "samples": 8}
    config["datasets"] |= {"best": best}
    step = {"from": "llama-T", "train": "sft", "on": "best"}
    config["models"] |= {"b": step | {"iterations": 2}, "once": step | {"settings": {"seed": 7}}}
    found = resolve(config)
    models, datasets = found["models"], found["datasets"]
    assert [models[name]["from"] for name in ("b-iteration-1", "b")] == ["llama-T", "b-iteration-1"]
    learnt = [models[name]["on"] for name in ("b-iteration-1", "once", "b")]
    assert learnt == ["best-of-llama-T", "best-of-llama-T", "best-of-b-iteration-1"]
    assert [datasets[name]["policy"] for name in learnt] == ["llama-T", "llama-T", "b-iteration-1"]
    assert {datasets[name]["samples"] for name in learnt} == {8}
    assert "best" not in datasets and resolve(found) == found


def test_our_recipe_stands_beside_the_papers_for_the_same_starts() -> None:
    models = resolve(merge_config([Path("config/config.yaml")], []))["models"]
    papers = {name.removesuffix("+RL") for name in models if name.endswith("+RL")}
    ours = {name.removesuffix("+lahja") for name in models if name.endswith("+lahja")}
    assert papers == ours == {"llama", "qwen", "llama-T", "qwen-T"}
    assert all(models[f"{start}+lahja"]["from"] == start for start in ours)


def test_no_model_is_called_start() -> None:
    with pytest.raises(LahjaError, match=r"models\.start: the name stands for each step's start"):
        resolved(start={"checkpoint": "a/b"})


def test_samples_are_four_unless_said() -> None:
    own = {"kind": "preferences", "policy": "llama"}
    config = merge_config([Path("config/config.yaml")], [])
    config["datasets"] |= {"own": own, "more": own | {"samples": 9}}
    found = resolve(config)["datasets"]
    assert [found[name].get("samples") for name in ("own", "more", "dialect-only")] == [4, 9, 4]


def test_one_round_is_the_plain_step() -> None:
    plain = resolved(one=STEP | {"iterations": 1})
    assert plain["models"]["one"]["on"] == "gated"
    assert "one-iteration-1" not in plain["models"]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (
            {"x": STEP | {"train": "sft", "on": "dialect-id"}},
            r"models\.x\.iterations: only a step on a dataset of the kinds best, mbr, preferences has",
        ),
        ({"x": STEP | {"on": "nothing"}}, r"models\.x\.on: no such dataset: 'nothing'"),
        (
            {"x": STEP, "x-iteration-1": {"checkpoint": "a/b"}},
            r"models\.x\.iterations: the name 'x-iteration-1' is taken",
        ),
    ],
)
def test_faulty_rounds_are_refused_with_their_key(models: dict, message: str) -> None:
    with pytest.raises(LahjaError, match=message):
        resolved(**models)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("none", r"datasets\.own\.policy: no such model: 'none'"),
        ("x", r"datasets\.own\.policy: a cycle, x is made of x"),
        ("y", r"models\.y\.from: a cycle, x is made of y is made of x"),
    ],
)
def test_a_policy_cannot_learn_from_itself(policy: str, message: str) -> None:
    datasets = {"own": GATED | {"policy": policy}, "gated": GATED}
    models = {
        "llama": {"checkpoint": "a/b"},
        "x": {"from": "llama", "train": "dpo", "on": "own"},
        "y": {"from": "x", "train": "dpo", "on": "gated"},
    }
    with pytest.raises(LahjaError, match=message):
        ModelGraph(models, datasets)


@pytest.mark.model
def test_samples_of_a_policy_are_numbered(
    small_root: Path, questions: tuple, tmp_path: Path
) -> None:
    from generate_responses import main

    rows = [
        dict.fromkeys(PROMPTS.names, code) | {"prompt_id": code, "prompt": prompt}
        for code, prompt, _ in questions[:2]
    ]
    write_table(tmp_path / "p.parquet", pd.DataFrame(rows), PROMPTS)
    sampling = {"temperature": 1.0, "max_new_tokens": 8, "seed": 1}
    generator = {"name": "m", "backend": "transformers", "sampling": sampling}
    prompts, model = [tmp_path / "p.parquet"], {"root": small_root}
    main(prompts, generator, tmp_path / "s.jsonl", tmp_path / "o.parquet", samples=3, **model)
    found = read_table(tmp_path / "o.parquet", GENERATIONS)
    assert found["generator"].tolist() == ["m"] * 6
    assert found["sample"].tolist() == [0, 1, 2] * 2
    assert found["dialect"].tolist() == found["prompt_id"].tolist()
    assert found.groupby("prompt_id")["response"].nunique().max() > 1

    store, table = tmp_path / "g.jsonl", tmp_path / "g.parquet"
    main(prompts, generator, store, table, samples=2, greedy_first=True, **model)
    greedy = generator | {"sampling": sampling | {"temperature": 0.0}}
    main(prompts, greedy, tmp_path / "h.jsonl", tmp_path / "h.parquet", **model)
    both, alone = (read_table(tmp_path / f"{n}.parquet", GENERATIONS) for n in "gh")
    assert alone["sample"].isna().all()
    assert both["response"].tolist()[::2] == alone["response"].tolist()
    assert both["response"].tolist()[1::2] == found["response"].tolist()[1::3]
