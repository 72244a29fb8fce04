"""Runs to disturb, and what is found as tables of docs/reliability.md (`--write-tables`)."""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from generation_job import write_prompts
from misbehaving_server import Misbehaviour, Server, misbehaving_server

from tests.conftest import ROOT
from tests.faults.harness import RESULTS, RUN, Disturbed
from tests.workflow.conftest import DEMO, copy_checkout, demo, fresh  # noqa: F401

PAGE = ROOT / "docs" / "reliability.md"
_KEPT = ROOT / ".pytest_cache" / "reliability"
SEED = int(os.environ.get("LAHJA_FAULTS_SEED", "20"))
N_PROMPTS, N_UNDER_WAY = 200, 4
_SENTENCES = ["ازيك عامل ايه", "انا كويس الحمد لله", "عايز اروح السوق بكرة", "الجو حر النهارده"]
# The rules that need no model.
_LIGHT = ("data/sentences.parquet", "prompts/directions.30.parquet")
# What the demo has no job of, as small as may be.
_MORE = """
datasets:
  of-label: {kind: preferences, select: label, policy: llama-T, samples: 2}
  of-mbr: {kind: mbr, policy: llama-T, samples: 2, per_direction: 2, sources: monolingual}
models:
  llama-T+label: {from: llama-T, train: dpo, on: of-label, evaluate: false}
  llama-T+mbr: {from: llama-T, train: sft, on: of-mbr, evaluate: false}
  llama-T+half: {merge: {llama-T: 0.5, llama-T+RL: 0.5}}
  llama-T-MBR: {from: llama-T, decoding: mbr, settings: {samples: 2}}
"""


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
    if hasattr(session.config, "workerinput") or not session.config.getoption(
        "--write-tables", False
    ):
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
def faults(record_reliability) -> Iterator[Counter]:
    """How many faults of each kind there were, and how many the run survived."""
    counts: Counter[tuple[str, str]] = Counter()
    yield counts
    kinds = dict.fromkeys(kind for kind, _ in counts)
    record_reliability("faults", [[k, counts[k, "all"], counts[k, "survived"]] for k in kinds])


@pytest.fixture(scope="session")
def run(demo, tmp_path_factory) -> Disturbed:  # noqa: F811
    """The demo with more kinds of models and data, to disturb."""
    folder = tmp_path_factory.getbasetemp()
    # Of the processes that share the tests one makes it.
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(shared / "more.lock"):
        if not (shared / "more").exists():
            (shared / "more.new").mkdir()
            more = copy_checkout(demo.folder, shared / "more.new", *RUN)
            (more.folder / "more.yaml").write_text(_MORE, encoding="utf-8")
            configs = ("--configfile", DEMO, "more.yaml", "--cores", "2")
            done = more.snakemake(*configs, timeout=1200)
            assert done.returncode == 0, done.stdout[-4000:]
            more.folder.rename(shared / "more")
    return Disturbed(shared / "more", tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that answers in a moment, and counts what it was asked and what it answered."""
    with misbehaving_server(Misbehaviour(min_delay=0.02, max_delay=0.05)) as found:
        yield found


@pytest.fixture(scope="session")
def light(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Disturbed:
    """The demo's rules without models, a corpus of a folder's and a server that is paid."""
    checkout = copy_checkout(root, tmp_path_factory.mktemp("light"))
    corpus = checkout.folder / "corpora" / "mine" / "a.txt"
    corpus.parent.mkdir(parents=True)
    corpus.write_text("\n".join(_SENTENCES), encoding="utf-8")
    mine = {"reader": "lines", "path": "mine", "role": "train", "options": {"variety": "egy"}}
    asked = {"backend": "openai", "model": "m", "base_url": server.url, "retries": 3}
    asked |= {"concurrency": N_UNDER_WAY, "key": None, "budget": 100.0}
    asked["price"] = {"input": 1.0, "output": 1.0}
    changes = {"corpora_dir": "corpora", "corpora": {"mine": {**mine, "licence": "none"}}}
    changes |= {"generators": {"server": asked}}
    used = re.findall(r"^  - (demo-\S+)$", (root / DEMO).read_text(encoding="utf-8"), re.MULTILINE)
    changes["corpora_in_use"] = [*used, "mine"]
    (checkout.folder / "light.yaml").write_text(json.dumps(changes), encoding="utf-8")

    def make(*targets: str) -> None:
        configs = ("--configfile", DEMO, "light.yaml", "--cores", "2")
        done = checkout.snakemake(
            *configs, "--", *(str(RESULTS / name) for name in targets), timeout=1200
        )
        assert done.returncode == 0, done.stdout[-4000:]

    make(*_LIGHT)
    # The demo's own prompts take models.
    write_prompts(checkout.folder / RESULTS / "prompts/prompts.parquet", "egy", N_PROMPTS)
    make("generations/server.parquet")
    return Disturbed(checkout.folder, tmp_path_factory.mktemp("disturbed"))
