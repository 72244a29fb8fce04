"""What makes a corpus stale, shown by dry runs after reading a small one."""

import json
import subprocess
import sys

import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

TABLE = "results/demo/data/corpora/tiny.parquet"
CORPUS = """
  tiny: {reader: lines, path: tiny, role: train, options: {variety: egy}, licence: none}
corpora_in_use:
  - tiny"""


def test_a_corpus_is_read_again_for_its_contents_alone(fresh):
    text = fresh.folder / "my corpora" / "tiny" / "a.txt"
    text.parent.mkdir(parents=True)
    text.write_text("ازيك عامل ايه\nانا كويس الحمد لله\n", encoding="utf-8")
    fresh.edit("config/demo.yaml", "\ncorpora_in_use:", CORPUS)

    def planned(folder="my corpora"):
        return {job.rule for job in fresh.planned(TABLE, "--config", f"corpora_dir={folder}")}

    options = (
        "--configfile",
        "config/demo.yaml",
        "--cores",
        "1",
        "--config",
        "corpora_dir=my corpora",
    )
    done = fresh.snakemake(*options, "--", TABLE)
    assert done.returncode == 0, done.stdout
    assert planned() == set()
    # Another licence, and the same files elsewhere.
    fresh.edit("config/demo.yaml", "licence: none}", "licence: CC0, homepage: https://a.example}")
    (fresh.folder / "theirs").mkdir()
    (fresh.folder / "theirs" / "tiny").symlink_to(text.parent)
    assert planned("theirs") == set()
    # An edit that changes no size.
    fresh.edit("my corpora/tiny/a.txt", "كويس", "تمام")
    assert planned() == {"retrieve_corpus", "ingest_corpus"}


def test_a_folder_and_files_with_any_letters_are_no_commands(fresh, expect_row):
    folder = fresh.folder / "my $(touch hit1) `touch hit2`; touch hit3 'it' \"is\" مدونتي"
    (folder / "tiny").mkdir(parents=True)
    names = ("$(touch hit4).txt", "a b'c\"d;touch hit5.txt", "-rf.txt", "ملف.txt")
    for name in names:
        (folder / "tiny" / name).write_text("ازيك عامل ايه\nانا كويس الحمد لله\n", encoding="utf-8")
    fresh.edit("config/demo.yaml", "\ncorpora_in_use:", CORPUS)
    fresh.edit(
        "config/demo.yaml",
        "\nrun: demo\n",
        f"\nrun: demo\ncorpora_dir: {json.dumps(folder.name)}\n",
    )
    done = fresh.snakemake("--configfile", "config/demo.yaml", "--cores", "1", "--", TABLE)
    assert done.returncode == 0, done.stdout
    assert not [*fresh.folder.rglob("hit*")]
    assert len(pd.read_parquet(fresh.folder / TABLE)) == 2
    looked = "read as any other; none of the commands has run"
    expect_row("folders and files of a corpus named as commands", len(names) + 1, looked)


@pytest.mark.parametrize("target", ["real", "study"])
def test_make_plans_a_run_on_a_folder_with_a_space(fresh, root, target):
    dry = f"SNAKEMAKE={sys.executable} -m snakemake --dry-run --printshellcmds"
    done = subprocess.run(
        ["make", f"--file={root}/Makefile", "--old-file=env", target, dry, "CORPORA=/x/my corpora"],
        cwd=fresh.folder, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--corpora-dir '/x/my corpora'" in done.stdout


def test_an_absent_corpus_stops_the_run_or_is_left_out_of_it(fresh):
    fresh.edit("config/demo.yaml", "\ncorpora_in_use:", CORPUS)

    def planned(*config):
        options = ("--dry-run", "--configfile", "config/demo.yaml", "--cores", "1", "-p")
        return fresh.snakemake(*options, "--config", "corpora_dir=mine", *config)

    stopping, leaving = planned(), planned("missing_corpora=leave-out")
    assert (stopping.returncode, leaving.returncode) == (0, 0), leaving.stdout
    assert "corpus=tiny" in stopping.stdout
    assert "left_out" not in stopping.stdout
    assert "tiny.parquet" not in leaving.stdout
    # The tables, the study and the report say so.
    note = "Made without 1 of 10 corpora of the configuration, whose files are absent: tiny."
    assert leaving.stdout.count(note) == 3
    refused = planned("missing_corpora=leave-out", "evaluation={translation: tiny}")
    assert refused.returncode != 0
    assert "leaves nothing of evaluation.translation: tiny are absent" in refused.stdout
