import errno
import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.journal import Journal, count_faults, row_of

LIBRARY = Path(__file__).parents[2] / "src"
ROWS = [{"n": 1, "text": "شلونك"}, {"n": 2, "text": "line\u2028inside"}]


def _python(code: str, *arguments: object) -> subprocess.Popen:
    script = f"import sys; sys.path.insert(0, {str(LIBRARY)!r})\n{textwrap.dedent(code)}"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _rows(path: Path, **how) -> list[dict]:
    rows: list[dict] = []
    Journal(path, lambda line: rows.append({**row_of(line)}), **how).close()
    return rows


def _line(start: bytes) -> bytes:
    return start + f', "crc": "{zlib.crc32(start):08x}"}}\n'.encode()


def test_rows_come_back(tmp_path: Path) -> None:
    for rows in ([], ROWS):
        assert _rows(tmp_path / "j") == rows
        with closing(Journal(tmp_path / "j", row_of)) as journal:
            journal.append(ROWS)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with closing(Journal(path, row_of)), pytest.raises(LahjaError, match="j: another process"):
        Journal(path, row_of)


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 12])
def test_an_unfinished_last_line_is_taken_away(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j"
    whole = '{"n": 1, "text": "نص"}\n'.encode()
    path.write_bytes(whole + whole[:-cut])  # a cut of 4 bytes goes through a letter
    assert _rows(path) == [{"n": 1, "text": "نص"}]
    assert path.read_bytes() == whole


def test_bytes_that_a_power_cut_left_empty_are_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"n": 1}\n' + bytes(100))
    assert _rows(path) == [{"n": 1}]


def test_a_line_that_is_whole_and_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"n": 1}\n[1]\n')
    with pytest.raises(LahjaError, match="j:2: not a JSON object"):
        _rows(path)


def test_a_line_that_is_not_as_it_was_written_is_named_or_passed_over(
    tmp_path: Path, capsys
) -> None:
    path = tmp_path / "j"
    with closing(Journal(path, row_of)) as journal:
        journal.append([{"cost": 1}, {"cost": 5}])
    path.write_bytes(path.read_bytes().replace(b"5", b"1", 1))
    with pytest.raises(LahjaError, match="j:2: not a cost"):
        _rows(path, kind="a cost")
    assert _rows(path, can_lose=True) == [{"cost": 1}]
    assert capsys.readouterr().err == f"{path}: 1 lines are damaged and count for nothing\n"


def test_lines_that_are_damaged_or_have_no_checksum_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"cost": 1}\n{"cost": "crc"}\nhalf}\n' + _line(b'{"cost": 3'))
    assert count_faults(path) == (1, 2)
    path.write_bytes(path.read_bytes().replace(b"3", b"5", 1) + b'{"cost": 9')
    assert count_faults(path) == (2, 2)


def test_a_row_is_on_disk_when_appending_returns(tmp_path, monkeypatch) -> None:
    synced = []
    monkeypatch.setattr(
        os, "fdatasync", lambda handle: synced.append(os.pread(handle, 100, 0)), raising=True
    )
    journal = Journal(tmp_path / "j", row_of)
    journal.append([{"n": 1}])
    assert synced == [_line(b'{"n": 1')]
    journal.append([{"n": 2}], durable=False)
    assert len(synced) == 1
    journal.close()


def test_where_the_disk_is_full_no_line_is_left_unfinished(tmp_path: Path) -> None:
    done = _python(
        """
        import resource
        from pathlib import Path
        from lahja.core.journal import Journal, row_of
        journal = Journal(Path(sys.argv[1]), row_of)
        journal.append([{"text": "a" * 50}])
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            journal.append([{"text": "b" * 200}])
        except OSError:
            print("full")
        """,
        tmp_path / "j",
    )
    assert done.communicate()[0] == "full\n"
    assert (tmp_path / "j").read_bytes() == _line(b'{"text": "' + b"a" * 50 + b'"')


def test_what_kill_9_leaves_is_all_that_was_said_to_be_there(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    said: list[str] = []
    for wanted in (5, 40):  # the second process goes on with what the first one left
        process = _python(
            """
            from pathlib import Path
            from lahja.generation.backend import Answer
            from lahja.generation.answering import AnswerStore
            with AnswerStore(Path(sys.argv[1])) as store:
                known = store.known(f"k{n}" for n in range(1000))
                for n in range(len(known), 10 ** 6):
                    store.add({f"k{n}": Answer(f"k{n}", "تمام" * 300, "stop", n)})
                    print(f"k{n}", flush=True)
            """,
            path,
        )
        said += [process.stdout.readline().strip() for _ in range(wanted)]
        process.send_signal(signal.SIGKILL)
        said += process.communicate()[0].split()
        found = [row["key"] for row in _rows(path)]
        assert set(said) <= set(found)
        assert found == [f"k{n}" for n in range(len(found))]
        said = found  # an answer may have been stored and not yet said


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(LahjaError, match=r"gives no locks \(Function not implemented\).*-o flock"):
        Journal(tmp_path / "j", row_of)
