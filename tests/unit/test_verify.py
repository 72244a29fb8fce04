from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lahja.cli import verify
from lahja.cli.planning.jobs import Job
from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError
from lahja.core.files import write_json, write_text
from lahja.core.tables import DIALECTNESS, write_table
from lahja.generation.answering import AnswerStore
from lahja.generation.backend import Answer
from lahja.models.folder import write_record


@pytest.fixture
def run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with two tables, a model, a folder of tables, a store, a foreign file and a due one."""
    monkeypatch.chdir(tmp_path)
    results = Path("results/own")
    config = resolve(merge_config([root / "config" / "config.yaml"], []))
    write_json(results / "work" / "config.json", config | {"run": "own"})
    frame = pd.DataFrame({"sentence_id": [f"s{n}" for n in range(50)], "aldi": 0.5})
    for name in ("one", "two", "tables/three"):
        write_table(results / f"{name}.parquet", frame, DIALECTNESS)
    write_text(results / "models" / "T" / "weights", "1" * 50)
    write_record(results / "models" / "T", {"name": "T"})
    write_text(results / "notes.txt", "mine")
    write_text(results / ".snakemake_timestamp", "")
    with AnswerStore(results / "work" / "generations" / "g.jsonl") as store:
        store.add({"a": Answer("1", "تمام", "stop", 2)})
    made = ("one.parquet", "two.parquet", "tables", "models/T", "four.parquet")
    outputs = {name: str(results / name) for name in made}
    changed = 'Params have changed since last execution: before: {"dpo":1} now: {"dpo":2}'

    def planned(arguments: list[str]) -> list[Job]:
        assert arguments[:5] == ["--cores", "1", "--configfile", "results/own/work/config.json",
                                 "--replace-workflow-config"]  # fmt: skip
        due = {"two.parquet": changed, "four.parquet": "Missing output files"}
        names = made if "--forceall" in arguments else due
        return [
            Job(n, "rule", {}, "", 1, 0, frozenset(), due.get(name, "Forced"), (outputs[name],))
            for n, name in enumerate(names)
        ]

    monkeypatch.setattr(verify, "planned_jobs", planned)
    return results


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_run_is_told_by_artifact(run: Path, capsys) -> None:
    verify.main(run)
    assert capsys.readouterr().out.splitlines() == [
        "due       results/own/four.parquet",
        "stale     results/own/two.parquet: dpo version 1 → 2",
        "foreign   results/own/notes.txt",
        "results/own: 3 whole, 0 unchecked, 0 damaged, 1 stale, 1 foreign, 1 due",
    ]


@pytest.mark.parametrize(
    ("name", "artifact", "told"),
    [
        ("one.parquet", "one.parquet", "not a Parquet table ("),
        ("tables/three.parquet", "tables", "results/own/tables/three.parquet: not a Parquet table"),
        ("models/T/weights", "models/T", "results/own/models/T/weights: damaged (its digest"),
        ("models/T/model.json", "models/T", "results/own/models/T/model.json: damaged"),
        ("work/generations/g.jsonl", "work/generations/g.jsonl", "1 lines"),
    ],
)
def test_what_is_damaged_is_named_and_set_aside_if_asked(run, capsys, name, artifact, told) -> None:
    _flip(run / name, 20)
    for is_set_aside in (False, True):
        with pytest.raises(
            LahjaError, match=r"own: \d whole, 0 unchecked, 1 damaged, 1 stale, 1 foreign, 1 due"
        ):
            verify.main(run, set_aside=is_set_aside)
        assert f"damaged   {run / artifact}: {told}" in capsys.readouterr().out
    # A store's other lines are worth keeping, and what is damaged there is asked again.
    assert (run / f"{artifact}.damaged").exists() != artifact.endswith("jsonl")
    assert (run / artifact).exists() == artifact.endswith("jsonl")


def test_what_has_no_checksum_is_unchecked(run, capsys) -> None:
    pq.write_table(pa.table({"sentence_id": ["a"]}), run / "one.parquet")
    # As of a language identifier, which had no record.
    (run / "models" / "T" / "model.json").unlink()
    write_text(run / "models" / "T" / "model.bin", "1")
    write_text(run / "work" / "generations" / "g.jsonl", '{"key": "a"}\n')
    verify.main(run)
    told = "no checksum (of an older lahja, or of others)"
    assert capsys.readouterr().out.splitlines() == [
        "due       results/own/four.parquet",
        f"unchecked results/own/models/T: {told}",
        f"unchecked results/own/one.parquet: {told}",
        "stale     results/own/two.parquet: dpo version 1 → 2",
        f"unchecked results/own/work/generations/g.jsonl: 1 lines have {told}",
        "foreign   results/own/notes.txt",
        "results/own: 1 whole, 3 unchecked, 0 damaged, 1 stale, 1 foreign, 1 due",
    ]


def test_where_there_is_no_run_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match=r"no run there, for .*work/config\.json of its start"):
        verify.main(tmp_path)
