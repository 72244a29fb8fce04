import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from generation_job import start_job, write_prompts
from misbehaving_server import Misbehaviour, Server, misbehaving_server

from lahja.errors import LahjaError
from lahja.generation.answering import answer
from lahja.generation.backend import Answer, Request, Sampling
from lahja.generation.batch_api import BatchBackend
from lahja.generation.costs import BudgetReached, Ledger, Price, most_dollars
from lahja.generation.generators import open_backend, parse_generator
from lahja.generation.service import Service, parse_server
from lahja.tables import RESPONSES, read_table

KEY = "sk-very-secret-0123456789"
SAMPLING = Sampling(temperature=0.7, max_new_tokens=20, seed=3)
PRICE = Price(input=1000.0, output=10_000.0)
COST = 0.03  # of an answer of 10 and 5 tokens, at half the price


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(
        deadline=10.0,
        retries=3,
        backoff=0.01,
        price=PRICE,
        batch_api=True,
        batch_poll=0.01,
        costs=str(tmp_path / "costs"),
        batches=str(tmp_path / "batches"),
    )


def _requests(*prompts: str) -> list[Request]:
    return [Request(f"id of {prompt}", prompt, SAMPLING) for prompt in prompts]


def _backend(server: Server, service: Service) -> BatchBackend:
    return BatchBackend("g", parse_server("g", "m", server.url, {}), service)


def _texts(answers: list[Answer]) -> dict[str, str | None]:
    return {answer.id.removeprefix("id of "): answer.text for answer in answers}


def _answers(*prompts: str) -> dict[str, str]:
    return {prompt: f"answer\u2028to {prompt}" for prompt in prompts}


def _ask(server: Server, service: Service, store: Path, *prompts: str) -> dict[str, str | None]:
    return _texts(answer(_requests(*prompts), _backend(server, service), store))


def test_a_batch_is_answered_in_any_order_at_half_the_price(tmp_path, service, capsys) -> None:
    prompts = [f"prompt {n}" for n in range(30)]
    conduct = Misbehaviour(batch_faults={"prompt 3": "twice", "prompt 4": "length"})
    with misbehaving_server(conduct) as server:
        assert _ask(server, service, tmp_path / "s", *prompts) == _answers(*prompts)
        assert _ask(server, service, tmp_path / "s", *prompts) == _answers(*prompts)
    assert server.answered == dict.fromkeys(prompts, 1)
    assert len(server.batches) == 1
    assert Ledger(tmp_path / "costs").spent == pytest.approx(30 * COST)
    assert [*(tmp_path / "batches").iterdir()] == []
    said = capsys.readouterr().err
    assert "g: 30 requests, at most 2,180 + 600 tokens, $4.09 at most" in said
    assert "g: batch batch_0 of 30 requests" in said
    assert "g: batch batch_0 in_progress, 0 of 30" in said


def test_a_line_asks_for_what_a_request_of_its_own_would(tmp_path, service) -> None:
    with misbehaving_server(Misbehaviour()) as server:
        list(_backend(server, service).generate(_requests("نص")))
    (content,) = (text for name, text in server.files.items() if name == "file-0")
    (row,) = map(json.loads, content.splitlines())
    assert row == {
        "custom_id": "id of نص",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "m",
            "messages": [{"role": "user", "content": "نص"}],
            "temperature": 0.7,
            "top_p": 1.0,
            "max_tokens": 20,
            "seed": 3,
        },
    }
    assert server.batches["batch_0"]["completion_window"] == "24h"


def test_refusals_and_filters_keep_their_reason(tmp_path, service) -> None:
    faults = {"a": "refusal", "b": "filter", "c": "content_filter", "d": "thought"}
    with misbehaving_server(Misbehaviour(batch_faults=faults)) as server:
        found = answer(_requests(*"abcde"), _backend(server, service), tmp_path / "s")
    assert [(item.text, item.finish_reason) for item in found] == [
        (None, "refusal"),
        (None, "content_filter"),
        (None, "content_filter"),
        (None, "length"),
        ("answer\u2028to e", "stop"),
    ]


def test_more_requests_than_a_batch_takes_make_several(tmp_path, service) -> None:
    small = replace(service, batch_requests=2)
    with misbehaving_server(Misbehaviour()) as server:
        assert _ask(server, small, tmp_path / "s", *"abcde") == _answers(*"abcde")
    assert len(server.batches) == 3


# --- restarts ----------------------------------------------------------------------------------


def test_a_killed_job_goes_on_waiting_for_its_batch(tmp_path: Path) -> None:
    write_prompts(tmp_path / "egy.parquet", "egy", 20)
    asked = {"batch_api": True, "batch_poll": 0.01}
    with misbehaving_server(Misbehaviour(looks=10**6)) as server:
        job = start_job(tmp_path, server, "egy", **asked)
        while not server.turn.wait(0.05):  # until it has looked at its batch
            assert job.poll() is None
        job.send_signal(signal.SIGKILL)
        job.communicate()
        server.conduct.looks = 0
        # Meanwhile five prompts have come, which are asked in a batch of their own.
        prompts = write_prompts(tmp_path / "egy.parquet", "egy", 25)
        assert start_job(tmp_path, server, "egy", **asked).wait(60) == 0
    table = read_table(tmp_path / "g.egy.parquet", RESPONSES)
    assert dict(zip(table["prompt_id"], table["response"], strict=True)) == _answers(*prompts)
    assert server.answered == dict.fromkeys(prompts, 1)
    sizes = [file.count(b"\n") for name, file in server.files.items() if name.startswith("file-")]
    assert sizes == [20, 5]
    ledger = Ledger(tmp_path / "g.costs.jsonl")
    assert (ledger.spent, ledger.reserved) == (pytest.approx(25 * COST), 0)


def test_a_batch_whose_creation_was_not_heard_of_is_found_again(tmp_path, service) -> None:
    with misbehaving_server(Misbehaviour(lose_created=1)) as server:
        assert _ask(server, service, tmp_path / "s", *"ab") == _answers(*"ab")
    assert len(server.batches) == 1


def test_a_job_killed_before_it_knew_its_batch_finds_it(tmp_path, service) -> None:
    with misbehaving_server(Misbehaviour(lose_created=1)) as server:
        hasty = replace(service, retries=0)
        with pytest.raises(LahjaError, match="no answer: RemoteProtocolError"):
            _ask(server, hasty, tmp_path / "s", *"ab")
        assert _ask(server, service, tmp_path / "s", *"ab") == _answers(*"ab")
    assert len(server.batches) == 1
    assert Ledger(tmp_path / "costs").spent == pytest.approx(2 * COST)


def test_a_job_killed_between_two_answers_loses_none(tmp_path, service) -> None:
    with misbehaving_server(Misbehaviour()) as server:
        backend = _backend(server, service)
        kept = []
        for found in backend.generate(_requests(*"abcd")):
            kept.append(found)
            if len(kept) == 2:
                break
        rest = [r for r in _requests(*"abcd") if r.id not in {item.id for item in kept}]
        kept += backend.generate(rest)
    assert _texts(kept) == _answers(*"abcd")
    assert len(server.batches) == 1
    assert Ledger(tmp_path / "costs").spent == pytest.approx(4 * COST)


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_failed_batch_is_reported_and_costs_nothing(tmp_path, service) -> None:
    with misbehaving_server(Misbehaviour(batch_end="failed")) as server:
        said = "batch batch_0 failed: token_limit_exceeded: enqueued too many tokens"
        with pytest.raises(LahjaError, match=said):
            _ask(server, service, tmp_path / "s", *"ab")
        ledger = Ledger(tmp_path / "costs")
        assert (ledger.spent, ledger.reserved) == (0, 0)
        server.conduct.batch_end = "completed"
        assert _ask(server, service, tmp_path / "s", *"ab") == _answers(*"ab")


@pytest.mark.parametrize(
    ("end", "fault", "said"),
    [
        ("expired", "expired", r"batch batch_0 expired without .* 2 of its 4 .*batch_expired: not"),
        ("completed", "500", r"batch batch_0 completed without .* 2 of its 4 .*\(500: no\)"),
        ("completed", "lost", r"2 of its 4 requests \(no line of the results is theirs\)"),
    ],
)
def test_what_a_batch_leaves_out_is_asked_again_and_the_rest_kept(
    tmp_path, service, end, fault, said
) -> None:
    conduct = Misbehaviour(batch_end=end, batch_faults={"b": fault, "c": fault})
    with misbehaving_server(conduct) as server:
        with pytest.raises(LahjaError, match=said):
            _ask(server, service, tmp_path / "s", *"abcd")
        server.conduct = Misbehaviour()
        assert _ask(server, service, tmp_path / "s", *"abcd") == _answers(*"abcd")
    assert server.answered == dict.fromkeys("abcd", 1)
    assert Ledger(tmp_path / "costs").spent == pytest.approx(4 * COST)


def test_the_budget_is_checked_before_a_batch_is_sent(tmp_path, service) -> None:
    half = Price(PRICE.input / 2, PRICE.output / 2)
    most = most_dollars(_requests("a")[0], half)
    with misbehaving_server(Misbehaviour()) as server:
        poor = replace(service, budget=0.9 * most)
        with pytest.raises(BudgetReached, match=r"\$0\.0000 spent of .*; 0 of 4 requests answered"):
            _ask(server, poor, tmp_path / "s", *"abcd")
        assert not server.files and not server.batches
        # A cap that has room for a part has that part asked.
        fair = replace(service, budget=2.1 * most)
        with pytest.raises(BudgetReached, match="of 20 requests answered and kept"):
            _ask(server, fair, tmp_path / "s", *"abcdefghijklmnopqrst")
        ledger = Ledger(tmp_path / "costs", fair.budget)
        assert sum(server.answered.values()) * COST == pytest.approx(ledger.spent)
        assert ledger.spent <= fair.budget < ledger.spent + most
        assert ledger.reserved == 0


def test_the_batch_api_is_an_option_and_needs_a_key(tmp_path, service) -> None:
    values = {"name": "g", "backend": "openai", "model": "m"}
    asked = {"batch_api": True, "batches": str(tmp_path / "b")}
    assert isinstance(open_backend(parse_generator(values, asked)), BatchBackend)
    with pytest.raises(LahjaError, match="the batch API needs a key"):
        open_backend(parse_generator(values, {**asked, "key": None}))
