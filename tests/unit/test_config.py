import json
import subprocess
import sys
from copy import deepcopy
from typing import get_args

import pytest
import yaml
from jsonschema import Draft202012Validator
from keys import meaning, nested

from lahja.core.config import Config, merge_config, resolve
from lahja.core.config.base import Section, key_of, parse
from lahja.core.config.corpora import READER_OPTIONS
from lahja.core.config.evaluation import GateName
from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml
from lahja.preferences.gates import GATES


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


@pytest.mark.parametrize("name", ["study", "study-gemma"])
def test_each_study_resolves(root, name):
    files = [root / "config" / f"{part}.yaml" for part in ("config", "real", name)]
    config = resolve(merge_config(files, []))
    assert config["run"] == name
    assert resolve(deepcopy(config)) == config


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


def test_a_classifier_may_have_a_class_of_all_other_dialects(paper):
    config = merged(deepcopy(paper), {"corpora": {"edc": {"options": {"variety": "other"}}}})
    classes = ["egy", "mar", "pse", "sau", "syr", "msa", "other"]
    config["datasets"]["dialect-id"] |= {"varieties": classes, "wording": "countries"}
    resolved = resolve(config)
    own = resolved["datasets"]["dialect-id"]
    assert (own["varieties"], own["wording"]) == (classes, "countries")
    # The usual wording stands in no parameter.
    assert "wording" not in resolve(paper)["datasets"]["dialect-id"]
    with pytest.raises(LahjaError, match="dialects: 'other' is not defined"):
        resolve(paper | {"dialects": ["egy", "other"]})


def test_templates_kinds_fit_al_qasidas_templates(paper, corpora):
    from lahja.corpora.readers import read_templates
    from lahja.prompts.generation import templates_by_kind

    path = corpora / "al-qasida/data_processing/prompt_templates/json/dial8.json"
    for dialect, templates in read_templates(path).items():
        assert templates_by_kind(templates, paper["prompts"]["template_kinds"], dialect)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"smapling": {}}, "smapling: unknown; did you mean sampling?"),
        (
            {"models": {"llama+RL": {"settings": {"learning_rte": 1.0}}}},
            "models.llama+RL.settings.learning_rte: unknown; did you mean learning_rate?",
        ),
        (
            {"generators": {"gpt-4o": {"decoding": {"temprature": 1.0}}}},
            "generators.gpt-4o.decoding.temprature: unknown; did you mean temperature?",
        ),
        (
            {"evaluation": {"mbr": {"sample": 4}}},
            "evaluation.mbr.sample: unknown; did you mean samples?",
        ),
        (
            {"corpora": {"edc": {"options": {"varieti": "egy"}}}},
            "corpora.edc.options.varieti: unknown; did you mean variety?",
        ),
        ({"data": {"xyz": 1}}, "data.xyz: unknown; expected one of min_words, max_words, "),
        ({"seed": "x"}, "seed: expected a valid integer, not 'x'"),
        ({"models": 5}, "models: expected keys and values, not 5"),
        ({"corpora": {"edc": {"options": 5}}}, "corpora.edc.options: expected keys and values, not 5"),
        ({"dialects": []}, "dialects: expected at least 1, not []"),
        ({"training": {"sft": {"learning_rate": "1e-4"}}}, "training.sft.learning_rate: expected a number such as 3 or 1.0e-4, not '1e-4'"),
        ({"seed": True}, "seed: expected a valid integer, not True"),
        ({"run": "a b"}, "run: expected text of the form ^[A-Z"),
        ({"dialects": ["egy", "egi"]}, "dialects: 'egi' is not defined; did you mean egy?"),
        ({"models": {"llama": {"revision": "main"}}}, "models.llama.revision: expected text of the form ^[0-9a-f]{40}$, not 'main'"),
        ({"scorers": {"aldi": {"revision": "v1.0"}}}, "scorers.aldi.revision: expected text of the form ^[0-9a-f]{40}$, not 'v1.0'"),
        ({"corpora": {"edc": {"url": "http://a.example/x.txt"}}}, "corpora.edc.url: expected text of the form ^(https|file)://, not 'http://a.example/x.txt'"),
        ({"dialects": ["egy", "egy"]}, "dialects: egy is given twice"),
        ({"sampling": {"per_dialect": {"egi": 5}}}, "sampling.per_dialect.egi: no such variety"),
        ({"sampling": {"per_dialect": {"egy": -5}}}, "sampling.per_dialect.egy: expected greater than or equal to 0, not -5"),
        ({"corpora": {"edc": {"reader": "linse"}}}, "corpora.edc.reader: 'linse' is not defined; did you mean lines?"),
        ({"corpora": {"new": {"role": "train"}}}, "corpora.new.reader: missing"),
        ({"corpora": {"new": {"reader": "lines", "role": "train"}}}, "corpora.new.options.variety: missing"),
        ({"corpora": {"edc": {"options": {"variety": "egi"}}}}, "corpora.edc.options.variety: no such variety: 'egi'; did you"),
        ({"corpora": {"madar": {"options": {"cities": ["Cairu"]}}}}, "corpora.madar.options.cities.0: no city"),
        ({"corpora": {"goud": {"options": {"columns": {"txt": "x"}}}}}, "corpora.goud.options.columns.txt: unknown; did you mean text?"),
        ({"datasets": {"dialect-id": {"kind": "clasification"}}}, "datasets.dialect-id.kind: 'clasification' is not defined; did you mean classification?"),
        ({"datasets": {"translation-aug": {"dialects": ["eyg"]}}}, "datasets.translation-aug.dialects: 'eyg' is not defined; did you mean egy?"),
        ({"datasets": {"dialect-only": {"dialects": []}}}, "datasets.dialect-only.dialects: expected at least 1, not []"),
        ({"datasets": {"texts": {"kind": "text", "varieties": ["egi"]}}}, "datasets.texts.varieties.0: no such variety: 'egi'; did you mean eng?"),
        ({"datasets": {"texts": {"kind": "text", "varieties": []}}}, "datasets.texts.varieties: expected at least 1, not []"),
        ({"datasets": {"t": {"kind": "text"}}, "models": {"x": {"from": "llama", "train": "dpo", "on": "t"}}}, "models.x.on: dpo learns from preferences, not from text"),
        ({"datasets": {"m": {"kind": "mixture", "of": {}}}}, "datasets.m.of: expected at least 1, not {}"),
        ({"datasets": {"m": {"kind": "mixture", "of": {"translation-aug": 0}}}}, "datasets.m.of.translation-aug: expected greater than 0, not 0"),
        ({"datasets": {"b": {"kind": "chosen", "of": "ranked"}}}, "datasets.b.kind: chosen is removed; write kind: best, the best of a policy's"),
        ({"datasets": {"b": {"kind": "best"}}}, "datasets.b.policy: missing"),
        ({"datasets": {"b": {"kind": "best", "policy": "llama", "gates": ["truncated_rejected"]}}}, "datasets.b.gates: truncated_rejected judges a rejected side"),
        ({"datasets": {"b": {"kind": "best", "policy": "llama", "sources": "parallel"}}}, "datasets.b.sources: unknown"),
        ({"datasets": {"b": {"kind": "mbr", "policy": "llama", "sources": "all"}}}, "datasets.b.sources: expected 'parallel' or 'monolingual', not 'all'"),
        ({"datasets": {"b": {"kind": "mbr", "policy": "llamma"}}, "models": {"x": {"from": "llama", "train": "sft", "on": "b"}}}, "datasets.b.policy: no such model: 'llamma'; did you mean llama?"),
        ({"datasets": {"b": {"kind": "best", "policy": "llama", "min_margin": 1}}}, "datasets.b.min_margin: unknown"),
        ({"datasets": {"b": {"kind": "best", "policy": "start"}, "m": {"kind": "mixture", "of": {"b": 1}}}}, "datasets.m.of.b: its policy is each step's start; expected the name of a model"),
        ({"models": {"x": {"from": "nil", "train": "sft", "on": "dialect-id"}}}, "models.x.from"),
        ({"models": {"qwen-T": {"from": "qwem"}}}, "models.qwen-T.from: no such model: 'qwem'; did you mean qwen?"),
        ({"models": {"qwen-T": {"on": "translation-ag"}}}, "models.qwen-T.on: no such dataset: 'translation-ag'; did you mean translation-aug?"),
        ({"models": {"llama": {"train": "warp"}}}, "models.llama.train: expected 'sft', 'dpo', 'grpo' or 'pretrain', not 'warp'"),
        ({"models": {"llama": {"settings": {"beta": 1}}}}, "models.llama.settings.beta: unknown; nothing is known here"),
        ({"models": {"llama+RL": {"settings": {"sft_weight": 1}}}}, "models.llama+RL.settings.sft_weight: the objective sigmoid has no"),
        ({"models": {"dialect-classifier": None}}, "preferences.classifier: 'dialect-classifier' is not def"),
        ({"corpora_in_use": ["maddar"]}, "corpora_in_use: 'maddar' is not defined; did you mean madar?"),
        ({"preferences": {"gold_generator": "x"}}, "preferences.gold_generator: 'x' is not defined; expected one of llama, qwen"),
        ({"evaluation": {"translation": "x"}}, "evaluation.translation: 'x' is not defined"),
        (
            {"evaluation": {"few_shot": {"monolingual": 5}}},
            "evaluation.few_shot.corpus: expected the corpus of monolingual and crosslingual",
        ),
        (
            {"evaluation": {"few_shot": {"monolingual": 5, "corpus": "x"}}},
            "evaluation.few_shot.corpus: 'x' is not defined",
        ),
        ({"evaluation": {"human": {"models": ["gpt-4o"]}}}, "evaluation.human.models: 'gpt-4o' is not"),
        ({"prompts": {"template_kinds": ["ode"]}}, "prompts.template_kinds: 'ode' is not defined"),
        ({"prompts": {"msa_templates": {"answer": "{country}: {}"}}}, "prompts.msa_templates.answer: expected one {}, where"),
        ({"preferences": {"gold_corpus": "gold"}}, "preferences.gold_corpus: 'gold' is not defined"),
        ({"prompts": {"msa_templates": {}}}, "prompts.msa_templates: expected at least 1"),
        ({"generators": {"x": {"backend": "openai"}}}, "generators.x.model: expected the server's"),
        ({"generators": {"gpt-4o": {"price": None}}}, "generators.gpt-4o.budget: a budget needs a pri"),
        ({"generators": {"gpt-4o": {"price": {"inptu": 1}}}}, "generators.gpt-4o.price.inptu: unknown; did"),
        ({"generators": {"gpt-4o": {"longest_wait": 9}}}, "generators.gpt-4o.longest_wait: removed: the OpenAI client waits"),
        ({"generators": {"gpt-4o": {"batch_api": True}}}, "generators.gpt-4o.batch_api: removed with the batch API"),
        ({"training": {"dpo": {"probe": {"every": 9}}}}, "training.dpo.probe: removed: no run used it; it is in commit e9bccc9"),
        ({"training": {"dpo": {"objective": "simpo"}}}, "training.dpo.objective: removed: only objectives of TRL's core are left; it is in"),
        ({"models": {"llama+RL": {"settings": {"objective": "simpo"}}}}, "models.llama+RL.settings.objective: removed: only"),
        ({"training": {"dpo": {"objective": "simp"}}}, "training.dpo.objective: expected 'sigmoid', 'sigmoid+sft', 'ipo' or 'apo_zero', not 'simp'"),
        ({"corpora": {"edc": {"reader": "aoc"}}}, "corpora.edc.reader: removed: `lines` and `table` read its files"),
        ({"models": {"x": {"from": "llama-T", "train": "grpo", "on": "dialect-only"}}}, "models.x.on: grpo learns from prompts, not from preferences"),
        ({"datasets": {"asked": {"kind": "prompts"}}, "models": {"x": {"from": "llama-T", "train": "sft", "on": "asked"}}}, "models.x.on: sft learns from "),
        ({"datasets": {"asked": {"kind": "prompts"}}, "models": {"x": {"from": "llama-T", "train": "dpo", "on": "asked"}}}, "models.x.on: dpo learns from preferences, not from prompts"),
        ({"datasets": {"asked": {"kind": "prompts", "samples": 4}}}, "datasets.asked.samples: unknown; expected one of"),
        ({"training": {"grpo": {"generations": 1}}}, "training.grpo.generations: expected greater than or equal to 2, not 1"),
        ({"training": {"grpo": {"group_by_length": True}}}, "training.grpo.group_by_length: unknown"),
        ({"training": {"grpo": {"scale_rewards": "all"}}}, "training.grpo.scale_rewards: expected 'group', 'batch' or 'none', not 'all'"),
        ({"datasets": {"asked": {"kind": "prompts"}}, "models": {"x": {"from": "llama-T", "train": "grpo", "on": "asked", "settings": {"gpu": 3}}}}, "models.x.settings.gpu: expected a divisor of an update's 256 answers, not 3"),
        ({"datasets": {"dialect-only": {"least_margin": 0.1}}}, "datasets.dialect-only.least_margin: renamed; write min_margin"),
        ({"models": {"llama+RL": {"rounds": 2}}}, "models.llama+RL.rounds: renamed; write iterations"),
        ({"models": {"x": {"interpolate": ["llama", "llama-T"], "weight": 0.5}}}, "models.x.interpolate: renamed; in place of `interpolate: [a, b]` and `weight: w` write merge: {a: 1 - w, b: w}"),
        ({"models": {"llama-T+lahja": {"weight": 0.75}}}, "models.llama-T+lahja.weight: renamed; in place of"),
        ({"models": {"x": {"merge": {"llama": "half", "llama-T": 1}}}}, "models.x.merge.llama: expected a number such as 3 or 1.0e-4, not 'half'"),
        ({"models": {"x": {"merge": {"llama": float("nan"), "llama-T": 1}}}}, "models.x.merge.llama: expected a finite number, not nan"),
        ({"models": {"x": {"merge": {"llama": 1, "llama-T": 1, "no": 1}}}}, "models.x.merge: no such model: 'no'"),
        ({"models": {"x": {"merge": {"llama": 1, "llama-T": 1}, "method": "slerp"}}}, "models.x.method: expected 'linear', 'ties' or 'dare', not 'slerp'"),
        ({"models": {"x": {"merge": {"llama-T": 1, "llama+RL": 1}, "method": "ties", "density": 0}}}, "models.x.density: expected greater than 0, not 0"),
        ({"models": {"x": {"merge": {"llama": 1, "llama-T": 1}, "iterations": 2}}}, "models.x.iterations: only a step on a dataset of the kinds"),
        ({"models": {"x": {"merge": {"llama": 1, "llama-T": 1}, "settings": {"epochs": 2}}}}, "models.x.settings.epochs: unknown"),
        ({"models": {"x": {"route": ["llama"]}}}, "models.x.route: expected at least 2"),
        ({"models": {"x": {"route": ["llama", "llama"]}}}, "models.x.route: llama is given twice"),
        ({"models": {"x": {"route": ["llama", "qwen3"]}}, "evaluation": {"validation_translation": 5}}, "models.x.route: qwen3 is not evaluated"),
        ({"models": {"x": {"route": ["llama", "dialect-classifier"]}}, "evaluation": {"validation_translation": 5}}, "models.x.route: dialect-classifier is not evaluated"),
        ({"models": {"x": {"route": ["llama", "qwen"]}}, "evaluation": {"validation_translation": None}}, "models.x.route: set evaluation.validation_translation, the translations"),
        ({"models": {"x": {"route": ["llama", "qwen"]}}, "evaluation": {"zero_shot": ["x"]}}, "evaluation.zero_shot: 'x' is not defined"),
        ({"models": {"x": {"route": ["llama", "qwen"]}}, "datasets": {"dialect-only": {"policy": "x"}}}, "datasets.dialect-only.policy: x is a route, not weights"),
        ({"preferences": {"gates": {"echo": {"most_likeness": 0.5}}}}, "preferences.gates.echo.most_likeness: renamed; write max_similarity"),
        ({"training": {"dpo": {"simpo_margin": 1}}}, "training.dpo.simpo_margin: removed: only objectives"),
        ({"models": {"llama+RL": {"settings": {"label_smoothing": 0.1}}}}, "models.llama+RL.settings.label_smoothing: removed: no loss here uses it"),
        ({"training": {"sft": {"learning_rate": 0}}}, "training.sft.learning_rate: expected greater than 0, not 0"),
        ({"models": {"llama-T": {"settings": {"learning_rate": "1e-4"}}}}, "models.llama-T.settings.learning_rate: expected a number such as 3 or"),
        ({"generators": {"gpt-4o": {"decoding": {"top_p": 0}}}}, "generators.gpt-4o.decoding.top_p: expected greater than 0, not 0"),
        ({"decoding": {"repetition_penalty": 1.2}}, "generators.gpt-4o.decoding.repetition_penalty: expected 1, which is none; a server's own"),
        ({"generators": {"gpt-4o": {"decoding": {"no_repeat_ngrams": 3}}}}, "generators.gpt-4o.decoding.no_repeat_ngrams: expected 0, which is none; a server's own"),
        ({"models": {"x": {"from": "llama", "decoding": "greedy", "settings": {"temperature": 1}}}}, "models.x.settings.temperature: unknown; expected one of max_new_tokens, repetition_penalty"),
        ({"decoding": {"system_prompt": "In {dialekt}."}}, "decoding.system_prompt: expected {dialect} or {country}, not {dialekt}"),
        ({"training": {"dpo": {"schedule": "cosin"}}}, "training.dpo.schedule: expected 'cosine', 'linear', "),
        ({"data": {"min_words": 5, "max_words": 4}}, "data.max_words: expected min_words or more, not 4"),
        ({"data": {"validation_share": 0.5, "test_share": 0.5}}, "data.test_share: expected a sum with validation_share below 1, not 1"),
        ({"datasets": {"i": {"kind": "instructions"}}, "models": {"small": {"train": "pretrain", "on": "i", "settings": {"heads": 5}}}}, "models.small.settings.heads: expected a divisor of hidden, 192, not 5"),
        ({"models": {"llama-T": {"train": ["sft"]}}}, "models.llama-T.train: expected 'sft', 'dpo', 'grpo' or 'pretrain', not ['sft']"),
        ({"corpora": {"edc": {"options": {"files": ["/x/*.txt"]}}}}, "corpora.edc.options.files.0: '/x/*.txt' is no pattern of files within"),
        ({"corpora": {"edc": {"files": ["a**"]}}}, "corpora.edc.files.0: 'a**' is no pattern of files within"),
        ({"corpora": {"edc": {"options": None}}}, "corpora.edc.options: expected keys and values, not None"),
        ({"hub_lock": "a{b}.json"}, "hub_lock: expected text of the form ^[^{}]*$, not 'a{b}.json'"),
        ({"models": {"llama": {"checkpoint": "./{x}"}}}, "models.llama.checkpoint: expected text of the form"),
        ({"vllm": {"python": "/nowhere/python"}}, "vllm.python: no interpreter at /nowhere/python"),
        ({"generators": {"gpt-4o": {"base_url": "localhost"}}}, "generators.gpt-4o.base_url: expected an ad"),
        ({"generators": {"gpt-4o": {"base_url": "https://me:pw@host"}}}, "generators.gpt-4o.base_url: holds a pass"),
    ],
)  # fmt: skip
def test_a_faulty_key_is_named(paper, change, line):
    assert fault_of(merged(deepcopy(paper), change)).startswith(line)


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "a*", "{a}", "$(id)", "..", "-a", "a\n", "لهجة", "", "a" * 101]
)
def test_what_is_no_name_of_a_file_is_refused_in_every_catalogue(paper, name):
    for catalogue in ("corpora", "datasets", "models", "generators"):
        entry = next(iter(paper[catalogue].values()))
        line = fault_of(merged(deepcopy(paper), {catalogue: {name: entry}}))
        assert line.startswith(f"{catalogue}."), line
        assert "expected text of the form ^[A-Z" in line, line
    resolve(merged(deepcopy(paper), {"corpora": {"A.1_b+c-d@0.5": paper["corpora"]["edc"]}}))


@pytest.mark.parametrize("field", ["messages", "model", "stream", "n", "prompt", "tools"])
@pytest.mark.parametrize("value", [None, 1])
def test_a_request_cannot_replace_the_prompt_or_the_form_of_its_answer(paper, field, value):
    line = fault_of(
        merged(deepcopy(paper), {"generators": {"gpt-4o": {"request": {field: value}}}})
    )
    assert line.startswith(
        f"generators.gpt-4o.request.{field}: expected a field that changes neith"
    )
    further = {"generators": {"gpt-4o": {"request": {"seed": None, "logit_bias": {"5": -1}}}}}
    assert (
        resolve(merged(deepcopy(paper), further))["generators"]["gpt-4o"]["request"]["seed"] is None
    )


def fault_of(config):
    """Return the one line that refuses a configuration."""
    with pytest.raises(LahjaError) as refused:
        resolve(config)
    assert "\n" not in str(refused.value)
    return str(refused.value)


# --- every mapping ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything(root):
    """Return a configuration that has every kind of section at least once."""
    names = ("config", "demo", "study")
    config = merge_config([root / "config" / f"{name}.yaml" for name in names], [])
    options = {
        "amiya-gold": {"files": {"egy": "a"}},
        "bitext": {"files": {"egy": "a"}},
        "lines": {"variety": "egy"},
        "table": {"variety": "egy"},
    }
    readers = {
        f"corpus-{reader}": {"reader": reader, "role": "train", "options": options.get(reader, {})}
        for reader in READER_OPTIONS
    }
    changes = {
        "corpora": readers,
        "datasets": {
            "asked": {"kind": "prompts"},
            "texts": {"kind": "text"}, "mix": {"kind": "mixture", "of": {"texts": 1}},
            "mbr": {"kind": "mbr", "policy": "llama"},
            "best": {"kind": "best", "policy": "llama"},
        },
        "generators": {"server": {"backend": "openai", "model": "m", "price": {"input": 1, "output": 1}}},
        "evaluation": {"comet": {"checkpoint": "owner/name"}},
        "models": {
            "greedy": {"from": "llama-T", "decoding": "greedy"},
            "llama-T+GRPO": {"from": "llama-T", "train": "grpo", "on": "asked"},
        },
    }  # fmt: skip
    return merged(config, changes)


def places(section, path=()):
    """Yield the path and the kind of each section of a configuration that was read."""
    yield path, type(section)
    for name in type(section).model_fields:
        value, key = getattr(section, name), key_of(type(section), name)
        entries = value.items() if isinstance(value, dict) else [(None, value)]
        for entry, inner in entries:
            if isinstance(inner, Section):
                yield from places(inner, (*path, key) if entry is None else (*path, key, entry))


def all_kinds(kind=Config):
    """Return every kind of section that a configuration can have."""
    found = {kind}
    for field in kind.model_fields.values():
        for inner in nested(field.annotation)[0]:
            found |= all_kinds(inner)
    return found


def changed(config, path, value):
    """Return a copy in which the value at a path is another; YAML's aliases stay what they were."""
    inner = changed(config.get(path[0]) or {}, path[1:], value) if path[1:] else value
    return {**config, path[0]: inner}


def test_a_typo_is_refused_in_every_mapping(everything):
    found = list(places(Config.model_validate(everything)))
    assert {kind for _, kind in found} == all_kinds()
    for path, kind in {kind: (path, kind) for path, kind in found}.values():
        keys = [key_of(kind, name) for name in kind.model_fields]
        key = keys[0][:-1] + "x" + keys[0][-1] if keys else "x"
        where = ".".join((*path, key))
        line = fault_of(changed(everything, (*path, key), 1))
        assert line.startswith(f"{where}: unknown; "), (line, where)
        assert not keys or line.endswith((f"did you mean {keys[0]}?", "?")), line


def outside(schema):
    """Yield values just outside the range that a schema states."""
    for part in schema.get("anyOf", [schema]):
        if "minimum" in part:
            yield part["minimum"] - 1
        if "exclusiveMinimum" in part:
            yield part["exclusiveMinimum"]
        if "maximum" in part:
            yield part["maximum"] + 1


def test_numbers_have_ranges_and_are_held_to_them(everything):
    without, n_tried = [], 0
    found = {kind: path for path, kind in places(Config.model_validate(everything))}
    for kind, path in found.items():
        properties = kind.model_json_schema()["properties"] if kind.model_fields else {}
        for key, schema in properties.items():
            types = [part.get("type") for part in schema.get("anyOf", [schema])]
            values = list(outside(schema))
            if {"integer", "number"} & set(types) and not values:
                without.append(key)
            for value in values:
                line = fault_of(changed(everything, (*path, key), value))
                assert line.startswith(f"{'.'.join((*path, key))}: expected "), line
                assert line.endswith(f", not {value}"), line
                n_tried += 1
    assert without == []
    assert n_tried > 150


def test_the_configuration_is_read_without_heavy_libraries():
    heavy = "torch", "transformers", "pandas", "numpy", "snakemake"
    code = f"import sys, lahja.core.config; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_numbers_stay_as_they_are_written(paper):
    change = {"training": {"sft": {"epochs": 2, "warmup": 0}, "dpo": {"epochs": 2.0}}}
    training = resolve(merged(deepcopy(paper), change))["training"]
    assert json.dumps([training["sft"]["epochs"], training["dpo"]["epochs"]]) == "[2, 2.0]"
    assert json.dumps(training["sft"]["warmup"]) == "0"


def test_departures_hold_what_was_given_alone(paper):
    resolved = resolve(deepcopy(paper))
    assert resolved["models"]["llama+RL"]["settings"] == {}
    assert resolved["generators"]["gpt-4o"]["decoding"] == {}
    assert resolved["corpora"]["edc"]["options"] == {"variety": "egy"}
    assert "policy" not in resolved["datasets"]["dialect-only"]


def test_a_study_names_rows_of_evaluated_models(paper):
    study = {"rows": {"T": ["llama-T"], "RL": ["llama-T+RL"]}, "start": "T", "baseline": "RL"}
    config = resolve(deepcopy(paper) | {"study": study | {"recipe": "RL"}})
    assert config["study"]["recipe"] == "RL"
    with pytest.raises(
        LahjaError, match=r"study\.recipe: 'full' is not defined; expected one of T, RL"
    ):
        resolve(deepcopy(paper) | {"study": study | {"recipe": "full"}})
    for key, row in (("mbr", "MBR"), ("labelled", ["RL", "MBR"])):
        with pytest.raises(LahjaError, match=rf"study\.{key}: 'MBR' is not defined"):
            resolve(deepcopy(paper) | {"study": study | {"recipe": "RL", key: row}})
    study["rows"]["RL"] = ["qwen3"]
    with pytest.raises(LahjaError, match=r"study\.rows\.RL: 'qwen3' is not defined"):
        resolve(deepcopy(paper) | {"study": study | {"recipe": "RL"}})


def test_translation_may_be_evaluated_on_several_corpora(paper):
    assert resolve(deepcopy(paper))["evaluation"]["translation"] == ["FLORES+"]
    both = merged(deepcopy(paper), {"evaluation": {"translation": ["madar", "FLORES+"]}})
    assert resolve(both)["evaluation"]["translation"] == ["madar", "FLORES+"]
    wrong = merged(deepcopy(paper), {"evaluation": {"translation": ["nowhere"]}})
    with pytest.raises(LahjaError, match=r"evaluation\.translation: 'nowhere' is not defined"):
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


def test_what_is_set_for_each_dialect_follows_the_dialects(paper, tunisian):
    dialects = ["egy", "mar", "pse", "sau", "syr", "tun"]
    config = resolve(merged(deepcopy(paper), {"dialects": dialects}))
    assert config["sampling"]["per_dialect"] == dict.fromkeys(dialects, 1000)
    assert config["datasets"]["dialect-id"]["varieties"] == [*dialects, "msa"]
    assert config["corpora"]["madar"]["options"]["varieties"] == [*dialects, "msa", "eng"]
    assert resolve(deepcopy(config)) == config


def test_what_is_given_is_not_overruled_by_the_dialects(paper):
    changes = {
        "dialects": ["egy"],
        "sampling": {"per_dialect": {"egy": 7, "mar": 8}},
        "datasets": {"dialect-id": {"varieties": ["egy", "mar"]}},
        "corpora": {"madar": {"options": {"varieties": ["egy", "sau"]}}},
    }
    config = resolve(merged(deepcopy(paper), changes))
    assert config["sampling"]["per_dialect"] == {"egy": 7, "mar": 8}
    assert config["datasets"]["dialect-id"]["varieties"] == ["egy", "mar"]
    assert config["corpora"]["madar"]["options"]["varieties"] == ["egy", "sau"]
    # A corpus of one variety is read whatever the dialects are.
    assert "varieties" not in config["corpora"]["doda"]["options"]


@pytest.mark.parametrize("name", ["config", "demo", "demo-vllm", "real", "study", "study-gemma"])
def test_editors_find_no_fault_in_our_files(root, name):
    schema = json.loads((root / "workflow/schemas/config.schema.json").read_text())
    text = (
        (root / "config" / f"{name}.yaml")
        .read_text(encoding="utf-8")
        .replace(" {on: ", ' {"on": ')
        .replace(" on: ", ' "on": ')
    )
    assert not list(Draft202012Validator(schema).iter_errors(yaml.safe_load(text)))
    faulty = yaml.safe_load(text) | {"data": {"min_word": 1}}
    assert list(Draft202012Validator(schema).iter_errors(faulty))


def test_every_key_says_what_it_means():
    silent = [
        f"{kind.__name__}.{name}"
        for kind in all_kinds()
        for name in kind.model_fields
        if not meaning(kind, name)
    ]
    assert silent == []


def test_the_config_knows_every_gate():
    assert get_args(GateName) == tuple(GATES)


def test_what_selects_by_reward_is_no_setting_of_the_papers_pairs(paper):
    ranked = {"kind": "preferences", "select": "reward", "policy": "llama"}
    datasets = resolve(merged(deepcopy(paper), {"datasets": {"ranked": ranked}}))["datasets"]
    assert set(datasets["dialect-only"]) == {
        "kind",
        "select",
        "pairs_per_prompt",
        "gates",
        "samples",
    }
    assert datasets["ranked"]["min_margin"] == 0.1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"objective": "gated"}, r"datasets\.own\.objective: renamed; write select: label or"),
        ({"directions": {"free": 1}}, r"datasets\.own\.directions: removed: the study refuted it"),
        ({"negatives": {"loop": 1}}, r"datasets\.own\.negatives: removed"),
        ({"pairs_per_dialect": 5}, r"datasets\.own\.pairs_per_dialect: removed"),
        ({"dialect_weight": 0.5}, r"datasets\.own\.dialect_weight: only with select: reward"),
        ({"repetitions": 0.5}, r"datasets\.own\.repetitions: removed"),
        ({"later_rounds": {}}, r"datasets\.own\.later_rounds: removed"),
        ({"select": "reward"}, r"datasets\.own\.policy: missing; select: reward needs the model"),
    ],
)
def test_faulty_preference_datasets_are_named(paper, keys, message):
    entry = {"kind": "preferences", **keys}
    with pytest.raises(LahjaError, match=message):
        resolve(merged(deepcopy(paper), {"datasets": {"own": entry}}))


def _sections(kind=Section):
    return [kind, *(each for own in kind.__subclasses__() for each in _sections(own))]


def test_every_former_key_and_value_is_refused_with_what_stands_in_its_place(root, paper):
    former, sections = read_yaml(root / "resources" / "former_keys.yaml"), {*_sections()}

    def fault_in(section, key):
        with pytest.raises(LahjaError) as stop:
            parse(section, {key: 1})
        return str(stop.value)

    for name, keys in former["gone"].items():
        (section,) = [own for own in sections if own.__name__ == name]
        for key, told in keys.items():
            assert fault_in(section, key) == f"{key}: {told}"
    for key, new in former["renamed"].items():
        owners = [
            own for own in sections if new in {key_of(own, name) for name in own.model_fields}
        ]
        assert owners, new
        for section in owners:
            assert fault_in(section, key) == f"{key}: renamed; write {new}"
    entries = {
        "kind": ("datasets", "own"),
        "objective": ("training", "dpo"),
        "reader": ("corpora", "edc"),
    }
    for key, values in former["values"].items():
        section, name = entries[key]
        for value, told in values.items():
            config = merged(deepcopy(paper), {section: {name: {key: value}}})
            assert fault_of(config) == f"{section}.{name}.{key}: {told}"


def test_a_former_key_that_is_null_asks_for_nothing(paper):
    """A run's recorded configuration has all keys of the version that it was made with."""
    config = deepcopy(paper)
    config["models"]["llama"] |= {"interpolate": None, "weight": None, "rounds": None}
    assert resolve(config) == resolve(paper)
    config["models"]["llama"]["interpolated"] = None
    assert fault_of(config).startswith("models.llama.interpolated: unknown")
