"""A run of the version before checksums under this one: opened, verified, and made again in part."""

import os
import re
import subprocess
import sys
from collections import Counter
from contextlib import closing

import pandas as pd
import pytest

from lahja.core.config import merge_config, resolve
from lahja.core.files import read_json, write_json
from lahja.core.tables import read_table
from lahja.generation.answering import respond
from lahja.generation.backend import Sampling
from lahja.generation.costs import Ledger
from lahja.generation.openai_backend import OpenAIBackend
from lahja.generation.server import parse_server
from lahja.models.folder import expect_whole, model_digest
from tests.workflow import old_run
from tests.workflow.conftest import DEMO, Checkout, copy_checkout

pytestmark = pytest.mark.workflow

UNCHECKED = "no checksum (of an older lahja, or of others)"


@pytest.fixture(scope="module")
def old(root, tmp_path_factory) -> Checkout:
    """A checkout of this version with the results of the other."""
    checkout = copy_checkout(root, tmp_path_factory.mktemp("old"))
    old_run.write_old_run(checkout.folder)
    return checkout


def test_its_tables_and_models_open(old):
    results = old.folder / old_run.RESULTS
    for name, schema in old_run.SCHEMAS.items():
        (row,) = read_table(results / name, schema).to_dict("records")
        assert {
            key: [*v] if hasattr(v, "tolist") else v for key, v in row.items()
        } == old_run.row_of(schema)
    base, trained = (results / "models" / name for name in ("llama", "llama-T"))
    assert not expect_whole(base) and not expect_whole(trained)
    # Their answers and half-done trainings are known by these.
    assert model_digest(base, trained) == read_json(trained / "model.json")["digest"]


def test_paid_answers_are_taken_and_not_asked_again(old, expect_row):
    store = old.folder / old_run.RESULTS / "work" / "generations" / "paid.jsonl"
    costs = store.with_suffix(".costs.jsonl")
    # Nothing listens there.
    server = parse_server({
        "model": "paid-1", "base_url": "http://127.0.0.1:9/v1", "request": {}, "key": None,
        "concurrency": 1, "deadline": 1.0, "retries": 0, "price": {"input": 1.0, "output": 2.0},
        "budget": 0.5, "costs": str(costs),
    })  # fmt: skip
    prompts = pd.DataFrame(
        {"prompt_id": ["p1", "p2"], "dialect": ["egy", "sau"], "prompt": ["ازيك؟", "شلونك؟"]}
    )
    sampling = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=48, seed=42)
    found = respond(prompts, "paid", sampling, OpenAIBackend("paid", server), store)
    assert [*found["response"]] == [text for _, text in old_run.STORE]
    with closing(Ledger("paid", costs, 0.5)) as ledger:
        assert (ledger.spent, ledger.reserved) == (0.02, 0)
    n_answers = len(old_run.STORE)
    expect_row(
        "a paid server's answers", f"{n_answers}, with keys as now", "taken; none is asked again"
    )


def test_an_upgrade_makes_again_what_the_changelog_says(old, root, expect_row):
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    (told,) = re.findall(rf"\*\*Upgrading from {old_run.COMMIT}\.\*\* (.*?)\n\n", text, re.DOTALL)
    jobs = old.planned()
    assert {job.rule for job in jobs} == {*re.findall(r"`(\w+)`", told)}
    n_jobs = len(old_run.read_jobs())
    expect_row(
        "jobs",
        str(n_jobs),
        f"{len(jobs)} are due, as CHANGELOG.md says; the others stay, or were the former recipe's",
    )


def test_it_is_verified(old, expect_row):
    command = [sys.executable, "-m", "lahja", "verify", str(old_run.RESULTS)]

    def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], cwd=old.folder, text=True, capture_output=True, check=False,
            env=os.environ | {"PYTHONPATH": str(old.folder / "src")},
        )  # fmt: skip

    # As that version recorded it, with all keys.
    config = resolve(merge_config([old.folder / "config/config.yaml", old.folder / DEMO], []))
    for model in config["models"].values():
        model.pop("merge", None)
        model.update(interpolate=None, weight=None)
    ends = {"interpolate": ["llama-T", "llama-T+iterations"], "weight": 0.75}
    config["models"]["llama-T+lahja"].update(ends)
    recorded = old_run.RESULTS / "work" / "config.json"
    write_json(old.folder / recorded, config)
    done = verify()
    assert done.returncode == 1
    name = "models.llama-T+lahja.interpolate"
    assert done.stderr.startswith(f"lahja: {recorded}: {name}: renamed; in place of ")
    assert done.stderr.endswith("; another version of lahja wrote this file\n")
    done = verify("--configfile", DEMO)
    assert done.returncode == 0, done.stderr
    *lines, total = done.stdout.splitlines()
    kinds = Counter(line.split()[0] for line in lines)
    # The former recipe's pairs, samples and models are nobody's.
    assert {*kinds} == {"unchecked", "stale", "foreign"}
    assert all(line.endswith(UNCHECKED) for line in lines if line.startswith("unchecked"))
    n_whole = int(re.search(r"(\d+) whole", total)[1])
    # Each file of a foreign folder has a line.
    outputs = [path for job in old_run.read_jobs() for path in job["outputs"]]
    foreign = [line.split()[1] for line in lines if line.startswith("foreign")]
    n_foreign = sum(any(f"{name}/".startswith(f"{path}/") for name in foreign) for path in outputs)
    n_files = len(outputs) + 2
    assert n_whole + kinds["unchecked"] + kinds["stale"] + n_foreign == n_files
    expect_row("files and folders", f"{n_files}, without checksums",
               f"read; `lahja verify`: {kinds['unchecked']} unchecked, {kinds['stale']} stale, "
               f"{n_foreign} of the former recipe, {n_whole} of other forms, none damaged")  # fmt: skip
    expect_row(
        "its recorded configuration", "a renamed key", "refused with the new name and the file"
    )
