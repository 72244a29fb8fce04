import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import (
    atomic_path,
    digest_of_folder,
    read_json,
    read_yaml,
    write_json,
    write_jsonl,
    write_text,
)


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with pytest.raises(ValueError, match="broken"), atomic_path(path) as draft:
        draft.write_text("half")
        raise ValueError("broken")
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "model"
    for content in ("one", "two"):
        with atomic_path(folder) as draft:
            draft.mkdir()
            (draft / content).write_text(content)
    assert [entry.name for entry in folder.iterdir()] == ["two"]


def test_json_keeps_arabic_letters(tmp_path):
    write_json(tmp_path / "a.json", {"نص": "إزيك"})
    assert "إزيك" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"نص": "إزيك"}
    write_jsonl(tmp_path / "a.jsonl", [{"n": 1}, {"n": 2}])
    assert (tmp_path / "a.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(LahjaError, match=r"a\.json: not UTF-8 JSON"):
        read_json(path)
    with pytest.raises(LahjaError, match="no such file"):
        read_json(tmp_path / "b.json")


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\x00"])
def test_a_broken_yaml_file_is_named(tmp_path, content):
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(LahjaError, match=r"a\.yaml: not YAML"):
        read_yaml(path)
    with pytest.raises(LahjaError, match="no such file"):
        read_yaml(tmp_path / "b.yaml")
    path.write_text("a: {b: إزيك}", encoding="utf-8")
    assert read_yaml(path) == {"a": {"b": "إزيك"}}


def test_a_folders_digest_hangs_on_names_and_bytes(tmp_path):
    (tmp_path / "a").write_text("x")
    before = digest_of_folder(tmp_path)
    (tmp_path / "a").touch()
    assert digest_of_folder(tmp_path) == before
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest_of_folder(tmp_path) != before
