"""What the tests of reliability find, as tables of docs/reliability.md (`--write-tables`)."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workflow.conftest import demo, fresh  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
_KEPT = ROOT / ".pytest_cache" / "reliability"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-tables", action="store_true", help="write what is found into docs/reliability.md"
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(_KEPT, ignore_errors=True)


@pytest.fixture(scope="session")
def record_reliability(request) -> Callable[[str, list[list]], None]:
    """Keep rows of a table: a name, then counts, which are added up over the processes, or texts."""
    worker = getattr(request.config, "workerinput", {"workerid": "main"})["workerid"]

    def record(table: str, rows: list[list]) -> None:
        _KEPT.mkdir(parents=True, exist_ok=True)
        path = _KEPT / f"{table}.{worker}.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        path.write_text(json.dumps(known + rows, ensure_ascii=False), encoding="utf-8")

    return record


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not session.config.getoption("--write-tables"):
        return
    page = PAGE.read_text(encoding="utf-8")
    for table in {path.name.split(".")[0] for path in _KEPT.glob("*.json")}:
        paths = sorted(_KEPT.glob(f"{table}.*.json"))
        found = [row for path in paths for row in json.loads(path.read_text(encoding="utf-8"))]
        is_text = any(isinstance(cell, str) for _, *cells in found for cell in cells)
        page = _with_rows(
            page, table, [*map(_line, found)] if is_text else _counted(found), is_text
        )
    PAGE.write_text(page, encoding="utf-8")


def _line(cells: list) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _counted(found: list[list]) -> list[str]:
    """Return the lines of a table of counts, with their sums in the last one."""
    rows: dict[str, list[int]] = {}
    for name, *numbers in found:
        known = rows.setdefault(name, [0] * len(numbers))
        rows[name] = [a + b for a, b in zip(known, numbers, strict=True)]
    total = [sum(numbers) for numbers in zip(*rows.values(), strict=True)]
    return [_line([name, *rows[name]]) for name in sorted(rows)] + [_line(["all", *total])]


def _with_rows(page: str, table: str, lines: list[str], is_text: bool) -> str:
    """Return the page with the rows of a table, which stand between two marks under its head.

    Of a table of texts, rows that were not measured this time stay.
    """
    marks = re.compile(rf"(<!-- {table} -->\n(?:\|.*\n){{2}})((?:\|.*\n)*)(<!-- / -->)")
    place = marks.search(page)
    assert place, f"{PAGE}: no table between marks {table}"
    if is_text:
        known = {line.split(" | ")[0]: line for line in place[2].splitlines()}
        lines = [*(known | {line.split(" | ")[0]: line for line in lines}).values()]
    return page.replace(place[0], place[1] + "\n".join(lines) + "\n" + place[3])


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    return ROOT
