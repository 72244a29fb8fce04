"""Fixtures that several tests share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have long tests, so that no process works alone in the end."""
    long = set()
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("model") or names & {"demo", "corpora"}:
            long.add(item.path)
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def expect_row(root: Path) -> Callable[..., None]:
    """Expect a row in docs/reliability.md, so that it tells what the tests find."""
    page = (root / "docs" / "reliability.md").read_text(encoding="utf-8")

    def expect(*cells: object) -> None:
        row = f"| {' | '.join(map(str, cells))} |"
        assert f"{row}\n" in page, f"docs/reliability.md lacks: {row}"

    return expect


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; skips the test where there is none."""
    folder = Path(os.environ.get("LAHJA_CORPORA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real corpora at {folder}: set LAHJA_CORPORA to their folder")
    return folder
