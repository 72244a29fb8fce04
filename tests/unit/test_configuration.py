import difflib
from copy import deepcopy
from dataclasses import asdict

import pytest
import yaml

from lahja.configuration import documentation, read_schema, resolve
from lahja.errors import LahjaError
from lahja.gates.gating import GATES
from lahja.gates.settings import GateSettings
from lahja.preferences.hardness import HardnessSettings
from lahja.preferences.negatives import KINDS
from lahja.preferences.preferred import ALL_DIRECTIONS


def merged(base, changes):
    """Merge as Snakemake does: key by key, a list replaces a list."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged(base[key], value)
        else:
            base[key] = value
    return base


@pytest.fixture(scope="module")
def paper(root):
    return yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["demo", "real"])
def test_each_run_resolves(root, paper, name):
    changes = yaml.safe_load((root / "config" / f"{name}.yaml").read_text(encoding="utf-8"))
    config = resolve(merged(deepcopy(paper), changes))
    assert config["run"] == name
    assert "gpt-4o" not in config["generators"] or name == "real"
    assert config["stand_ins"]


def test_the_demo_with_vllm_differs_from_it_in_backends_alone(root, paper):
    config = deepcopy(paper)
    for name in ("demo", "demo-vllm"):
        text = (root / "config" / f"{name}.yaml").read_text(encoding="utf-8")
        merged(config, yaml.safe_load(text))
        if name == "demo":
            plain = resolve(config)
    found = resolve(config)
    answering = [*found["generators"].values(), found["evaluation"]]
    assert {entry["backend"] for entry in answering} == {"vllm"}
    for entry in [*answering, *plain["generators"].values(), plain["evaluation"]]:
        entry.pop("backend")
    assert found | {"run": "demo"} == plain


def test_the_real_runs_corpora_are_where_it_says(root, paper, corpora):
    changes = yaml.safe_load((root / "config" / "real.yaml").read_text(encoding="utf-8"))
    config = resolve(merged(deepcopy(paper), changes))
    for name in config["corpora_in_use"]:
        entry = config["corpora"][name]
        assert entry["access"] == "local", name
        assert (corpora / entry["path"]).exists(), name
        for pattern in entry["files"]:
            assert list((corpora / entry["path"]).glob(pattern)), f"{name}: {pattern}"


def test_the_papers_recipe(paper):
    config = resolve(paper)
    assert config["sampling"]["aldi_threshold"] == 0.36
    assert set(config["sampling"]["per_dialect"].values()) == {1000}
    assert config["training"]["dpo"]["beta"] == 0.1
    assert config["training"]["sft"]["epochs"] == config["training"]["dpo"]["epochs"] == 3
    assert config["datasets"]["dialect-id"]["per_variety"] == 50_000
    assert config["datasets"]["translation-aug"]["max_pairs"] == 697_000
    assert config["preferences"]["validation_per_dialect"] == 50
    assert len(config["prompts"]["template_kinds"]) == 24
    assert config["models"]["llama"]["checkpoint"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert config["models"]["llama-T+RL"]["from"] == "llama-T"


def test_templates_kinds_fit_al_qasidas_templates(paper, corpora):
    from lahja.prompts import templates_by_kind
    from lahja.readers import read_templates

    path = corpora / "al-qasida/data_processing/prompt_templates/json/dial8.json"
    for dialect, templates in read_templates(path).items():
        assert templates_by_kind(templates, paper["prompts"]["template_kinds"], dialect)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smapling": {}}, "unknown key smapling; expected one of run, seed"),
        ({"sampling": {"aldi": 0.3}}, r"unknown key sampling\.aldi; expected one of"),
        ({"sampling": {"aldi_threshold": 3}}, r"sampling\.aldi_threshold: 3 is greater than"),
        ({"seed": "x"}, r"seed: 'x' is not of type 'integer'"),
        ({"dialects": ["egy", "xyz"]}, "unknown dialect 'xyz'"),
        ({"models": {"x": {"from": "nil", "train": "sft", "on": "dialect-id"}}}, r"models\.x\.fro"),
        ({"models": {"llama": {"train": "warp"}}}, r"models\.llama\.train: 'warp' is not one of"),
        ({"models": {"dialect-classifier": None}}, r"preferences\.classifier: 'dialect-classifier"),
        ({"corpora_in_use": ["nowhere"]}, r"corpora_in_use: 'nowhere' is not among"),
        (
            {"preferences": {"gold_generator": "x"}},
            r"preferences\.gold_generator: 'x' is not among",
        ),
        ({"evaluation": {"translation": "x"}}, r"evaluation\.translation: 'x' is not among"),
        (
            {"evaluation": {"human": {"models": ["gpt-4o"]}}},
            r"evaluation\.human\.models: 'gpt-4o' is not among",
        ),
        (
            {"evaluation": {"human": {"per_task": 0}}},
            r"evaluation\.human\.per_task: 0 is less than",
        ),
        ({"prompts": {"template_kinds": ["ode"]}}, r"prompts\.template_kinds: 'ode' is not among"),
        (
            {"generators": {"x": {"backend": "openai"}}},
            r"generators\.x\.model: expected the server's",
        ),
        ({"generators": {"gpt-4o": {"price": None}}}, r"gpt-4o\.budget: a budget needs generators"),
        (
            {"generators": {"gpt-4o": {"price": {"inptu": 1}}}},
            r"unknown key .*gpt-4o\.price\.inptu",
        ),
        (
            {"generators": {"gpt-4o": {"key": None, "batch_api": True}}},
            r"gpt-4o\.key: the batch API",
        ),
        (
            {"generators": {"gpt-4o": {"base_url": "localhost"}}},
            r"gpt-4o\.base_url: expected an ad",
        ),
    ],
)
def test_a_faulty_key_is_named(paper, change, message):
    with pytest.raises(LahjaError, match=message):
        resolve(merged(deepcopy(paper), change))


def test_a_study_names_rows_of_evaluated_models(paper):
    study = {"rows": {"T": ["llama-T"], "RL": ["llama-T+RL"]}, "start": "T", "baseline": "RL"}
    config = resolve(deepcopy(paper) | {"study": study | {"recipe": "RL"}})
    assert config["study"]["recipe"] == "RL"
    with pytest.raises(LahjaError, match=r"study\.recipe: 'full' is not among T, RL"):
        resolve(deepcopy(paper) | {"study": study | {"recipe": "full"}})
    study["rows"]["RL"] = ["qwen3"]
    with pytest.raises(LahjaError, match=r"study\.rows\.RL: 'qwen3' is not among"):
        resolve(deepcopy(paper) | {"study": study | {"recipe": "RL"}})


def test_translation_may_be_evaluated_on_several_corpora(paper):
    assert resolve(deepcopy(paper))["evaluation"]["translation"] == ["FLORES+"]
    both = merged(deepcopy(paper), {"evaluation": {"translation": ["madar", "FLORES+"]}})
    assert resolve(both)["evaluation"]["translation"] == ["madar", "FLORES+"]
    wrong = merged(deepcopy(paper), {"evaluation": {"translation": ["nowhere"]}})
    with pytest.raises(LahjaError, match=r"evaluation\.translation: 'nowhere' is not among"):
        resolve(wrong)


def test_null_removes_an_entry_and_a_line_adds_one(paper):
    change = {
        "models": {
            "llama-T-clean": None,
            "llama-T-clean+RL": {"from": "llama-T", "train": "dpo", "on": "dialect-only",
                                 "settings": {"beta": 0.3}},
        }
    }  # fmt: skip
    config = resolve(merged(deepcopy(paper), change))
    assert "llama-T-clean" not in config["models"]
    assert config["models"]["llama-T-clean+RL"]["settings"] == {"beta": 0.3}


def test_the_documentation_follows_the_schema(root):
    schema = read_schema()
    written = (root / "config" / "README.md").read_text(encoding="utf-8")
    expected = documentation(schema).splitlines()
    found = [line for line in written.splitlines() if line.startswith("|")]
    diff = "\n".join(
        difflib.unified_diff(found, expected, "config/README.md", "schema", lineterm="")
    )
    assert not diff, f"run `make docs`:\n{diff}"


def test_every_key_says_what_it_means():
    def keys(schema, path=""):
        for key, inner in schema.get("properties", {}).items():
            yield f"{path}{key}", inner
            yield from keys(inner, f"{path}{key}.")

    assert [name for name, schema in keys(read_schema()) if not schema.get("description")] == []


def test_the_gates_have_the_same_defaults_in_the_schema_and_the_library():
    gates = read_schema()["properties"]["preferences"]["properties"]["gates"]["properties"]
    limits = {
        gate: {key: inner["default"] for key, inner in schema["properties"].items()}
        for gate, schema in gates.items()
    }
    assert limits == asdict(GateSettings())


def test_hardness_has_the_same_defaults_in_the_schema_and_the_library():
    keys = read_schema()["properties"]["preferences"]["properties"]["hardness"]["properties"]
    assert {key: inner["default"] for key, inner in keys.items()} == asdict(HardnessSettings())


def test_the_schema_knows_every_gate_direction_and_kind_of_negative():
    kinds = read_schema()["properties"]["datasets"]["additionalProperties"]["oneOf"]
    (preferences,) = [
        kind["properties"] for kind in kinds if kind["properties"]["kind"]["const"] == "preferences"
    ]
    assert preferences["gates"]["items"]["enum"] == list(GATES)
    assert tuple(preferences["directions"]["properties"]) == ALL_DIRECTIONS
    assert tuple(preferences["negatives"]["properties"]) == KINDS


def test_directions_and_negatives_are_no_settings_of_the_papers_pairs(paper):
    # With defaults of theirs the pairs of runs that are done would be formed again.
    keys = set(resolve(paper)["datasets"]["dialect-only"])
    assert keys == {"kind", "objective", "pairs_per_prompt"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"objective": "dialect-only", "directions": {"free": 1}}, r"\.directions: only where the"),
        ({"objective": "dialect-only", "negatives": {"loop": 1}}, r"\.negatives: only where the"),
        ({"directions": {"free": 0}}, r"\.directions: expected a share above 0"),
        ({"negatives": {"loop": 0.0}}, r"\.negatives: expected a share above 0"),
        ({"directions": {"en-da": 1}}, "en-da"),
        ({"negatives": {"loop": -1}}, "-1 is less than the minimum of 0"),
        ({"pairs_per_dialect": 5}, "pairs_per_dialect: only where there are directions"),
    ],
)
def test_faulty_directions_and_negatives_are_named(paper, keys, message):
    entry = {"kind": "preferences", "objective": "gated", **keys}
    with pytest.raises(LahjaError, match=message):
        resolve(merged(deepcopy(paper), {"datasets": {"own": entry}}))
