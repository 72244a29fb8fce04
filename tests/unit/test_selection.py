"""Which models a run evaluates, trains and shows."""

from lahja.core.model_graph import ModelGraph
from lahja.core.selection import Selection

CONFIG = {
    "models": {
        "llama": {"checkpoint": "meta-llama/Llama-3.1-8B-Instruct"},
        "llama-T": {"from": "llama", "train": "sft", "on": "aug"},
        "llama-T-clean": {"from": "llama", "train": "sft", "on": "clean"},
        "llama-T+RL": {"from": "llama-T", "train": "dpo", "on": "pairs"},
        "half": {"merge": {"llama-T": 0.5, "llama-T+RL": 0.5}},
        "less": {"merge": {"llama-T": 0.8, "llama-T+RL": 0.2}},
        "mbr": {"from": "llama-T", "decoding": "mbr"},
        "labels": {"from": "llama", "train": "sft", "on": "varieties"},
        "unused": {"from": "llama", "train": "sft", "on": "aug", "settings": {"epochs": 1}},
    },
    "datasets": {
        "aug": {"kind": "translation", "variant": "aug"},
        "clean": {"kind": "translation", "variant": "clean"},
        "pairs": {"kind": "preferences"},
        "varieties": {"kind": "classification"},
    },
    "generators": {"a": {"backend": "openai", "model": "gpt-4o"}},
    "study": None,
    "corpora": {},
    "corpora_in_use": [],
    "prompts": {"recorded_per_dialect": 0},
    "preferences": {"classifier": "labels"},
    "evaluation": {"llm_judge": None, "zero_shot": [], "human": {"models": []}, "prompts": ["a"]},
    "scorers": {
        "aldi": {"checkpoint": "VARabi/Sentence-ALDi"},
        "country": {"checkpoint": None},
        "language": {"checkpoint": "facebook/fasttext-language-identification"},
    },
}
EVALUATED = ["llama", "llama-T", "llama-T-clean", "llama-T+RL", "less", "half", "mbr"]


def selected(evaluated: list[str] = EVALUATED, **changes) -> Selection:
    config = CONFIG | changes
    models = {
        name: entry | {"evaluate": name in evaluated} for name, entry in config["models"].items()
    }
    graph = ModelGraph(config["models"], config["datasets"])
    return Selection(config | {"models": models}, graph)


def test_what_talks_is_evaluated_and_a_classifier_never_is():
    found = selected([*EVALUATED, "labels"])
    assert set(found.evaluated) == set(EVALUATED)
    assert (found.by_mbr, "mbr" in found.greedy) == (["mbr"], False)
    assert found.rated == found.evaluated
    assert found.compared["half"] == "llama-T"


def test_iterations_ends_and_decodings_are_compared_with_the_start():
    dpo = {"train": "dpo", "on": "pairs"}
    models = CONFIG["models"] | {
        "second": dpo | {"from": "llama-T+RL"},
        "between": {"merge": {"llama-T+RL": 0.5, "second": 0.5}},
        "decoded": {"from": "between", "decoding": "mbr"},
        # A step of its own: fine-tuning starts from what came before it.
        "tuned": {"from": "second", "train": "sft", "on": "clean"},
        "again": dpo | {"from": "tuned"},
    }
    found = selected([*EVALUATED, "second", "between", "decoded", "tuned", "again"], models=models)
    starts = {name: found.compared[name] for name in ("second", "between", "decoded", "mbr")}
    assert set(starts.values()) == {"llama-T"}
    assert (found.compared["tuned"], found.compared["again"]) == ("second", "tuned")
    assert found.compared["llama-T"] == "llama"


def test_a_route_is_evaluated_compared_and_shown_but_answers_nothing():
    route = {"route": ["mbr", "llama-T+RL"], "dialect_weight": 0}
    far = {"route": ["llama-T+RL", "other"]}
    models = CONFIG["models"] | {"other": {"checkpoint": "a/b"}, "route": route, "far": far}
    found = selected([*EVALUATED, "other", "route", "far"], models=models)
    assert {*found.evaluated} - {*found.answering} == {"route", "far"}
    assert "route" not in [*found.greedy, *found.by_mbr, *found.rated, *found.trained()]
    assert found.compared["route"] == found.compared["far"] == "llama-T"
    assert {"route", "far"} <= {*found.pictured()}
    assert found.routes()["routes"] == {
        "route": {"models": ["mbr", "llama-T+RL"], "dialect_weight": 0},
        "far": {"models": ["llama-T+RL", "other"], "dialect_weight": 0.6},
    }
    assert selected().routes() == {}
    # What a route chooses among is trained for it.
    assert "llama-T+RL" in selected(["route"], models=models).trained()


def test_what_is_merged_of_several_trainings_is_a_model_of_its_own():
    again = {"from": "llama-T", "train": "sft", "on": "aug"}
    both = {"merge": {"again": 0.5, "llama-T+RL": 0.5}}
    found = selected(
        [*EVALUATED, "again", "both"], models=CONFIG["models"] | {"again": again, "both": both}
    )
    assert found.compared["both"] == "llama-T"
    assert "both" in found.pictured()


def test_recipes_are_of_starts_that_have_both_or_a_study_s_rows():
    datasets = CONFIG["datasets"] | {
        "pairs": {"kind": "preferences", "select": "label"},
        "ranked": {"kind": "preferences", "select": "reward"},
        "asked": {"kind": "prompts"},
    }
    models = CONFIG["models"] | {
        "llama+RL": {"from": "llama", "train": "dpo", "on": "pairs"},
        "ranked": {"from": "llama-T", "train": "dpo", "on": "ranked"},
        "ours": {"from": "llama-T", "train": "grpo", "on": "asked"},
    }
    names = [*EVALUATED, "llama+RL", "ranked", "ours"]
    found = selected(names, models=models, datasets=datasets)
    assert found.recipes() == {"paper": ["llama-T+RL"], "ours": ["ours"]}
    alone = selected([*EVALUATED, "llama+RL"], models=models, datasets=datasets)
    assert alone.recipes() == {"paper": [], "ours": []}
    study = {"baseline": "b", "recipe": "r", "rows": {"b": ["llama+RL"], "r": ["ranked"]}}
    assert selected(names, models=models, datasets=datasets, study=study).recipes() == {
        "paper": ["llama+RL"], "ours": ["ranked"],
    }  # fmt: skip


def test_iterations_of_fine_tuning_on_samples_are_compared_with_the_start():
    datasets = CONFIG["datasets"] | {"best": {"kind": "best", "policy": "llama-T"}}
    datasets |= {
        "again": {"kind": "best", "policy": "first"},
        "unused": {"kind": "best", "policy": "llama"},
    }
    models = CONFIG["models"] | {
        "first": {"from": "llama-T", "train": "sft", "on": "best"},
        "second": {"from": "first", "train": "sft", "on": "again"},
    }
    found = selected([*EVALUATED, "first", "second"], models=models, datasets=datasets)
    assert (found.compared["first"], found.compared["second"]) == ("llama-T", "llama-T")
    assert found.chosen == ["again", "best"]


def test_scorers_are_checked_where_they_are_stand_ins_or_a_teacher_was_recorded():
    assert selected().checked() == ["country"]
    recorded = {"corpora_in_use": ["scores"], "corpora": {"scores": {"role": "scorer"}}}
    assert selected(**recorded).checked() == ["aldi", "country", "language"]


def test_ready_prompts_that_are_evaluated_on_are_not_generated_on():
    corpora = {"a": {"role": "prompts"}, "b": {"role": "prompts"}}
    given = {"corpora": corpora, "corpora_in_use": ["a", "b"]}
    assert selected(**given).ready_prompts() == []
    assert selected(**given, prompts={"recorded_per_dialect": 3}).ready_prompts() == ["b"]


def test_translators_bear_the_paper_s_names():
    expected = {"llama-T": "llama-Aug", "llama-T-clean": "llama-Clean"}
    assert selected().translators() == expected
    # One of some dialects alone is none of them.
    some = {"some": {"kind": "translation", "variant": "aug", "dialects": ["egy"]}}
    own = {"llama-T-egy": {"from": "llama", "train": "sft", "on": "some"}}
    more = {"datasets": CONFIG["datasets"] | some, "models": CONFIG["models"] | own}
    assert selected([*EVALUATED, "llama-T-egy"], **more).translators() == expected


def test_bars_are_models_of_their_own_weights():
    assert selected().pictured() == ["llama", "llama-T", "llama-T+RL", "half", "less"]


def test_trained_is_what_is_evaluated_or_answers_or_labels_and_what_that_is_made_of():
    assert selected(["half"]).trained() == ["llama-T", "llama-T+RL", "labels"]
    answering = {"b": {"backend": "vllm", "model": "llama-T-clean"}}
    found = selected(["llama"], generators=CONFIG["generators"] | answering).trained()
    assert found == ["llama-T-clean", "labels"]


def test_a_study_keeps_the_order_of_its_rows():
    assert selected().study() == {}
    rows = {"b": ["llama-T", "llama"], "a": ["llama"]}
    study = selected(study={"rows": rows, "start": "b"})
    assert study.study() == {"rows": [("b", ["llama-T", "llama"]), ("a", ["llama"])], "start": "b"}
    assert study.initial["half"] == "llama-T"
    assert study.preferences == ["pairs"]
