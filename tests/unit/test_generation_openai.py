import logging
import signal
import time
import traceback
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest
from generation_job import run_job, start_job, write_prompts
from misbehaving_server import Misbehaviour, Server, misbehaving_server

from lahja.core.config.generation import Price
from lahja.core.errors import LahjaError
from lahja.core.tables import RESPONSES, read_table, write_table
from lahja.generation.answering import answer, respond
from lahja.generation.backend import Answer, Request, Sampling
from lahja.generation.costs import BudgetReached, Ledger, Stopped, max_tokens
from lahja.generation.generators import open_backend, parse_generator
from lahja.generation.openai_backend import OpenAIBackend
from lahja.generation.server import OPENAI, UnusableReply, read_answer, read_json
from lahja.generation.server import Server as Address

KEY = "sk-very-secret-0123456789"
LOOKED_AT = "message, traceback, output, log (at DEBUG), store, ledger or table"
SAMPLING = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=20, seed=3)
HOW = {"key": "OPENAI_API_KEY", "concurrency": 4, "deadline": 10.0, "retries": 1}
HOW |= {"price": None, "budget": None, "costs": ""}
QUICK = Address("m", None, {}, **HOW)
PRICE = Price(input=1000.0, output=10_000.0)  # an answer of 10 and 5 tokens costs 6 cents
COST = 0.06


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _requests(*prompts: str) -> list[Request]:
    return [Request(f"id of {prompt}", prompt, SAMPLING) for prompt in prompts]


def _backend(server: Server, options: Address = QUICK, **request) -> OpenAIBackend:
    return OpenAIBackend("g", replace(options, base_url=server.url, request=request))


def _text(prompt: str) -> str:
    return f"answer\u2028to {prompt}"


def _texts(answers: list[Answer]) -> dict[str, str | None]:
    return {answer.id.removeprefix("id of "): answer.text for answer in answers}


def _paid(tmp_path: Path, budget: float | None = None, **values) -> Address:
    return replace(
        QUICK, **{"price": PRICE, "budget": budget, "costs": str(tmp_path / "costs"), **values}
    )


# --- faults ----------------------------------------------------------------------------------

PASSING = (
    "429", "gemini429", "500", "503html", "stall", "trickle", "cut", "reset", "malformed", "html",
    "shape", "error200", "none200",
)  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_tried_again(fault: str) -> None:
    conduct = Misbehaviour(faults={"a": [fault], "b": []})
    is_slow = fault in ("stall", "trickle")
    with misbehaving_server(conduct) as server:
        options = replace(QUICK, deadline=0.5) if is_slow else QUICK
        answers = list(_backend(server, options).generate(_requests("a", "b")))
    assert _texts(answers) == {"a": _text("a"), "b": _text("b")}
    assert server.received == {"a": 2, "b": 1}
    assert server.answered == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "after 2 tries: HTTP 500: oops"),
        ("stall", "after 2 tries: no reply within the deadline"),
        ("cut", "after 2 tries: RemoteProtocolError"),
        ("malformed", 'after 2 tries: 42 bytes that are not JSON: {"choices": [{"message"'),
        ("shape", "after 2 tries: JSON that is no chat completion: {"),
        ("error200", "after 2 tries: an error in a reply of HTTP 200: Provider returned error"),
        ("422", 'HTTP 422: [{"loc":["body","messages"],"msg":"Field required"'),
        ("404", "HTTP 404: Not Found; asked http://127.0.0.1:"),
        ("400", "no answer to the prompt 'a': HTTP 400: Unknown name: seed"),
        ("quota", "no answer to the prompt 'a': HTTP 429: insufficient_quota: no money"),
    ],
)
def test_a_fault_that_lasts_ends_in_one_line(fault: str, said: str) -> None:
    with misbehaving_server(Misbehaviour(always=fault)) as server:
        options = replace(QUICK, deadline=0.1) if fault == "stall" else QUICK
        with pytest.raises(LahjaError) as caught:
            list(_backend(server, options).generate(_requests("a")))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert server.received["a"] == (2 if "tries" in said else 1)


def test_a_server_that_is_not_there_is_named_and_costs_nothing(tmp_path: Path) -> None:
    with misbehaving_server(Misbehaviour()) as server:
        pass
    with pytest.raises(LahjaError, match="after 2 tries: ConnectError"):
        list(_backend(server, _paid(tmp_path)).generate(_requests("a")))
    ledger = Ledger("g", tmp_path / "costs")
    assert (ledger.spent, ledger.reserved) == (0, 0)


FAILED = {"message": "Provider returned\nerror", "code": 502}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": FAILED}, "Provider returned error"),
        ({"choices": None, "error": FAILED}, "Provider returned error"),
        ({"choices": [], "error": "out of memory"}, "out of memory"),
        ({"error": {"type": "overloaded"}}, '{"type":"overloaded"}'),
        ({"choices": [{"error": FAILED, "finish_reason": "error"}]}, "Provider returned error"),
        ({"choices": [{"finish_reason": "error", "message": {"content": "half"}}]}, "half"),
        ({"object": "error", "message": "no such model", "code": 404}, "no such model"),
        ({"detail": "Model is loading"}, "Model is loading"),
        ({"choices": None, "usage": {"prompt_tokens": 1, "completion_tokens": 0}}, "null"),
        ({"object": "chat.completion", "choices": []}, "[]"),
        ([], "no chat completion"),
        (b"[" * 100_000, "bytes that are not JSON: [[["),
        ("busy", "busy"),
        (None, "no chat completion"),
    ],
)
def test_a_reply_without_an_answer_is_a_fault_with_the_server_s_words(body, said: str) -> None:
    with pytest.raises(UnusableReply) as caught:
        read_answer("a", read_json(body) if isinstance(body, bytes) else body)
    assert said in str(caught.value)


def test_half_of_a_surrogate_pair_is_no_character() -> None:
    body = (
        rb'{"choices": [{"finish_reason": "stop", "message": '
        rb'{"content": "\ud83d\ude00 \ud83d ok \ude00"}}]}'
    )
    assert read_answer("a", read_json(body)).text == "😀 \ufffd ok \ufffd"


def test_an_error_of_the_filter_is_no_fault() -> None:
    body = {"choices": None, "error": {"code": "content_filter", "message": "no"}}
    assert read_answer("a", body) == Answer("a", None, "content_filter", None)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_between_us_and_the_server_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv(variable, "http://me:secret@127.0.0.1:9")
    with misbehaving_server(Misbehaviour()) as server, pytest.raises(LahjaError) as caught:
        list(_backend(server).generate(_requests("a")))
    told = f"ConnectError: [Errno 111] Connection refused; asked {server.url} through the proxy "
    cure = f"127.0.0.1:9 of {variable}; NO_PROXY=127.0.0.1 leaves the server out"
    assert told + cure in str(caught.value)
    assert server.received == {}


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "foo://x"])
def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    backend = OpenAIBackend("g", replace(QUICK, base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(LahjaError, match=r"the proxy of HTTP_PROXY, .* cannot be used: "):
        list(backend.generate(_requests("a")))


def test_in_a_storm_nothing_is_lost_nothing_paid_twice_and_no_ids_mix(tmp_path: Path) -> None:
    prompts = [f"prompt {n}" for n in range(200)]
    kinds = ["429", "500", "reset", "malformed", "twice", "429", "cut"]
    faults = {prompt: kinds[n % 9 : n % 9 + 1] for n, prompt in enumerate(prompts)}
    conduct = Misbehaviour(faults=faults, max_delay=0.02, retry_after="0.01")
    with misbehaving_server(conduct) as server:
        options = replace(QUICK, concurrency=16)
        found = answer(_requests(*prompts), _backend(server, options), tmp_path / "s")
        again = answer(_requests(*prompts), _backend(server, options), tmp_path / "s")
    assert found == again
    assert [item.id for item in found] == [f"id of {prompt}" for prompt in prompts]
    assert [item.text for item in found] == [_text(prompt) for prompt in prompts]
    assert server.answered == dict.fromkeys(prompts, 1)
    assert server.max_at_once <= 16


def test_as_many_requests_are_under_way_as_the_limit_says() -> None:
    conduct = Misbehaviour(min_delay=0.2, max_delay=0.2)
    with misbehaving_server(conduct) as server:
        options = replace(QUICK, concurrency=5)
        list(_backend(server, options).generate(_requests(*"abcdefghijk")))
    assert server.max_at_once == 5


def test_a_reply_sent_twice_is_not_taken_for_the_nextwrite_prompts(tmp_path: Path) -> None:
    prompts = [str(n) for n in range(20)]
    with misbehaving_server(Misbehaviour(always="twice")) as server:
        options = replace(QUICK, concurrency=1)
        answers = list(_backend(server, options).generate(_requests(*prompts)))
    assert _texts(answers) == {prompt: _text(prompt) for prompt in prompts}


def test_retry_after_holds_for_all_requests() -> None:
    conduct = Misbehaviour(faults={"a": ["429"]}, retry_after="0.4", max_delay=0)
    with misbehaving_server(conduct) as server:
        options = replace(QUICK, concurrency=1)
        began = time.monotonic()
        list(_backend(server, options).generate(_requests("a", "b")))
        assert time.monotonic() - began > 0.4
    assert server.received == {"a": 2, "b": 1}


def test_a_server_that_asks_for_too_long_a_wait_ends_the_run(tmp_path: Path) -> None:
    conduct = Misbehaviour(always="429", retry_after="3600")
    said = "HTTP 429: rate_limit: slow; the server asks to wait 3600 seconds: run again later"
    with misbehaving_server(conduct) as server, pytest.raises(LahjaError, match=said):
        list(_backend(server, _paid(tmp_path)).generate(_requests("a")))
    assert Ledger("g", tmp_path / "costs").spent == 0


# --- replies that lie --------------------------------------------------------------------------


LIES = {
    "gzip": None,
    "charset": None,
    "no charset": None,
    "gzip bomb": "a reply of more than 8 MiB",
    "large": "a reply of more than 8 MiB",
    "gzip in gzip": "a reply in the encoding 'gzip, gzip', where gzip was asked for",
    "brotli": "a reply in the encoding 'br', where gzip was asked for",
    "no gzip": "bytes that are not gzip",
    "cut gzip": "gzip that is cut off",
    "short": "bytes that are not JSON",
    "headers": "RemoteProtocolError",
}


@pytest.mark.parametrize("fault", LIES)
def test_a_reply_that_lies_is_read_or_asked_for_again(fault: str, expect_row) -> None:
    said = LIES[fault]
    with misbehaving_server(Misbehaviour(always=fault)) as server:
        try:
            answers = list(_backend(server).generate(_requests("a")))
            assert said is None
            assert _texts(answers) == {"a": _text("a")}
        except LahjaError as error:
            assert (said and f"after 2 tries: {said}" in str(error)) or said in str(error)
    assert server.received["a"] == (2 if said else 1)
    n_errors = sum(map(bool, LIES.values()))
    row = (len(LIES), len(LIES) - n_errors, 0, n_errors)
    expect_row("replies that lie about length, type, encoding", *row)


def test_the_key_does_not_follow_to_another_server() -> None:
    with misbehaving_server(Misbehaviour()) as other:
        conduct = Misbehaviour(redirect=other.url.replace("127.0.0.1", "localhost"))
        with misbehaving_server(conduct) as server:
            answers = list(_backend(server).generate(_requests("a")))
    assert _texts(answers) == {"a": _text("a")}
    assert server.authorizations == {f"Bearer {KEY}"}
    assert other.authorizations == {None}


# --- answers that are none ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "text", "reason"),
    [
        ("refusal", None, "refusal"),
        ("filter", None, "content_filter"),
        ("filter400", None, "content_filter"),
        ("silent", None, "empty"),
        ("thought", None, "length"),
        ("length", _text("a"), "length"),
        ("uncounted", _text("a"), "stop"),
        ("block", _text("a"), "stop"),
        ("block of the prompt", _text("a"), "stop"),
        ("cut block", None, "length"),
        ("reasoning", _text("a"), "stop"),
        ("reasoning alone", None, "length"),
        ("parts", _text("a"), "stop"),
    ],
)
def test_a_refusal_keeps_its_reason_and_is_asked_again(tmp_path, fault, text, reason) -> None:
    prompts = pd.DataFrame({"prompt_id": ["p"], "prompt": ["a"]})
    with misbehaving_server(Misbehaviour(always=fault)) as server:
        for _ in range(2):
            rows = respond(prompts, "g", SAMPLING, _backend(server), tmp_path / "s")
            write_table(tmp_path / "t.parquet", rows, RESPONSES)
            (row,) = read_table(tmp_path / "t.parquet", RESPONSES).to_dict("records")
            assert row["response"] == text or (text is None and pd.isna(row["response"]))
            assert row["finish_reason"] == reason
    assert server.received["a"] == (2 if text is None else 1)


# --- what is sent ------------------------------------------------------------------------------


def test_sampling_and_departures_are_in_the_body() -> None:
    with misbehaving_server(Misbehaviour()) as server:
        list(_backend(server, reasoning_effort="none", seed=None).generate(_requests("a")))
        list(_backend(server).generate(_requests("a")))
    messages = [{"role": "user", "content": "a"}]
    common = {"model": "m", "messages": messages, "temperature": 0.7, "top_p": 0.9}
    assert server.bodies[0] == {**common, "max_tokens": 20, "reasoning_effort": "none"}
    assert server.bodies[1] == {**common, "max_tokens": 20, "seed": 3}
    assert QUICK.body(_requests("a")[0])["max_completion_tokens"] == 20


def test_the_identity_is_model_server_and_departures_and_never_the_key() -> None:
    identities = {
        OpenAIBackend("g", Address(model, url, request, **HOW)).identity
        for model in ("m", "n")
        for url in (None, "http://127.0.0.1:1/v1")
        for request in ({}, {"seed": None})
    }
    assert len(identities) == 8
    assert not any(KEY in identity for identity in identities)
    assert replace(QUICK, base_url=OPENAI + "/").identity == QUICK.identity


# --- keys --------------------------------------------------------------------------------------


def test_a_missing_key_is_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(LahjaError, match="set the environment variable OPENAI_API_KEY"):
        values = {"name": "g", "backend": "openai", "model": "m"}
        open_backend(parse_generator(values, HOW))


@pytest.mark.parametrize("key", ["two words", "line\nbreak-inside", "كلمة", "curly“quote”"])
def test_what_cannot_be_a_key_is_refused_without_showing_it(monkeypatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(LahjaError, match="OPENAI_API_KEY holds something else") as caught:
        OpenAIBackend("g", QUICK)
    assert key not in str(caught.value)


def test_a_server_without_a_key_is_sent_none() -> None:
    with misbehaving_server(Misbehaviour()) as server:
        list(_backend(server, replace(QUICK, key=None)).generate(_requests("a")))
        assert server.authorizations == {None}
        list(_backend(server).generate(_requests("a")))
        assert server.authorizations == {None, f"Bearer {KEY}"}


UNECHOED = ("401", "cut", "500", None)


@pytest.mark.parametrize("fault", UNECHOED)
def test_the_key_is_in_no_message_log_or_file(tmp_path, capfd, caplog, fault, expect_row) -> None:
    expect_row("a key that is taken, refused, cut off", len(UNECHOED), f"in no {LOOKED_AT}")
    caplog.set_level(logging.DEBUG)
    conduct = Misbehaviour(always=fault, key="another" if fault == "401" else KEY)
    with misbehaving_server(conduct) as server:
        try:
            answer(_requests("a"), _backend(server, _paid(tmp_path)), tmp_path / "s")
            message = ""
        except LahjaError as error:
            message = f"{error!r} {error.__cause__!r}"
    assert bool(message) == bool(fault)
    if fault == "401":
        assert "Incorrect API key provided: Bearer [the key]; is the key in OPENAI" in message
    shown = capfd.readouterr()
    written = "".join(p.read_text("utf-8") for p in tmp_path.rglob("*") if p.is_file())
    for text in (message, shown.out, shown.err, caplog.text, written):
        assert KEY not in text


ECHOES = ("echo 400", "echo 429", "echo 200", "echo page", "echo text")


@pytest.mark.parametrize("fault", ECHOES)
def test_a_server_that_repeats_the_key_puts_it_nowhere(
    tmp_path, capfd, caplog, fault, expect_row
) -> None:
    what = "a key that the server repeats: in errors, a page, the answer"
    expect_row(what, len(ECHOES), f"in no {LOOKED_AT}")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="openai")
    frame = pd.DataFrame({"prompt_id": ["p"], "prompt": ["a"]})
    message = ""
    with misbehaving_server(Misbehaviour(always=fault)) as server:
        try:
            rows = respond(frame, "g", SAMPLING, _backend(server, _paid(tmp_path)), tmp_path / "s")
            write_table(tmp_path / "t.parquet", rows, RESPONSES)
            assert [*rows["response"]] == ["text Bearer [the key]"]
        except LahjaError as error:
            message = "".join(traceback.format_exception(error))
            assert "[the key]" in message
    assert (message == "") == (fault == "echo text")
    shown = capfd.readouterr()
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for text in (message, shown.out, shown.err, caplog.text, written.decode(errors="replace")):
        assert KEY not in text


def test_the_key_is_in_no_command_line(tmp_path: Path, expect_row) -> None:
    write_prompts(tmp_path / "egy.parquet", "egy", 4)
    with misbehaving_server(Misbehaviour(always="echo text", min_delay=0.3)) as server:
        job = start_job(tmp_path, server, "egy")
        while not server.received:
            assert job.poll() is None
            time.sleep(0.01)
        me = psutil.Process(job.pid)
        lines = [own.cmdline() for own in (me, *me.children(recursive=True))]
        out, err = job.communicate(timeout=60)
    assert job.returncode == 0, err
    assert "--generator" in lines[0]
    assert KEY not in f"{lines}{out}{err}"
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) >= 4
    assert not any(KEY.encode() in file.read_bytes() for file in files)
    looked = "in no command line of the job and its children, in no output, in no file"
    expect_row("a key that the server repeats in answers, of a job", 1, looked)


# --- costs -------------------------------------------------------------------------------------


def test_costs_are_said_before_counted_and_kept(tmp_path: Path, capsys) -> None:
    with misbehaving_server(Misbehaviour()) as server:
        options = _paid(tmp_path, budget=100.0)
        answer(_requests("a", "b"), _backend(server, options), tmp_path / "s")
        first = capsys.readouterr().err
        answer(_requests("a", "b", "c"), _backend(server, options), tmp_path / "s")
        second = capsys.readouterr().err
    # Two prompts of a byte and 64 tokens of a chat, two answers of 20 tokens.
    assert "2 requests, at most 130 + 40 tokens, $0.5300 at most; $0.0000 spent" in first
    assert "g: $0.1200 spent of a budget of $100.00" in first
    assert "1 requests, at most 65 + 20 tokens, $0.2650 at most; $0.1200 spent" in second
    assert Ledger("g", tmp_path / "costs").spent == pytest.approx(3 * COST)


def test_thinking_is_paid_and_what_is_not_counted_costs_the_most(tmp_path: Path) -> None:
    conduct = Misbehaviour(faults={"a": ["thought"], "b": ["uncounted"], "c": ["refusal"]})
    with misbehaving_server(conduct) as server:
        list(_backend(server, _paid(tmp_path)).generate(_requests("a", "b", "c")))
    thinking = PRICE.of(10, 105)
    most = PRICE.of(*max_tokens(_requests("b")[0]))
    assert Ledger("g", tmp_path / "costs").spent == pytest.approx(thinking + most + COST)


@pytest.mark.parametrize(("fault", "is_counted"), [("cut", True), ("stall", True), ("500", False)])
def test_a_try_that_may_have_been_paid_counts_as_paid(tmp_path, fault, is_counted) -> None:
    with misbehaving_server(Misbehaviour(faults={"a": [fault]})) as server:
        options = _paid(tmp_path, deadline=0.5) if fault == "stall" else _paid(tmp_path)
        list(_backend(server, options).generate(_requests("a")))
    most = PRICE.of(*max_tokens(_requests("a")[0]))
    expected = COST + (most if is_counted else 0)
    assert Ledger("g", tmp_path / "costs").spent == pytest.approx(expected)


@pytest.mark.parametrize("concurrency", [1, 4, 32])
def test_the_budget_is_never_passed_and_stops_cleanly(tmp_path, capsys, concurrency) -> None:
    prompts = [f"{n:02}" for n in range(40)]
    most = PRICE.of(*max_tokens(_requests("00")[0]))
    budget = 1.5
    conduct = Misbehaviour(max_delay=0.03)
    with misbehaving_server(conduct) as server:
        options = _paid(tmp_path, budget=budget, concurrency=concurrency)
        with pytest.raises(BudgetReached) as caught:
            answer(_requests(*prompts), _backend(server, options), tmp_path / "s")
        n_paid = sum(server.answered.values())
        with closing(Ledger("g", tmp_path / "costs", budget)) as ledger:
            pass
        assert ledger.spent == pytest.approx(n_paid * COST)
        assert ledger.reserved == 0
        assert ledger.remaining < most  # it stopped no earlier than it had to
        assert str(caught.value) == (
            f"generator g: the budget is reached: ${ledger.spent:.2f} spent of a budget of $1.50; "
            f"{n_paid} of 40 requests answered and kept; to resume, raise generators.g.budget and "
            "run again"
        )
        # With a higher one the rest is asked, and what was paid for is kept.
        found = answer(_requests(*prompts), _backend(server, _paid(tmp_path, 99)), tmp_path / "s")
    assert [item.text for item in found] == [_text(prompt) for prompt in prompts]
    assert server.answered == dict.fromkeys(prompts, 1)
    assert Ledger("g", tmp_path / "costs").spent == pytest.approx(40 * COST)


def test_at_no_time_do_requests_under_way_pass_the_budget(tmp_path: Path) -> None:
    """Were they all to cost the most, the cap would hold: the server never holds more of them."""
    prompts = [f"{n:02}" for n in range(30)]
    most = PRICE.of(*max_tokens(_requests("00")[0]))
    conduct = Misbehaviour(min_delay=0.2, max_delay=0.2)
    with misbehaving_server(conduct) as server:
        options = _paid(tmp_path, budget=3.5 * most, concurrency=30)
        with pytest.raises(BudgetReached):
            list(_backend(server, options).generate(_requests(*prompts)))
    assert server.max_at_once == 3


def test_jobs_share_one_budget_one_after_the_other(tmp_path: Path) -> None:
    first = Ledger("g", tmp_path / "costs", budget=1.0)
    tickets = [first.reserve(0.4) for _ in range(2)]
    first.settle(tickets[0], 0.1)
    with pytest.raises(LahjaError, match="another process"):
        Ledger("g", tmp_path / "costs", budget=1.0)
    first.close()
    second = Ledger("g", tmp_path / "costs", budget=1.0)
    assert (second.spent, second.reserved) == (0.1, 0.4)  # whoever is killed leaves it reserved
    second.reserve(0.5)
    second.stop()
    with pytest.raises(Stopped):
        second.reserve(0.0)
    second.close()
    with pytest.raises(BudgetReached):
        Ledger("g", tmp_path / "costs", budget=1.0).reserve(0.1)


def test_a_row_of_a_ledger_that_is_no_cost_is_named(tmp_path: Path) -> None:
    (tmp_path / "costs").write_text('{"reserve": "t"}\n', encoding="utf-8")
    with pytest.raises(LahjaError, match="costs:1: not a cost"):
        Ledger("g", tmp_path / "costs")


# --- growth and crashes ------------------------------------------------------------------------


def test_a_hundred_prompts_more_ask_for_exactly_those(tmp_path: Path) -> None:
    old, new = [f"old {n}" for n in range(50)], [f"new {n}" for n in range(100)]
    with misbehaving_server(Misbehaviour()) as server:
        answer(_requests(*old), _backend(server), tmp_path / "s")
        server.received.clear()
        answer(_requests(*new[:50], *old, *new[50:]), _backend(server), tmp_path / "s")
    assert server.received == dict.fromkeys(new, 1)


def test_after_kill_9_the_table_is_the_same_and_only_what_was_under_way_is_asked_again(
    tmp_path: Path,
) -> None:
    prompts = write_prompts(tmp_path / "egy.parquet", "egy", 60)
    with misbehaving_server(Misbehaviour(max_delay=0.02)) as server:
        frame = pd.DataFrame({"prompt_id": prompts, "prompt": prompts})
        whole = respond(frame, "g", SAMPLING, _backend(server), tmp_path / "whole")
        server.received.clear()
        job = start_job(tmp_path, server, "egy")
        while sum(server.received.values()) < 30:
            assert job.poll() is None
            time.sleep(0.005)
        job.send_signal(signal.SIGKILL)
        job.communicate()
        n_stored = (tmp_path / "g.egy.jsonl").read_bytes().count(b"\n")
        assert 0 < n_stored < 60
        run_job(tmp_path, server, "egy")
        asked_twice = [prompt for prompt in prompts if server.received[prompt] > 1]
        # A second dialect asks for its own prompts, and for nothing else.
        server.received.clear()
        others = write_prompts(tmp_path / "mar.parquet", "mar", 10)
        run_job(tmp_path, server, "mar")
        assert server.received == dict.fromkeys(others, 1)
    assert len(asked_twice) <= 4  # the concurrency
    table = read_table(tmp_path / "g.egy.parquet", RESPONSES)
    pd.testing.assert_frame_equal(table, whole[RESPONSES.names], check_dtype=False)
    assert [*table["response"]] == [_text(prompt) for prompt in prompts]
    # What was under way when the process died stays on the account, as the most it can cost.
    ledger = Ledger("g", tmp_path / "g.costs.jsonl")
    assert ledger.spent + ledger.reserved >= 70 * COST - 1e-9
    assert ledger.reserved <= 4 * PRICE.of(64 + len("egy 59"), 20) + 1e-9


def test_nothing_more_is_asked_before_an_answer_is_stored() -> None:
    """Were the disk slow, kill -9 would otherwise lose more answers than are asked at once."""
    prompts = [f"{n:02}" for n in range(20)]
    with misbehaving_server(Misbehaviour()) as server:
        n_stored = 0
        for _ in _backend(server).generate(_requests(*prompts)):
            time.sleep(0.02)
            assert sum(server.received.values()) <= n_stored + 4  # the concurrency
            n_stored += 1
    assert n_stored == 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_told_to_stop_keeps_what_was_under_way(tmp_path: Path, number: int) -> None:
    write_prompts(tmp_path / "egy.parquet", "egy", 40)
    conduct = Misbehaviour(min_delay=0.2, max_delay=0.3)
    with misbehaving_server(conduct) as server:
        job = start_job(tmp_path, server, "egy")
        while sum(server.received.values()) < 6:
            assert job.poll() is None
            time.sleep(0.005)
        job.send_signal(number)
        _, shown = job.communicate(timeout=60)
    assert job.returncode == 1
    assert f"lahja: stopped by {signal.Signals(number).name}; what was answered is kept" in shown
    n_stored = (tmp_path / "g.egy.jsonl").read_bytes().count(b"\n")
    assert n_stored == sum(server.answered.values()) == sum(server.received.values()) < 20
    ledger = Ledger("g", tmp_path / "g.costs.jsonl")
    assert (ledger.spent, ledger.reserved) == (pytest.approx(n_stored * COST), 0)


def test_after_a_fault_no_other_request_is_tried_again() -> None:
    conduct = Misbehaviour(faults={"a": ["500"] * 9, "b": ["400"]}, min_delay=0.1, max_delay=0.1)
    with misbehaving_server(conduct) as server, pytest.raises(LahjaError, match="HTTP 400"):
        list(_backend(server).generate(_requests("b", "a")))
    assert server.received["a"] == 1


def test_a_job_at_its_budget_fails_with_one_line(tmp_path: Path) -> None:
    write_prompts(tmp_path / "egy.parquet", "egy", 20)
    with misbehaving_server(Misbehaviour()) as server, pytest.raises(SystemExit) as stop:
        run_job(tmp_path, server, "egy", budget=0.9)
    assert stop.value.code.startswith("lahja: generator g: the budget is reached: ")
    assert "\n" not in stop.value.code
    assert not (tmp_path / "g.egy.parquet").exists()


def test_a_job_without_its_key_fails_before_it_reads_anything(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with misbehaving_server(Misbehaviour()) as server, pytest.raises(SystemExit) as stop:
        run_job(tmp_path, server, "egy")  # there is no table of prompts
    said = "lahja: generator g needs a key: set the environment variable OPENAI_API_KEY"
    assert stop.value.code == said
    assert [*tmp_path.iterdir()] == []
