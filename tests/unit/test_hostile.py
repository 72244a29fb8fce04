"""Hostile input ends as data, as a counted reject, or as one clear error; soon, and in little memory."""

import io
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hostile import GOOD, TEXTS, Case, archives, bodies, files, parquet, parquet_bomb

from lahja.core.artifacts import Column, Table, read_artifact, write_artifact
from lahja.core.config.evaluation import Gates
from lahja.core.errors import DamagedError, LahjaError
from lahja.core.parquet import read_parquet
from lahja.core.tables import CORPUS, REJECTS, write_table
from lahja.corpora.ingest import ingest_corpus, read_ready_prompts
from lahja.corpora.readers import PROMPT_READERS, READERS, Reject, read_outputs, read_preferences
from lahja.corpora.retrieval import retrieve_corpus
from lahja.evaluation.human.ratings import read_sheet
from lahja.generation.server import UnusableReply, read_answer, read_json, read_usage
from lahja.preferences.gates.audit import audit_pairs

SECONDS = 20
Outcome = str
DATA, REJECTED, ERROR = "data", "counted reject", "one error"


@contextmanager
def in_time(seconds: int = SECONDS) -> Iterator[None]:
    """Fail where the block takes too long; the handler runs between two steps of Python."""

    def stop(*_: object) -> None:
        raise AssertionError(f"takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(act: Callable[[], Outcome]) -> Outcome:
    """Return what an act ends as; anything but one line of error is raised."""
    try:
        with in_time():
            return act()
    except LahjaError as error:
        told = str(error)
        assert told.strip() and len(told) < 5000, told[:300]
        assert not {"\n", "\x1b", "\u202e"} & {*told}, told[:300]
        return ERROR


def read(case: Case, folder: Path) -> Outcome:
    """Return what becomes of a file of a corpus; the good row in it must not be worse off."""
    path = folder / case.name
    path.write_bytes(case.content)
    entry = {"reader": case.reader, "access": "local", "path": ".", "options": case.options}
    if case.reader in READERS:
        kept, refused = ingest_corpus("c", entry, folder, 1, 200)
        write_table(folder / "kept.out", kept.to_pandas(), CORPUS)
        write_table(folder / "refused.out", refused.to_pandas(), REJECTS)
        assert not kept["text"].str.contains("[\x00-\x1f\u202a-\u202e\u2066-\u2069]").any()
        assert kept["text"].str.len_chars().max() <= 100_000
        return REJECTED if len(refused) else DATA
    if case.reader in PROMPT_READERS:
        assert read_ready_prompts(folder, entry)
        items = list(PROMPT_READERS[case.reader](folder, case.options))
    elif case.reader == "preferences":
        items = list(read_preferences(path))
        pairs = [item for item in items if not isinstance(item, Reject)]
        audit_pairs(pairs, Gates())
    else:
        items = list(read_outputs(path, case.options))
    for value in (value for item in items for value in item):
        str(value).encode()
    return REJECTED if any(isinstance(item, Reject) for item in items) else DATA


def unpack(name: str, content: bytes, folder: Path) -> Outcome:
    """Return what becomes of an archive, of which at most the good file comes out."""
    (folder / "from").mkdir()
    archive, output = folder / "from" / name, folder / "to" / "c"
    archive.write_bytes(content)
    secret = folder / "secret"
    secret.write_text("secret")
    entry = {"access": "download", "url": f"file://{archive}", "path": ".", "files": [],
             "homepage": "", "licence": "", "max_gib": 4 / 2**10}  # fmt: skip
    try:
        retrieve_corpus("c", entry, folder / "corpora", folder / "lock.json", output)
    finally:
        found = {file for file in folder.rglob("*") if not file.is_dir() or file.is_symlink()}
        assert {file for file in found if output not in file.parents} <= {
            archive, secret, output.with_name("c.download.json")
        }  # fmt: skip
        assert not any(map(Path.is_symlink, found))
        assert secret.read_text() == "secret"
    assert (output / "a.txt").read_text() == GOOD
    return DATA


def reply(body: bytes) -> Outcome:
    """Return what becomes of a body of HTTP 200; what is no answer is asked for again."""
    try:
        parsed = read_json(body)
        found, usage = read_answer("id", parsed), read_usage(parsed)
    except UnusableReply as error:
        str(error).encode(errors="surrogatepass")
        return REJECTED
    f"{found.text}{found.finish_reason}".encode()
    assert found.text is None or isinstance(found.text, str)
    assert usage is None or min(usage) >= 0
    assert len(found.finish_reason) <= 40
    return DATA


CASES = {
    kind: [case for case in files() if case.kind == kind]
    for kind in dict.fromkeys(case.kind for case in files())
}


ARCHIVES = [*archives()]


def test_there_are_many():
    assert sum(map(len, CASES.values())) + len(ARCHIVES) + len([*bodies()]) > 900


@pytest.mark.parametrize("kind", CASES)
def test_a_file_ends_as_data_rejects_or_one_error(kind, tmp_path, expect_row):
    found = Counter()
    for number, case in enumerate(CASES[kind]):
        (folder := tmp_path / str(number)).mkdir()
        found[outcome(lambda case=case, to=folder: read(case, to))] += 1
    expect_row(kind, found.total(), *(found[each] for each in (DATA, REJECTED, ERROR)))


@pytest.mark.parametrize("kind", dict.fromkeys(kind for kind, *_ in ARCHIVES))
def test_an_archive_gives_what_is_good_in_it_or_one_error(kind, tmp_path, expect_row):
    found = Counter()
    for number, (_, name, content) in enumerate(case for case in ARCHIVES if case[0] == kind):
        (folder := tmp_path / str(number)).mkdir()
        found[outcome(lambda it=(name, content, folder): unpack(*it))] += 1
    assert not found[DATA] or kind in ("archives with links", "archives with paths elsewhere")
    expect_row(kind, found.total(), *(found[each] for each in (DATA, REJECTED, ERROR)))


def test_a_body_is_an_answer_or_is_asked_for_again(expect_row):
    found = Counter(outcome(lambda body=body: reply(body)) for body in bodies())
    assert found[DATA] > 50 and found[REJECTED] > 100 and found[ERROR] == 0
    row = (found.total(), found[DATA], found[REJECTED], 0)
    expect_row("replies of HTTP 200 (a reject is asked for again)", *row)


READ_BOMBS = """
import resource, sys
from pathlib import Path
from lahja.core.errors import LahjaError
from lahja.corpora.ingest import ingest_corpus

entry = {"reader": "table", "access": "local", "path": ".", "options": {"variety": "egy"}}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for folder in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print("read", ingest_corpus("c", entry, folder, 1, 200))
    except LahjaError as error:
        print(str(error).partition("parquet: ")[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_parquet_bomb_is_one_error_in_little_memory(tmp_path, expect_row):
    for name in ("a list of nothing", "one long text, repeated", "one text", "rows without end"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.parquet").write_bytes(parquet_bomb(name))
        assert (tmp_path / name / "a.parquet").stat().st_size < 1 << 16
    told = subprocess.run(
        [sys.executable, "-c", READ_BOMBS, tmp_path], capture_output=True, text=True, timeout=120
    )
    assert told.stderr == ""
    *lines, kibibytes = told.stdout.splitlines()
    expected = ("20000000 values", "texts of ", "1 values of 300000", "5000000 values")
    assert len(lines) == len(expected)
    assert all(part in line for part, line in zip(expected, lines, strict=True)), lines
    assert int(kibibytes) < 1 << 19
    expect_row("Parquet bombs, under 512 MiB of memory", len(lines), 0, 0, len(lines))


def test_a_loop_of_links_is_walked_once(tmp_path):
    folder = tmp_path / "corpora" / "c"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(GOOD)
    (folder / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "none.txt").symlink_to("absent")
    entry = {"access": "local", "path": "c", "files": []}
    with in_time():
        retrieve_corpus("c", entry, folder.parent, tmp_path / "lock", tmp_path / "to")
    assert [file.name for file in (tmp_path / "to").rglob("*")] == ["a.txt"]


def test_a_lack_of_memory_is_no_damage(tmp_path, monkeypatch):
    """A damaged input is set aside, and made anew."""
    (tmp_path / "a.parquet").write_bytes(parquet({"text": [GOOD]}))

    def refuse(*_, **__):
        raise MemoryError("malloc of size 99 failed")

    monkeypatch.setattr("pyarrow.parquet.read_table", refuse)
    with pytest.raises(LahjaError, match="needs more memory than there is") as told:
        read_parquet(tmp_path / "a.parquet")
    assert not isinstance(told.value, DamagedError)


@pytest.mark.parametrize("url", ["http://other.example/a.txt", "ftp://other.example/a.txt"])
def test_a_download_does_not_follow_to_an_address_without_tls(url, tmp_path, monkeypatch):
    answer = io.BytesIO(GOOD.encode())
    answer.url = url
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: answer)
    entry = {"access": "download", "url": "https://a.example/a.txt", "path": ".", "files": [],
             "max_gib": 1, "homepage": "", "licence": ""}  # fmt: skip
    with pytest.raises(LahjaError, match="leads to an address without TLS"):
        retrieve_corpus("c", entry, tmp_path, tmp_path / "lock", tmp_path / "to")


def test_a_workbook_is_no_larger_than_it_may_be(tmp_path, expect_row):
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = "far"
    book.save(tmp_path / "far.xlsx")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(300 << 20))
    for name, told in (("far", "has 1048576 rows, 16384"), ("bomb", "to more than 256 MiB")):
        with in_time(), pytest.raises(LahjaError, match=told):
            read_sheet(tmp_path / f"{name}.xlsx")
    expect_row("workbooks", 2, 0, 0, 2)


def test_a_table_has_no_formulas_in_csv_and_its_texts_in_parquet(tmp_path, expect_row):
    texts = [*TEXTS.values(), None, "plain", "'quoted"]
    numbers = [-1.5] * len(texts)
    frame = pd.DataFrame({"text": texts, "change": numbers, "kind": pd.Categorical(texts)})
    write_artifact(Table("t", "", [Column("text", "Text")], frame), tmp_path)
    assert [*read_artifact(tmp_path / "t.parquet").rows["text"].dropna()] == texts[:-3] + texts[-2:]
    written = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False, lineterminator="\n")
    starts = {text.lstrip()[:1] for text in (*written["text"], *written["kind"])}
    assert not starts & {"=", "+", "-", "@", "＝"}
    assert {"'", "p"} < starts
    assert {*written["change"]} == {"-1.5"}
    looked = "the CSV of a report's table: none begins as a formula; its Parquet keeps them"
    expect_row("texts that are formulas, commands, HTML", len(TEXTS), looked)
