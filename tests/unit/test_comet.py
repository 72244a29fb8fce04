"""COMET without its package: what is refused, and what its scores give. (tests/comet runs it.)"""

from pathlib import Path

import pandas as pd
import pytest
from reporting_run import sentence_scores
from test_parameters import run_of

from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling
from lahja.core.tables import EVALUATION_PROMPTS, RESPONSES, empty_table
from lahja.evaluation.comet import add_comet, score_comet
from lahja.evaluation.metrics.evaluation import (
    comparisons_table,
    evaluate_model,
    metric_signatures,
    metrics_table,
)
from lahja.evaluation.metrics.slices import ALL, MEAN, Slice
from lahja.report.tables import answer_tables
from lahja.scoring.translation import load_spbleu

PARTS = ("hparams.yaml", "checkpoints/model.ckpt")


@pytest.mark.parametrize("there", [0, 1, 2])
def test_a_checkpoint_is_whole_and_the_package_there(tmp_path: Path, there: int):
    for part in PARTS[:there]:
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).touch()
    told = [rf"{part}: no such file; expected a checkpoint of COMET" for part in PARTS]
    told.append(r"has none: build one with `make comet-env`, or name one as `evaluation\.comet\.py")
    empty = empty_table(EVALUATION_PROMPTS), {"m": empty_table(RESPONSES)}
    with pytest.raises(LahjaError, match=told[there]):
        score_comet(*empty, tmp_path, "tiny", 16)


def test_comet_has_means_intervals_and_paired_tests_of_translations_alone():
    tables = sentence_scores(["start", "tuned"], 3)
    scored = []
    for table, better in zip(tables, (0.0, 0.25), strict=True):
        own = table[table["task"] == "translation"].iloc[::-1]
        values = [0.5 + better + 0.01 * (n % 4) for n in range(len(own))]
        scored.append(own[["prompt_id", "model"]].assign(comet=values))
    found = pd.concat(scored)
    resampling, spbleu = Resampling(50, 1), load_spbleu(None)
    models = {
        name: evaluate_model(add_comet(table, found), resampling, spbleu)
        for name, table in zip(("start", "tuned"), tables, strict=True)
    }
    into = Slice("translation", ALL, "eng", MEAN)
    low, high = models["start"].get(into, "comet").interval(0.95)
    assert 0.5 <= low < models["start"].get(into, "comet").value < high <= 0.53
    others = [part for part in models["start"].scores if part.task != "translation"]
    assert others
    assert all("comet" not in models["start"].scores[part] for part in others)
    pairs = comparisons_table(models, {"tuned": "start"}, 0.95)
    changes = pairs.loc[pairs["metric"] == "comet", ["difference", "low", "high"]]
    assert len(changes)
    assert changes.to_numpy() == pytest.approx(0.25)
    # Each score is its own prompt's, whatever the order.
    first = add_comet(tables[0], found)
    assert (
        first.set_index("prompt_id")["comet"]
        .dropna()
        .equals(scored[0].set_index("prompt_id")["comet"].iloc[::-1])
    )
    known = metric_signatures(spbleu, "d", resampling, comet="comet:tiny|version:2|precision:fp32")
    assert known["comet"].startswith("comet:tiny|version:2|precision:fp32|bs:50|")
    _, table = answer_tables(metrics_table(models.values(), 0.95, known), ["start", "tuned"])
    assert table.name == "comet"
    assert "comet:tiny" in table.notes[0]
    assert (table.rows["mean"].diff().iloc[1]) == pytest.approx(0.25)


def test_without_comet_nothing_of_it_is_there():
    (scores,) = sentence_scores(["m"], 3)
    found = evaluate_model(scores, Resampling(50, 1), load_spbleu(None))
    assert not [part for part, own in found.scores.items() if "comet" in own]
    assert len(answer_tables(metrics_table([found], 0.95, {}), ["m"])) == 1


def test_comet_has_an_environment_of_its_own_unless_one_is_named(root: Path, tmp_path: Path):
    off = run_of(root, "demo")[2]
    assert (off.comet, off.environment_lock()) == ([], [])
    named = {"checkpoint": "Unbabel/wmt22-comet-da"}
    paths = run_of(root, "demo", evaluation={"comet": named})[2]
    assert paths.comet == ["results/hub/Unbabel--wmt22-comet-da"]
    assert paths.hub[paths.comet[0]] == ("model", "Unbabel/wmt22-comet-da", None)
    assert paths.environment_lock() == ["envs/comet.txt"]
    assert paths.environment("comet") == ["results/environments/comet"]
    assert paths.interpreter("comet") == "results/environments/comet/bin/python"
    own = named | {"python": "python3", "checkpoint": str(tmp_path / "none")}
    with pytest.raises(LahjaError, match=r"evaluation\.comet\.checkpoint: no folder /.*none"):
        run_of(root, "demo", evaluation={"comet": own})
    own = own | {"checkpoint": str(tmp_path)}
    paths = run_of(root, "demo", evaluation={"comet": own})[2]
    assert (paths.environment("comet"), paths.interpreter("comet")) == ([], "python3")
    with pytest.raises(
        LahjaError, match=r"evaluation\.comet\.python: no interpreter at /no/python"
    ):
        run_of(root, "demo", evaluation={"comet": named | {"python": "/no/python"}})
    with pytest.raises(LahjaError, match=r"evaluation\.comet\.checkpoint: missing"):
        run_of(root, "demo", evaluation={"comet": {"batch": 2}})
