import pytest

from lahja.errors import LahjaError
from lahja.model_graph import ModelGraph

DATASETS = {
    "translation-aug": {"kind": "translation"},
    "dialect-only": {"kind": "preferences"},
    "instructions": {"kind": "instructions"},
}
PAPER = {
    "llama": {"checkpoint": "meta-llama/Llama-3.1-8B-Instruct"},
    "llama-T": {"from": "llama", "train": "sft", "on": "translation-aug"},
    "llama-T+RL": {"from": "llama-T", "train": "dpo", "on": "dialect-only"},
    "llama+RL": {"from": "llama", "train": "dpo", "on": "dialect-only"},
}


def test_lineage_leads_to_the_root():
    graph = ModelGraph(PAPER, DATASETS)
    assert [model.name for model in graph.lineage("llama-T+RL")] == [
        "llama",
        "llama-T",
        "llama-T+RL",
    ]
    assert graph.root("llama-T+RL").checkpoint == "meta-llama/Llama-3.1-8B-Instruct"
    assert graph.names("dpo") == ["llama-T+RL", "llama+RL"]
    assert graph.names(None) == ["llama"]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (
            {
                "one": {"from": "two", "train": "sft", "on": "translation-aug"},
                "two": {"from": "one", "train": "sft", "on": "translation-aug"},
            },
            r"models\.one\.from: a cycle, one from two from one",
        ),
        ({"one": {"from": "none", "train": "dpo", "on": "dialect-only"}}, r"models\.one\.from: no"),
        (PAPER | {"x": {"from": "llama", "train": "sft", "on": "y"}}, r"models\.x\.on: no such"),
        (
            PAPER | {"x": {"from": "llama", "train": "dpo", "on": "translation-aug"}},
            r"models\.x\.on: dpo learns from preferences, not from translation",
        ),
        ({"one": {}}, r"models\.one: expected a checkpoint"),
        ({"one": {"train": "sft", "on": "translation-aug"}}, r"models\.one\.from: sft needs"),
        (
            PAPER | {"x": {"checkpoint": "a/b", "train": "sft", "on": "translation-aug"}},
            r"models\.x: has a checkpoint and a training step",
        ),
        (
            PAPER | {"x": {"checkpoint": "meta-llama/Llama-3.1-8B-Instruct"}},
            r"models\.x: the same path as models\.llama",
        ),
        (PAPER | {"LLAMA": {"checkpoint": "a/b"}}, r"models\.LLAMA: the same path as models\.llam"),
        (
            PAPER | {"x": {"from": "llama", "train": "pretrain", "on": "instructions"}},
            r"models\.x\.from: pretraining starts from scratch",
        ),
    ],
)
def test_a_faulty_graph_is_refused_with_its_key(models, message):
    with pytest.raises(LahjaError, match=message):
        ModelGraph(models, DATASETS)
