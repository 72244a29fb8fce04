"""The scoring scripts by their command lines, table in and table out."""

import json
import subprocess
import sys
from pathlib import Path

from reporting_data import evaluation_prompts, predictions, scored_responses

from lahja.metrics.classification import CONFUSION
from lahja.tables import (
    CLASSIFIER_METRICS,
    COMPARISONS,
    EVALUATION_PROMPTS,
    METRICS,
    PREDICTIONS,
    SCORED,
    SENTENCE_SCORES,
    read_table,
    write_table,
)
from lahja.varieties import DIALECTS

STATISTICS = {"resamples": 50, "confidence": 0.95, "seed": 0}


def _run(root: Path, script: str, settings: dict, **options: Path | list[Path]) -> None:
    command = [sys.executable, str(root / "workflow" / "scripts" / f"{script}.py")]
    command += ["--settings", json.dumps(settings)]
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        command += [f"--{name.replace('_', '-')}", *map(str, values)]
    subprocess.run(command, check=True)


def test_from_responses_to_metrics(root: Path, tmp_path: Path) -> None:
    prompts = evaluation_prompts(3)
    is_validation = prompts["task"] == "validation"
    write_table(tmp_path / "prompts.parquet", prompts[~is_validation], EVALUATION_PROMPTS)
    write_table(tmp_path / "validation.parquet", prompts[is_validation], EVALUATION_PROMPTS)
    scores = []
    for model in ("llama", "llama+RL"):
        scored, output = tmp_path / "scored.parquet", tmp_path / f"{model}.parquet"
        write_table(scored, scored_responses(prompts, model), SCORED)
        asked = [tmp_path / "prompts.parquet", tmp_path / "validation.parquet"]
        _run(root, "score_sentences", {}, prompts=asked, scored=scored, output=output)
        assert len(read_table(output, SENTENCE_SCORES)) == len(prompts)
        scores.append(output)
    metrics, comparisons = tmp_path / "metrics.parquet", tmp_path / "comparisons.parquet"
    settings = STATISTICS | {"baselines": {"llama+RL": "llama"}}
    _run(root, "compute_metrics", settings, scores=scores, metrics=metrics, comparisons=comparisons)
    assert set(read_table(metrics, METRICS)["model"]) == {"llama", "llama+RL"}
    assert set(read_table(comparisons, COMPARISONS)["baseline"]) == {"llama"}


def test_classifiers_are_named_by_their_files(root: Path, tmp_path: Path) -> None:
    table = tmp_path / "nadi-baseline.parquet"
    write_table(table, predictions(0.8, DIALECTS), PREDICTIONS)
    metrics, confusion = tmp_path / "metrics.parquet", tmp_path / "confusion.parquet"
    _run(
        root,
        "evaluate_classifier",
        STATISTICS,
        predictions=[table],
        metrics=metrics,
        confusion=confusion,
    )
    assert set(read_table(metrics, CLASSIFIER_METRICS)["classifier"]) == {"nadi-baseline"}
    assert read_table(confusion, CONFUSION)["count"].sum() == 240
