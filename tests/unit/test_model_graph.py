import pytest

from lahja.core.errors import LahjaError
from lahja.core.model_graph import ModelGraph

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
BETWEEN = {"interpolate": ["llama-T", "llama-T+RL"], "weight": 0.5}


def test_what_lies_between_two_models_starts_from_the_first():
    graph = ModelGraph(PAPER | {"half": BETWEEN}, DATASETS)
    assert (graph["half"].parent, graph.root("half").name) == ("llama-T", "llama")
    assert graph.needed("half") == {"half", "llama", "llama-T", "llama-T+RL"}
    assert (graph["half"].is_adapter, graph["half"].is_trained) == (True, False)
    assert graph.names("interpolate") == ["half"]


def test_a_model_comes_after_those_that_it_is_made_of():
    """A config laid over another has its own entries first; tables show the order."""
    graph = ModelGraph({"half": BETWEEN, **dict(reversed(PAPER.items()))}, DATASETS)
    assert list(graph.models) == ["llama", "llama-T", "llama-T+RL", "half", "llama+RL"]


def test_what_learns_from_samples_is_made_of_their_policy():
    own = {"kind": "best", "policy": "llama-T"}
    datasets = DATASETS | {"own": own, "mix": {"kind": "mixture", "of": {"own": 1}}}
    for dataset in ("own", "mix"):
        models = PAPER | {"m": {"from": "llama", "train": "sft", "on": dataset}}
        assert ModelGraph(models, datasets).needed("m") == {"m", "llama", "llama-T"}
        faulty = datasets | {"own": own | {"policy": "m"}}
        with pytest.raises(LahjaError, match=r"datasets\.own\.policy: a cycle, m is made of m"):
            ModelGraph(models, faulty)


def test_a_mixture_is_of_datasets_that_fine_tuning_learns_from():
    texts = {"texts": {"kind": "text"}, "mix": {"kind": "mixture"}}
    model = {"m": {"from": "llama", "train": "sft", "on": "mix"}}

    def graph(of, **step):
        datasets = DATASETS | texts | {"mix": texts["mix"] | {"of": of}}
        return ModelGraph(PAPER | {"m": model["m"] | step}, datasets)

    found = graph({"translation-aug": 1, "texts": 0.3})
    assert found.datasets("m") == ["texts", "translation-aug"]
    assert (found.datasets("llama-T"), found.datasets("llama")) == (["translation-aug"], [])
    for of, message in (
        (
            {"texts": 1, "text": 1},
            r"datasets\.mix\.of\.text: no such dataset; did you mean texts\?",
        ),
        ({"dialect-only": 1}, r"datasets\.mix\.of\.dialect-only: expected .* not preferences"),
        ({"mix": 1}, r"datasets\.mix\.of\.mix: expected .* not mixture"),
    ):
        with pytest.raises(LahjaError, match=message):
            graph(of)
    with pytest.raises(
        LahjaError, match=r"models\.m\.on: dpo learns from preferences, not from mix"
    ):
        graph({"texts": 1}, train="dpo")


def test_another_decoding_has_its_parents_weights():
    graph = ModelGraph(PAPER | {"m": {"from": "llama-T", "decoding": "mbr"}}, DATASETS)
    assert graph.root("m").name == "llama"
    assert (graph["m"].is_adapter, graph["m"].is_trained) == (False, False)
    assert graph.names(None) == ["llama"]


def test_lineage_leads_to_the_root():
    graph = ModelGraph(PAPER, DATASETS)
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
            r"models\.two\.from: a cycle, one is made of two is made of one",
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
        (
            PAPER | {"x": {"checkpoint": "a/b", "weight": 1}},
            r"models\.x\.weight: only a model that",
        ),
        ({"x": {"decoding": "mbr"}}, r"models\.x\.from: expected the model that is dec"),
        (
            PAPER | {"x": {"from": "llama", "decoding": "mbr", "train": "sft", "on": "y"}},
            r"models\.x: has a decoding and weights of its own",
        ),
        (
            PAPER
            | {"x": {"from": "llama", "decoding": "mbr"}}
            | {"y": {"from": "x", "train": "dpo", "on": "dialect-only"}},
            r"models\.y\.from: x is a way of decoding, not weights",
        ),
        (PAPER | {"x": BETWEEN | {"weight": None}}, r"models\.x\.weight: expected a number"),
        (PAPER | {"x": BETWEEN | {"train": "sft"}}, r"models\.x: interpolates and trains"),
        (
            PAPER | {"x": BETWEEN | {"interpolate": ["llama", "lama-T"]}},
            r"models\.x\.interpolate: no such model: 'lama-T'; did you mean llama-T\?",
        ),
        (
            PAPER | {"x": BETWEEN | {"interpolate": ["llama-T", "llama"]}},
            r"models\.x\.interpolate: llama has no adapter",
        ),
        (
            PAPER | {"q": {"checkpoint": "a/b"}, "x": BETWEEN | {"interpolate": ["q", "llama-T"]}},
            r"models\.x\.interpolate: q and llama-T rest on different roots",
        ),
        (
            PAPER
            | {"x": BETWEEN | {"interpolate": ["llama-T", "y"]}}
            | {"y": {"from": "x", "train": "dpo", "on": "dialect-only"}},
            r"models\.y\.from: a cycle, x is made of y is made of x",
        ),
        (PAPER | {"x": BETWEEN, "y": BETWEEN}, r"models\.y: the same path as models\.x"),
    ],
)
def test_a_faulty_graph_is_refused_with_its_key(models, message):
    with pytest.raises(LahjaError, match=message):
        ModelGraph(models, DATASETS)
