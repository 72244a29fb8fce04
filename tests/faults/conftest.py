"""What the tests of reliability find, as tables of docs/reliability.md (`--write-tables`)."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workflow.conftest import demo  # noqa: F401

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
    """Keep rows of a table: texts, then counts, which are added up over the processes."""
    worker = getattr(request.config, "workerinput", {"workerid": "main"})["workerid"]

    def record(table: str, rows: list[list]) -> None:
        _KEPT.mkdir(parents=True, exist_ok=True)
        text = json.dumps(rows, ensure_ascii=False)
        (_KEPT / f"{table}.{worker}.json").write_text(text, encoding="utf-8")

    return record


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not session.config.getoption("--write-tables"):
        return
    page = PAGE.read_text(encoding="utf-8")
    for table in {path.name.split(".")[0] for path in _KEPT.glob("*.json")}:
        rows: dict[str, list[int]] = {}
        for path in sorted(_KEPT.glob(f"{table}.*.json")):
            for name, *numbers in json.loads(path.read_text(encoding="utf-8")):
                known = rows.setdefault(name, [0] * len(numbers))
                rows[name] = [a + b for a, b in zip(known, numbers, strict=True)]
        lines = [f"| {' | '.join([name, *map(str, rows[name])])} |" for name in sorted(rows)]
        total = [sum(numbers) for numbers in zip(*rows.values(), strict=True)]
        lines.append(f"| {' | '.join(['all', *map(str, total)])} |")
        page = _with_rows(page, table, lines)
    PAGE.write_text(page, encoding="utf-8")


def _with_rows(page: str, table: str, lines: list[str]) -> str:
    """Return the page with the rows of a table, which stand between two marks under its head."""
    marks = re.compile(rf"(<!-- {table} -->\n(?:\|.*\n){{2}})(?:\|.*\n)*(<!-- / -->)")
    assert marks.search(page), f"{PAGE}: no table between marks {table}"
    return marks.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], page)


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    return ROOT
