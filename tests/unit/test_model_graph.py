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
BETWEEN = {"merge": {"llama-T": 0.5, "llama-T+RL": 0.5}}
ROUTE = {"route": ["llama-T+RL", "llama+RL"]}


def test_what_lies_between_two_models_starts_from_the_first():
    graph = ModelGraph(PAPER | {"half": BETWEEN}, DATASETS)
    assert (graph["half"].parent, graph.root("half").name) == ("llama-T", "llama")
    assert graph.needed("half") == {"half", "llama", "llama-T", "llama-T+RL"}
    assert (graph["half"].is_adapter, graph["half"].is_trained) == (True, False)
    assert graph.names("merge") == ["half"]


def test_what_is_merged_comes_from_what_all_members_share():
    again = {"from": "llama-T", "train": "dpo", "on": "dialect-only", "settings": {"seed": 43}}
    apart = {"merge": {"llama-T+RL": 1.0, "again": -0.5, "llama+RL": 0.2}}
    models = PAPER | {
        "again": again,
        "apart": apart,
        "near": {"merge": {"again": 1, "llama-T+RL": 1}},
    }
    graph = ModelGraph(models, DATASETS)
    assert (graph["near"].parent, graph["apart"].parent) == ("llama-T", "llama")
    assert graph["near"].members == ["again", "llama-T+RL"]
    assert graph.needed("apart") == {*models} - {"near"}


def test_a_route_chooses_among_any_models_and_has_no_weights():
    models = PAPER | {
        "q": {"checkpoint": "a/b"},
        "m": {"from": "llama-T", "decoding": "mbr"},
        "x": {"route": ["llama-T+RL", "m"]},
        "y": {"route": ["llama-T+RL", "q"]},
        "z": {"route": ["q", "llama-T"]},
    }
    graph = ModelGraph(models, DATASETS)
    assert [graph[name].parent for name in "xyz"] == ["llama-T", "llama-T", "q"]
    assert graph.needed("x") == {"x", "m", "llama", "llama-T", "llama-T+RL"}
    assert (graph["x"].is_adapter, graph["x"].is_trained) == (False, False)
    assert graph.names(None) == ["llama", "q"]


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
        ({"one": {"train": "grpo", "on": "instructions"}}, r"models\.one\.from: grpo needs"),
        (
            PAPER | {"x": {"checkpoint": "a/b", "train": "sft", "on": "translation-aug"}},
            r"models\.x: has checkpoint and train; expected one",
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
            PAPER | {"x": {"checkpoint": "a/b", "method": "ties"}},
            r"models\.x\.method: only with merge",
        ),
        ({"x": {"decoding": "mbr"}}, r"models\.x\.from: expected the model that is dec"),
        (
            PAPER | {"x": {"from": "llama", "decoding": "mbr", "train": "sft", "on": "y"}},
            r"models\.x: has train and decoding; expected one",
        ),
        (
            PAPER
            | {"x": {"from": "llama", "decoding": "mbr"}}
            | {"y": {"from": "x", "train": "dpo", "on": "dialect-only"}},
            r"models\.y\.from: x is a way of decoding, not weights",
        ),
        (
            PAPER | {"x": BETWEEN | {"train": "sft"}},
            r"models\.x: has train and merge; expected one",
        ),
        (
            PAPER | {"x": BETWEEN | {"from": "llama"}},
            r"models\.x\.from: only with train or decoding",
        ),
        (PAPER | {"x": BETWEEN | {"on": "instructions"}}, r"models\.x\.on: only with train"),
        (
            PAPER | {"x": {"merge": {"llama-T": 1}}},
            r"models\.x\.merge: expected two models or more",
        ),
        (
            PAPER | {"x": {"merge": {"llama-T": 0, "llama": 0.0}}},
            r"models\.x\.merge: expected a weight other than 0",
        ),
        (
            PAPER | {"x": {"merge": {"llama": 0.5, "lama-T": 0.5}}},
            r"models\.x\.merge: no such model: 'lama-T'; did you mean llama-T\?",
        ),
        (PAPER | {"x": BETWEEN | {"density": 0.5}}, r"models\.x\.density: only with method: ties"),
        (PAPER | {"x": BETWEEN | {"method": "dare"}}, r"models\.x\.density: missing; dare needs"),
        (
            PAPER | {"x": {"merge": {"llama-T": 1, "llama": 1}, "method": "ties", "density": 0.2}},
            r"models\.x\.merge: ties needs two models with an adapter, not 1",
        ),
        (
            PAPER | {"q": {"checkpoint": "a/b"}, "x": {"merge": {"q": 0.5, "llama-T": 0.5}}},
            r"models\.x\.merge: llama-T and q rest on different roots",
        ),
        (
            PAPER
            | {"x": {"merge": {"llama-T": 0.5, "y": 0.5}}}
            | {"y": {"from": "x", "train": "dpo", "on": "dialect-only"}},
            r"models\.y\.from: a cycle, x is made of y is made of x",
        ),
        (
            PAPER
            | {"m": {"from": "llama-T", "decoding": "mbr"}, "x": {"merge": {"m": 1, "llama": 1}}},
            r"models\.x\.merge: m is a way of decoding, not weights",
        ),
        (PAPER | {"x": ROUTE | {"train": "sft"}}, r"models\.x: has train and route; expected one"),
        (
            PAPER | {"x": ROUTE, "y": {"route": ["x", "llama"]}},
            r"models\.y\.route: x is a route, not",
        ),
        (
            PAPER | {"x": ROUTE, "y": {"from": "x", "decoding": "mbr"}},
            r"models\.y\.from: x is a route, not weights",
        ),
        (PAPER | {"x": {"route": ["llama", "nil"]}}, r"models\.x\.route: no such model: 'nil'"),
        (
            PAPER | {"x": BETWEEN | {"dialect_weight": 1}},
            r"models\.x\.dialect_weight: only with route",
        ),
        (PAPER | {"x": BETWEEN, "y": BETWEEN}, r"models\.y: the same path as models\.x"),
    ],
)
def test_a_faulty_graph_is_refused_with_its_key(models, message):
    with pytest.raises(LahjaError, match=message):
        ModelGraph(models, DATASETS)
