"""config/authors.yaml against the data that the authors released."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lahja.core.config import merge_config
from lahja.core.files import read_json
from lahja.core.parameters import open_run
from lahja.core.varieties import VARIETIES
from lahja.corpora.ingest import read_ready_prompts
from lahja.prompts.evaluation import gold_tasks
from lahja.prompts.generation import msa_prompts

_OF_TEMPLATES = re.compile(
    r"(Respond|Translate).* from ([\w ]+?)(?: in exactly .*)?\. Input=(.*)\n"
)


@pytest.fixture(scope="module")
def run(root: Path) -> tuple[Any, ...]:
    files = [root / "config" / f"{name}.yaml" for name in ("config", "authors")]
    return open_run(merge_config(files, []), root)


@pytest.fixture(scope="module")
def released(corpora: Path) -> list[str]:
    pairs = read_json(corpora / "nus-ids-amiya26" / "rl_pairs.sample.json")
    return [pair["conversations"][0]["value"] for pair in pairs]


def test_prompts_of_pairs_are_the_released_ones_letter_by_letter(
    run: tuple, released: list[str]
) -> None:
    templates = run[0]["prompts"]["msa_templates"]
    kinds = []
    for prompt in released:
        if found := _OF_TEMPLATES.fullmatch(prompt):
            country, sentence = found[2], found[3]
            (code,) = (c for c, variety in VARIETIES.items() if variety.country_name == country)
            row = {"pair_id": "p", "group_id": "g", "split": "train", "variety": code}
            row |= {"text": "x", "msa": sentence, "msa_origin": "corpus"}
            made = msa_prompts(pd.DataFrame([row]), code, 1, 0, templates)
            kinds += [one.kind for one in made.itertuples() if one.prompt == prompt]
    # All of the sample that have an input but for one with dialects' greetings.
    assert len(kinds) == sum("Input=" in prompt for prompt in released) - 1
    assert kinds.count("answer") == 14 and kinds.count("translation") == 12


def test_the_classifier_has_the_released_classes(run: tuple, corpora: Path) -> None:
    question = run[3].question
    assert question["wording"] == "countries"
    assert question["varieties"][-1] == "other"
    data = json.loads(run[4].dataset("dialect-id"))
    assert (data["wording"], data["varieties"]) == ("countries", question["varieties"])


def test_clean_data_is_gold_in_the_authors_table(run: tuple, corpora: Path) -> None:
    path = corpora / "nus-ids-amiya26" / "dataset-description.csv"
    table = pd.read_csv(path).query("MSA | ENG").drop_duplicates(["Dataset", "Dialect"])
    ours = {"MADAR25": "madar", "DoDa": "doda", "Maknuune": "maknuune", "SauDial": "saudial"}
    ours |= {"UFAL": "ufal-syr"}
    codes = {"Egyptian": "egy", "Moroccan": "mar", "Palestinian": "pse", "Saudi": "sau"}
    codes |= {"Syrian": "syr"}
    silver = json.loads(run[4].dataset("translation-clean"))["silver"]
    for row in table[table["Dialect"].isin(codes)].itertuples():
        is_silver = codes[row.Dialect] in silver.get(ours[row.Dataset], ())
        assert is_silver == pd.isna(row.GOLD), row
    assert "eng" in silver["madar"] and "msa" not in silver["madar"]


def test_validation_is_the_released_gold(run: tuple, corpora: Path) -> None:
    folder, settings = corpora / "nus-ids-amiya26" / "tentative_gold", run[4].gold()
    files = settings["corpus"]["options"]["files"]
    assert (files["egy"], files["mar"]) == ("Egyptian.csv", "Morrocan.csv")
    entry = settings["corpus"] | {"options": {"files": {c: files[c] for c in ("egy", "mar")}}}
    prompts = read_ready_prompts(folder, entry)
    own = [pd.read_csv(folder / files[code]) for code in ("egy", "mar")]
    assert [p.answer for p in prompts] == [*pd.concat(own)["label"]]
    found = gold_tasks(prompts, "amiya-gold", 57, seed=42)
    directions = found.dropna(subset="source_variety").groupby(["source_variety", "target_variety"])
    assert len(directions) == 8
    assert directions.size().sum() == 24
    # Neither generated on nor trained on.
    assert "amiya-gold" in run[3].held_out_prompts()


def test_models_are_asked_as_al_qasida_asks_them(run: tuple) -> None:
    config, graph, _, selection, parameters = run
    assert not [name for name in selection.evaluated if "lahja" in name or "iterations" in name]
    for name in selection.evaluated:
        asked = json.loads(parameters.evaluated(name))
        assert asked["sampling"]["temperature"] is None
        assert asked.get("chat_template", True) is (graph[name].train != "dpo"), name
    for name in selection.trained():
        assert parameters.step(name)["group_by_length"] is False
    assert config["run"] == "authors"
