"""The row counts of the real corpora, as their documentation states them."""

from collections import Counter
from types import SimpleNamespace

import pytest

from lahja.core.varieties import NADI_COUNTRIES, VARIETIES, dialects_among, get_variety
from lahja.corpora.readers import (
    READERS,
    Output,
    Prompt,
    Reject,
    read_outputs,
    read_preferences,
    read_prompts,
    read_templates,
)
from lahja.corpora.teacher import teacher_scores

DIALECTS = dialects_among(VARIETIES)

MADAR = "MADAR/MADAR.Parallel-Corpora-Public-Version1.1-25MAR2021/MADAR_Corpus"
NADI = "NADI/NADI2024-Dev1_data_release"
EVERY = {"egy": 506, "mar": 506, "pse": 506, "sau": 506, "syr": 506, "msa": 506, "eng": 506}
ARSARCASM = {
    "columns": {"text": "tweet", "variety": "dialect"},
    "labels": {"msa": "msa", "egypt": "egy"},
}
HABIBI = {"egy": 151, "mar": 151, "pse": 78, "sau": 151, "syr": 151}

# fmt: off
COUNTS = [
    ("madar", MADAR, {}, {"egy": 14620, "mar": 12780, "pse": 1840, "sau": 3680, "syr": 3680, "msa": 10940, "eng": 10940}),
    ("nadi", f"{NADI}/subtask1/NADI2023_TWT.tsv", {}, dict.fromkeys(DIALECTS, 900)),
    ("nadi", NADI, {"file": "subtask1/NADI2021-TWT.tsv"}, {"egy": 4283, "mar": 858, "pse": 428, "sau": 2140, "syr": 1287}),
    ("lines", f"{NADI}/subtask3/subtask_3_mono_MSA.txt", {"variety": "msa"}, {"msa": 18029}),
    ("nadi-pairs", NADI, {}, {"egy": 80, "pse": 80, "msa": 160}),
    ("qadi", "QADI", {}, {"egy": 100, "mar": 89, "pse": 87, "sau": 100, "syr": 97, "msa": 100}),
    ("flores", "flores200_dataset", {}, EVERY),
    ("lines", "shami-corpus/Data", {"variety": "pse"}, {"pse": 9584}),
    ("iwslt", "IWSLT2024_Levantine_Arabic_data/data/valid/txt", {}, {"syr": 1019, "eng": 1019}),
    ("tatoeba", "tatoeba/v1", {}, {"egy": 429, "eng": 429}),
    ("tatoeba", "tatoeba/v1", {"pairs": {"ara": "msa"}}, {"msa": 1000, "eng": 1000}),
    ("doda", "darija-open-dataset", {"folders": ["ongoing"]}, {"mar": 10174, "eng": 454}),
    ("habibi", "al-qasida/data_processing/monotexts/HABIBI/cleaned", {}, HABIBI),
    ("habibi", "al-qasida/data_processing/monotexts/HABIBI/arabicLyrics_cleaned.csv", {}, HABIBI),
    ("table", "ArSarcasm-v2/ArSarcasm-v2/training_data.csv", ARSARCASM, {"egy": 2675, "msa": 8562}),
    ("dial2msa", "Dial2MSA-Verified", {}, {"egy": 3227, "msa": 8382}),
    ("lines", "AOC-dialectal-annotations", {"variety": "msa", "files": ["MSA_*.norm"]}, {"msa": 40465}),
]
# fmt: on


@pytest.mark.parametrize(("reader", "path", "options", "counts"), COUNTS)
def test_row_counts(corpora, reader, path, options, counts):
    items = list(READERS[reader](corpora / path, options))
    assert not [item for item in items if isinstance(item, Reject)]
    assert Counter(item.variety for item in items) == counts


def test_madar_splits_and_groups(corpora):
    cities = {"cities": ["Cairo", "Jerusalem", "English"]}
    items = list(READERS["madar"](corpora / MADAR, cities | {"varieties": ["egy", "pse", "eng"]}))
    splits = Counter((item.variety, item.split) for item in items)
    assert [splits["pse", s] for s in ("train", "validation", "evaluation")] == [1440, 200, 200]
    assert [splits["egy", s] for s in ("train", "validation", "evaluation")] == [9540, 1200, 200]
    groups = {v: {i.group for i in items if i.variety == v} for v in ("egy", "pse", "eng")}
    assert groups["pse"] <= groups["egy"] == groups["eng"]


def test_alqasida_prompts_and_templates(corpora):
    folder = corpora / "al-qasida" / "data_processing"
    prompts = list(read_prompts(folder / "data", {}))
    assert all(isinstance(prompt, Prompt) for prompt in prompts)
    tasks = Counter((prompt.task, prompt.variety) for prompt in prompts)
    assert tasks == {("crosslingual", d): 299 for d in DIALECTS} | {
        ("monolingual", d): 78 if d == "pse" else 100 for d in DIALECTS
    }
    templates = read_templates(folder / "prompt_templates/json/dial8.json")
    assert {dialect: len(found) for dialect, found in templates.items()} == dict.fromkeys(
        DIALECTS, 24
    )


def test_recorded_scores(corpora):
    outputs = read_outputs(corpora / "al-qasida" / "llm_outputs", {})
    texts = [teacher_scores(item) for item in outputs if item.name.target in DIALECTS]
    assert len(texts) == 10_251
    scored = [SimpleNamespace(**text) for text in texts if text["aldi"] is not None]
    # The data's README counts 9,899, among them 51 translations that were not found to be Arabic.
    assert len(scored) == 9_899 - 51
    assert all(0 <= t.aldi <= 1 and 0 < t.p_country <= t.p_region + 1e-6 for t in scored)
    whole = [text for text in scored if text.countries]
    assert len(whole) == 1_373
    for text in whole:
        assert sum(text.countries) == pytest.approx(1, abs=1e-4)
        place = NADI_COUNTRIES.index(get_variety(text.variety).country)
        assert text.countries[place] == pytest.approx(text.p_country)


def test_alqasida_outputs(corpora):
    outputs = list(read_outputs(corpora / "al-qasida" / "llm_outputs", {}))
    assert all(isinstance(output, Output) and output.prompt for output in outputs)
    assert Counter((output.name.model, output.name.task) for output in outputs) == {
        ("command_r+", "translation"): 4800,
        ("gpt-4o", "translation"): 4800,
        ("gpt-4o", "monolingual"): 1978,
        ("gpt-4o", "crosslingual"): 1495,
        ("llama", "monolingual"): 1978,
    }
    translations = [output for output in outputs if output.name.task == "translation"]
    assert all(output.reference and "chrf_plus_plus" in output.scores for output in translations)


def test_preference_pairs(corpora):
    pairs = list(read_preferences(corpora / "nus-ids-amiya26" / "rl_pairs.sample.json"))
    assert len(pairs) == 40
    assert all(pair.prompt and pair.chosen and pair.rejected for pair in pairs)
