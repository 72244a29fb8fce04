"""Retrieval: links to what is there, downloads, and one line on how to get the rest."""

import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import huggingface_hub
import pytest

from lahja.data.hub import resolve_commit
from lahja.data.retrieval import CorpusSource, download_address, retrieve_corpus, retrieve_model
from lahja.errors import LahjaError
from lahja.files import read_json, write_json

COMMIT = "a" * 40
OTHER = "b" * 40


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
    retrieve_corpus(CorpusSource.of(name, corpus), corpora_dir, lock, output)
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
    }
    with pytest.raises(LahjaError) as caught:
        retrieve(corpora_dir, **corpus)
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in ("https://a.example/m", "*.tsv", str(corpora_dir / "m")))
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
    with pytest.raises(LahjaError, match=r"corpora\.demo\.access: 'demo' is not retrieved"):
        retrieve(corpora_dir, access="demo")


def test_archives_cannot_write_elsewhere(corpora_dir):
    archive = corpora_dir / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(corpora_dir / "c/one.txt", arcname="../../escaped.txt")
    with pytest.raises(LahjaError, match="is not a sound archive"):
        retrieve(corpora_dir, access="download", url=f"file://{archive}")


def test_github_repositories_come_as_archives_of_a_commit():
    source = CorpusSource.of("q", {"url": "https://github.com/org/name", "revision": COMMIT})
    assert download_address(source) == f"https://github.com/org/name/archive/{COMMIT}.tar.gz"
    with pytest.raises(LahjaError, match=r"corpora\.q\.revision: expected the commit"):
        download_address(CorpusSource.of("q", {"url": "https://github.com/org/name"}))


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
    resolve_commit("model", "org/a", lock, "main")
    assert hub.n_asked == 2
    assert list(read_json(lock)) == ["datasets/org/z", "models/org/a@main"]
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
