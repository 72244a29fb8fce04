"""A sixth dialect by data: one file in resources/varieties, one line of config, and its corpora."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import copy_checkout
from tests.workflow.tunisian import (
    HERE,
    add_tunisian,
    dialect_server,
    known_in_this_process,
    write_checkpoints,
    write_corpora,
)

pytestmark = pytest.mark.workflow

FIVE = ["egy", "mar", "pse", "sau", "syr"]
# What a run of five makes and a sixth dialect must leave as it is, and the column of the dialect.
TABLES = {
    "data/corpora/own-madar.parquet": "variety",
    "data/corpora/own-flores.parquet": "variety",
    "data/sentences.parquet": "variety",
    "data/parallel.parquet": "variety",
    "data/samples.parquet": "variety",
    "prompts/prompts.parquet": "dialect",
    "generations/writer.parquet": None,
    "generations/standard.parquet": None,
    "evaluation/prompts.parquet": None,
}
# Corpora that hold Tunisian now, and of those the ones that are read in the dialects of the run.
# The corpus of MSA alone has neither.
EXTENDED = {"own-madar", "own-nadi", "own-flores", "own-templates", "own-ready"}
READ = {"own-madar", "own-nadi", "own-flores"}


@dataclass(frozen=True)
class Extended:
    """A run of five dialects, and what came of it when Tunisian was added."""

    results: Path
    before: dict[str, pd.DataFrame]
    planned_for_the_file_alone: str
    planned: set[str]
    asked_before: dict[str, int]
    asked: dict[str, int]


def read(results: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(results / name) for name in TABLES}


def jobs(shown: str) -> set[str]:
    """Return rule and wildcards of each job that a dry run shows."""
    blocks = re.split(r"\n(?=(?:local)?rule \w+:)", shown)[1:]
    names = [re.match(r"(?:local)?rule (\w+):", block)[1] for block in blocks]
    wildcards = [re.search(r"wildcards: (.*)", block) for block in blocks]
    return {f"{n} {w[1]}" if w else n for n, w in zip(names, wildcards, strict=True)}


@pytest.fixture(scope="module")
def extended(root, tmp_path_factory):
    checkout = copy_checkout(root, tmp_path_factory.mktemp("tunisian"))
    folder = checkout.folder
    results = folder / "results" / "small"
    corpora, six = folder / "corpora", folder / "six"
    write_corpora(corpora)
    shutil.copytree(corpora, six)
    add_tunisian(six)
    with known_in_this_process():
        write_checkpoints(six, folder / "tiny")
    sentences = pd.read_parquet(folder / "tiny" / "sentences.parquet")
    with (
        pytest.MonkeyPatch.context() as patch,
        dialect_server(results / "prompts" / "prompts.parquet", sentences) as server,
    ):
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("SERVER_KEY", "key")
        # The checkout's own library, not the one that runs this test.
        patch.setenv("PYTHONPATH", str(folder / "src"))
        config = (HERE / "config.yaml").read_text(encoding="utf-8")
        config = config.replace("127.0.0.1:1/", f"127.0.0.1:{server.server_port}/")
        (folder / "small.yaml").write_text(config, encoding="utf-8")

        def run(*arguments: str, dialects: list[str] = FIVE) -> str:
            further = {"dialects": dialects, "corpora_dir": "corpora"}
            (folder / "further.yaml").write_text(json.dumps(further), encoding="utf-8")
            configs = ("--configfile", "small.yaml", "further.yaml")
            done = checkout.snakemake(*arguments, *configs, "--cores", "2", timeout=900)
            assert done.returncode == 0, done.stdout[-6000:]
            return done.stdout

        run(*(f"results/small/{name}" for name in TABLES))
        before, asked_before = read(results), dict(server.asked)
        server.asked.clear()

        shutil.copy(HERE / "tun.yaml", folder / "resources" / "varieties")
        checkout.edit("resources/varieties/egy.yaml", "  words: >-", "  words: >-\n    بقى")
        file_alone = run("--dry-run", *(f"results/small/{name}" for name in TABLES))
        shutil.copytree(six, corpora, dirs_exist_ok=True)
        planned = jobs(run("--dry-run", dialects=[*FIVE, "tun"]))
        run("results/small/report/index.html", dialects=[*FIVE, "tun"])
        return Extended(results, before, file_alone, planned, asked_before, dict(server.asked))


def test_the_file_of_a_dialect_that_no_run_uses_and_a_marker_word_rerun_nothing(extended):
    assert "Nothing to be done" in extended.planned_for_the_file_alone


def test_only_corpora_that_hold_the_dialect_are_read_again(extended):
    found = {job for job in extended.planned if "_corpus " in job}
    assert found == {
        *(f"retrieve_corpus corpus={name}" for name in EXTENDED),
        *(f"ingest_corpus corpus={name}" for name in READ),
    }


def test_what_the_five_had_is_unchanged(extended):
    after = read(extended.results)
    for name, column in TABLES.items():
        before, found = extended.before[name], after[name]
        assert len(found) > len(before), name
        if column:
            kept = found[found[column] != "tun"]
        else:
            key = "prompt_id"
            kept = found[found[key].isin(before[key])]
        pd.testing.assert_frame_equal(
            kept.reset_index(drop=True), before.reset_index(drop=True), obj=name
        )


def test_only_tunisian_prompts_are_asked(extended):
    assert set(extended.asked_before) == set(FIVE)
    prompts = pd.read_parquet(extended.results / "prompts" / "prompts.parquet")
    assert extended.asked == {"tun": 2 * (prompts["dialect"] == "tun").sum()}


def test_tunisian_goes_all_the_way_to_the_report(extended):
    results = extended.results
    classifier = pd.read_parquet(results / "classifier" / "metrics.parquet")
    f1 = classifier[classifier["classifier"] == "dialect-classifier"].set_index("variety")["value"]
    assert f1["tun"] > 0.2
    pairs = pd.read_parquet(results / "preferences" / "dialect-only" / "train.parquet")
    assert "tun" in set(pairs["dialect"])
    metrics = pd.read_parquet(results / "evaluation" / "metrics.parquet")
    into = metrics[metrics["target_variety"] == "tun"]
    assert {"translation", "monolingual", "crosslingual"} <= set(into["task"])
    assert into.loc[into["metric"] == "chrf_plus_plus", "value"].notna().any()
    table = pd.read_csv(results / "tables" / "classifier.csv")
    assert {"egy", "tun", "msa"} <= set(table)
    figure = pd.read_parquet(results / "figures" / "figure4.parquet")
    assert "tun" in set(figure["variety"])
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    assert "Tunisian" in page
