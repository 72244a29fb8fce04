"""A generator behind a server, from the config through the rule to the table."""

import json

import pytest
from generation_job import write_prompts
from misbehaving_server import Misbehaviour, misbehaving_server

from lahja.core.tables import RESPONSES, read_table

pytestmark = pytest.mark.workflow
KEY = "sk-very-secret-0123456789"


def test_a_server_answers_within_its_budget_and_another_budget_reruns_nothing(
    fresh, monkeypatch, expect_row
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SERVER_KEY", KEY)
    prompts = write_prompts(fresh.folder / "results/demo/prompts/prompts.parquet", "egy", 30)
    target = "results/demo/generations/server.parquet"
    with misbehaving_server(Misbehaviour(key=KEY)) as server:
        entry = {
            "backend": "openai",
            "model": "m",
            "base_url": server.url,
            "key": "SERVER_KEY",
            "price": {"input": 1000.0, "output": 10_000.0},
            "decoding": {"max_new_tokens": 20},
        }

        def run(budget: float, *arguments: str):
            changes = {"generators": {"server": {**entry, "budget": budget}}}
            (fresh.folder / "server.yaml").write_text(json.dumps(changes), encoding="utf-8")
            configs = ("--configfile", "config/demo.yaml", "server.yaml")
            return fresh.snakemake(target, *configs, "--cores", "1", *arguments)

        stopped = run(0.9)
        assert stopped.returncode != 0
        assert "the budget is reached" in stopped.stdout, stopped.stdout
        log = (fresh.folder / "logs/demo/generate_responses/server.log").read_text("utf-8")
        assert log.splitlines()[-1].startswith("lahja: generator server: the budget is reached")
        assert not (fresh.folder / target).exists()
        n_paid = sum(server.answered.values())
        assert 0 < n_paid < 15

        done = run(5.0)
        assert done.returncode == 0, done.stdout
        assert server.answered == dict.fromkeys(prompts, 1)
        table = read_table(fresh.folder / target, RESPONSES)
        assert [*table["response"]] == [f"answer\u2028to {prompt}" for prompt in prompts]
        assert "Nothing to be done" in run(6.0, "--dry-run").stdout
    shown = stopped.stdout + done.stdout + log
    files = [path for path in fresh.folder.rglob("*") if path.is_file()]
    shown += "".join(path.read_bytes().decode("utf-8", "replace") for path in files)
    assert KEY not in shown
    looked = "in no output of Snakemake, in no file of the checkout: logs, records, results"
    expect_row("a key of a run that stops at its budget and goes on", 1, looked)
