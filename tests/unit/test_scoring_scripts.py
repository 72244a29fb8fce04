"""The scoring scripts by their command lines, table in and table out."""

import importlib
import json
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import evaluation_prompts, predictions, scored_responses

from lahja.core.command import run
from lahja.core.errors import LahjaError
from lahja.core.files import write_json
from lahja.core.tables import (
    CLASSIFIER_METRICS,
    COMPARISONS,
    CONFUSION,
    CORPUS,
    EVALUATION_PROMPTS,
    METRICS,
    PARALLEL,
    PREDICTIONS,
    SCORED,
    SENTENCE_SCORES,
    read_table,
    write_table,
)
from lahja.core.varieties import VARIETIES, dialects_among
from lahja.evaluation.sentence_scores import read_scores

DIALECTS = dialects_among(VARIETIES)

STATISTICS = {"resamples": 50, "confidence": 0.95, "seed": 0}


def _run(script: str, settings: dict, **options: Path | list[Path]) -> None:
    arguments = ["--settings", json.dumps(settings)]
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        arguments += [f"--{name.replace('_', '-')}", *map(str, values)]
    run(importlib.import_module(script).main, arguments)


def test_evaluation_prompts_come_from_corpora_and_from_the_validation_split(tmp_path: Path) -> None:
    texts = {"egy": "إزيك", "msa": "كيف حالك", "eng": "How are you?"}
    corpus, pairs = tmp_path / "flores.parquet", tmp_path / "parallel.parquet"
    rows = [
        dict.fromkeys(CORPUS.names) | {"group_id": "1", "corpus": "flores", "variety": v, "text": t}
        for v, t in texts.items()
    ]
    write_table(corpus, pd.DataFrame(rows), CORPUS)
    pair = {"pair_id": "1", "group_id": "1", "corpus": "madar", "split": "validation"}
    pair |= {"variety": "egy", "text": "رايح فين", "msa": "إلى أين", "eng": "Where to?"}
    pair |= {"msa_origin": "corpus", "eng_origin": "corpus"}
    row = dict.fromkeys(PARALLEL.names) | pair
    write_table(pairs, pd.DataFrame([row]), PARALLEL)
    settings = {"dialects": ["egy"], "roles": {"flores": "evaluation"}, "ready": [], "seed": 0}
    settings |= {"per_direction": 2, "per_dialect": None, "validation_translation": 3}
    settings |= {"protocol": "lahja"}
    for given, tasks in ((pairs, {"translation", "validation_translation"}), ([], {"translation"})):
        output = tmp_path / "prompts.parquet"
        _run("build_evaluation_prompts", settings,
            corpora=corpus, ready=[], parallel=given, output=output,
        )  # fmt: skip
        found = read_table(output, EVALUATION_PROMPTS)
        assert found["task"].value_counts().to_dict() == dict.fromkeys(tasks, 4)


def test_examples_come_from_training_pairs_and_a_file(tmp_path: Path) -> None:
    prompts, pairs = tmp_path / "prompts.parquet", tmp_path / "parallel.parquet"
    asked = dict.fromkeys(EVALUATION_PROMPTS.names) | {"task": "monolingual", "prompt": "قول"}
    asked = pd.DataFrame([asked | {"target_variety": "egy"}])
    write_table(prompts, asked, EVALUATION_PROMPTS)
    pair = dict.fromkeys(PARALLEL.names) | {"pair_id": "1", "group_id": "1", "split": "train"}
    pair |= {"variety": "egy", "text": "رايح فين", "msa": "إلى أين", "eng": "Where to?"}
    pair |= {"msa_origin": "corpus", "eng_origin": "corpus", "corpus": "madar"}
    write_table(pairs, pd.DataFrame([pair]), PARALLEL)
    shots = {"monolingual": {"egy": "Q: عامل إيه؟\nA: تمام\n\nQ: "}}
    write_json(tmp_path / "raw" / "shots.json", shots)
    settings = {"dialects": ["egy"], "seed": 0, "corpus": {"access": "local", "path": "shots.json"}}
    settings |= {"translation": 1, "monolingual": 1, "crosslingual": 0}
    output = tmp_path / "few_shot.parquet"
    options = {"parallel": pairs, "corpus": tmp_path / "raw", "output": output}
    _run("draw_few_shot", settings, prompts=prompts, **options)
    found = read_table(output, EVALUATION_PROMPTS)
    assert found["task"].tolist() == [*["translation"] * 4, "monolingual"]
    assert found["reference"].tolist() == ["رايح فين", "Where to?", "رايح فين", "إلى أين", "تمام"]
    assert found["source_variety"].tolist() == ["eng", "egy", "msa", "egy", None]


def test_from_responses_to_metrics(tmp_path: Path) -> None:
    prompts = evaluation_prompts(3)
    is_validation = prompts["task"] == "validation"
    write_table(tmp_path / "prompts.parquet", prompts[~is_validation], EVALUATION_PROMPTS)
    write_table(tmp_path / "validation.parquet", prompts[is_validation], EVALUATION_PROMPTS)
    scored = [tmp_path / "llama+RL.parquet", tmp_path / "llama.parquet"]
    for path in scored:
        write_table(path, scored_responses(prompts, path.stem), SCORED)
    asked = [tmp_path / "prompts.parquet", tmp_path / "validation.parquet"]
    scores = tmp_path / "scores.parquet"
    _run("score_sentences", {}, prompts=asked, scored=scored, output=scores)
    assert len(read_table(scores, SENTENCE_SCORES)) == 2 * len(prompts)
    assert [table["model"].iloc[0] for table in read_scores(scores)] == ["llama+RL", "llama"]
    (own,) = read_scores(scores, ["llama"])
    assert set(own["model"]) == {"llama"}
    with pytest.raises(LahjaError, match=r"scores\.parquet: no scores of qwen; it has llama\+RL"):
        read_scores(scores, ["qwen"])
    metrics, comparisons = tmp_path / "metrics.parquet", tmp_path / "comparisons.parquet"
    settings = STATISTICS | {"baselines": {"llama+RL": "llama"}, "precision": "fp32"}
    scorers = {name: tmp_path / name for name in ("aldi", "country", "language")}
    for name, folder in scorers.items():
        write_json(
            folder / "model.json", {"repo": f"VARabi/{name}", "revision": "0123456789abcdef"}
        )
    _run("compute_metrics", settings,
        scores=scores, **scorers, metrics=metrics, comparisons=comparisons,
    )  # fmt: skip
    found = read_table(metrics, METRICS)
    assert set(found["model"]) == {"llama", "llama+RL"}
    assert set(found[found["metric"] == "adi2"]["signature"]) == {
        "aldi:VARabi/aldi@0123456789ab+country:VARabi/country@0123456789ab"
        "+language:VARabi/language@0123456789ab|precision:fp32|bs:50|seed:0"
    }
    assert set(read_table(comparisons, COMPARISONS)["baseline"]) == {"llama"}


def test_classifiers_are_named_by_their_files(tmp_path: Path) -> None:
    table = tmp_path / "nadi-baseline.parquet"
    write_table(table, predictions(0.8, DIALECTS), PREDICTIONS)
    metrics, confusion = tmp_path / "metrics.parquet", tmp_path / "confusion.parquet"
    _run(
        "evaluate_classifier",
        STATISTICS,
        predictions=[table],
        metrics=metrics,
        confusion=confusion,
    )
    assert set(read_table(metrics, CLASSIFIER_METRICS)["classifier"]) == {"nadi-baseline"}
    assert read_table(confusion, CONFUSION)["count"].sum() == 240
