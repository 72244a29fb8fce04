from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.generation.answering import answer, respond, with_examples
from lahja.generation.backend import NOT_RECORDED, Answer, Request, Sampling
from lahja.prompts.wordings import with_system_prompt

GREEDY = Sampling()


class Parrot:
    """Answers with the prompt reversed, the last request first, and knows nothing of "?"."""

    identity = "parrot"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        for request in reversed(requests):
            self.asked.append(request.prompt)
            if request.prompt == "?":
                yield Answer(request.id, None, NOT_RECORDED, None)
            elif request.prompt == "crash":
                raise KeyboardInterrupt
            else:
                yield Answer(request.id, request.prompt[::-1], "stop", 1)


def _requests(*prompts: str) -> list[Request]:
    return [Request(str(place), prompt, GREEDY) for place, prompt in enumerate(prompts)]


def test_answers_keep_ids_and_order(tmp_path: Path) -> None:
    found = answer(_requests("ab", "cd", "ab"), Parrot(), tmp_path / "s")
    assert [(item.id, item.text) for item in found] == [("0", "ba"), ("1", "dc"), ("2", "ba")]


def test_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    answer(_requests("ab", "cd"), Parrot(), tmp_path / "s")
    parrot = Parrot()
    found = answer(_requests("ef", "cd"), parrot, tmp_path / "s")
    assert parrot.asked == ["ef"]
    assert [item.text for item in found] == ["fe", "dc"]


def test_a_crash_costs_only_what_was_unfinished(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        answer(_requests("crash", "ab", "cd"), Parrot(), tmp_path / "s")
    parrot = Parrot()
    answer(_requests("ab", "cd"), parrot, tmp_path / "s")
    assert parrot.asked == []


@pytest.mark.parametrize(
    ("ids", "message"), [(["x"], "answered x, which was not asked"), ([], "no answer to 1 of")]
)
def test_a_backend_answers_what_it_is_asked_and_all_of_it(
    ids: list[str], message: str, tmp_path: Path
) -> None:
    class Deaf(Parrot):
        """Answers something else."""

        def generate(self, requests: list[Request]) -> Iterator[Answer]:
            yield from (Answer(name, "ba", "stop", 1) for name in ids)

    with pytest.raises(LahjaError, match=message):
        answer(_requests("ab"), Deaf(), tmp_path / "s")


def test_what_has_no_answer_is_asked_again(tmp_path: Path) -> None:
    (found,) = answer(_requests("?"), Parrot(), tmp_path / "s")
    assert (found.text, found.finish_reason) == (None, NOT_RECORDED)
    parrot = Parrot()
    answer(_requests("?"), parrot, tmp_path / "s")
    assert parrot.asked == ["?"]


def test_responses_bear_the_generator(tmp_path: Path) -> None:
    prompts = pd.DataFrame({"prompt_id": ["p"], "prompt": ["ab"]})
    (row,) = respond(prompts, "g", GREEDY, Parrot(), tmp_path / "s").to_dict("records")
    assert row == {
        "prompt_id": "p",
        "dialect": None,
        "generator": "g",
        "sample": None,
        "response": "ba",
        "finish_reason": "stop",
        "n_tokens": 1,
    }


def test_more_prompts_of_one_dialect_are_the_only_ones_asked(tmp_path: Path) -> None:
    def prompts(**counts: int) -> pd.DataFrame:
        rows = [(f"{code} {n}", code) for code, count in counts.items() for n in range(count)]
        return pd.DataFrame(rows, columns=["prompt_id", "dialect"]).assign(
            prompt=lambda frame: frame["prompt_id"]
        )

    first, second = Parrot(), Parrot()
    for samples in (0, 2):
        ask = partial(respond, samples=samples) if samples else respond
        ask(prompts(egy=3, mar=2), "g", Sampling(seed=1), first, tmp_path / "s")
        rows = ask(prompts(egy=4, mar=2, syr=1), "g", Sampling(seed=1), second, tmp_path / "s")
    assert len(first.asked) == 5 * 3
    assert sorted(second.asked) == ["egy 3"] * 3 + ["syr 0"] * 3
    assert rows["dialect"].tolist() == ["egy"] * 8 + ["mar"] * 4 + ["syr"] * 2


def test_a_prompt_id_that_occurs_twice_is_named(tmp_path: Path) -> None:
    prompts = pd.DataFrame({"prompt_id": ["p", "p"], "prompt": ["a", "b"]})
    with pytest.raises(LahjaError, match="p occurs twice"):
        respond(prompts, "g", GREEDY, Parrot(), tmp_path / "s")


def test_progress_counts_kept_answers_and_what_was_spent(tmp_path: Path, capsys) -> None:
    class Paid(Parrot):
        cost = 0.0

        def generate(self, requests: list[Request]) -> Iterator[Answer]:
            for found in super().generate(requests):
                self.cost += 0.25
                yield found

    answer(_requests("ab", "cd"), Parrot(), tmp_path / "s")
    capsys.readouterr()
    answer(_requests("ab", "cd", "ef", "gh", "gh"), Paid(), tmp_path / "s")
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.endswith(": 2 of 4 prompts (50%)")
    assert ": 4 of 4 prompts (100%)" in last
    assert last.endswith("$0.50")


class Silent:
    """Has thoughts and no answers, but to what is asked last."""

    identity = "silent"

    def __init__(self, reason: str, last: str | None = None) -> None:
        self.reason, self.last = reason, last

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        for request in requests[:-1]:
            yield Answer(request.id, None, self.reason, 9)
        yield Answer(requests[-1].id, self.last, "stop" if self.last else self.reason, 9)


def test_a_model_that_answers_none_of_many_prompts_is_a_fault(tmp_path: Path) -> None:
    many = _requests(*"0123456789")
    told = r"none of 10 prompts got an answer: length \(10\); raise decoding\.max_new_tokens"
    with pytest.raises(LahjaError, match=told):
        answer(many, Silent("length"), tmp_path / "a")
    with pytest.raises(LahjaError, match=r"got an answer: refusal \(10\)$"):
        answer(many, Silent("refusal"), tmp_path / "a")
    # Of few prompts all may be refused, one answer is no fault, nor are recordings of others.
    assert len(answer(many[:9], Silent("refusal"), tmp_path / "b")) == 9
    assert len(answer(many, Silent("refusal", "ok"), tmp_path / "c")) == 10
    assert len(answer(many, Silent("refusal"), tmp_path / "c")) == 10
    assert len(answer(many, Silent(NOT_RECORDED), tmp_path / "d")) == 10


@pytest.mark.parametrize(
    ("rows", "systems"),
    [
        (
            {
                "kind": ["eng-da", "da-eng", "da-msa", "story"],
                "dialect": ["egy", "egy", "mar", "sau"],
            },
            ["In Egyptian Arabic, of Egypt.", "", "", "In Saudi Arabic, of Saudi Arabia."],
        ),
        (
            {"target_variety": ["egy", "eng", "msa", "sau"]},
            ["In Egyptian Arabic, of Egypt.", "", "", "In Saudi Arabic, of Saudi Arabia."],
        ),
    ],
)
def test_a_system_prompt_goes_before_requests_for_a_dialect(
    tmp_path: Path, rows: dict, systems: list
) -> None:
    prompts = pd.DataFrame(rows).assign(prompt_id=["1", "2", "3", "4"], prompt="hi")
    named = with_system_prompt(prompts, "In {dialect}, of {country}.")
    assert [*named["system"]] == systems
    assert {*with_system_prompt(prompts, "Answer.")["system"]} == {"Answer."}
    requests: list[Request] = []

    class Noting(Parrot):
        def generate(self, asked: list[Request]) -> Iterator[Answer]:
            requests.extend(asked)
            return super().generate(asked)

    for table in (prompts, named, named):
        respond(table, "g", GREEDY, Noting(), tmp_path / "s")
    # Those without a system prompt are the requests that were asked before.
    asked = [one for one in requests if one.system]
    assert [one.system for one in asked] == [text for text in systems if text]
    assert asked[0].turns == [
        {"role": "system", "content": systems[0]}, {"role": "user", "content": "hi"}
    ]  # fmt: skip


def test_examples_go_before_prompts_of_their_task_and_direction(tmp_path: Path) -> None:
    columns = ["prompt_id", "task", "source_variety", "target_variety", "prompt", "reference"]
    shots = [
        ("x", "translation", "eng", "egy", "hello", "أهلا"),
        ("y", "translation", "eng", "egy", "thanks", "شكرا"),
        ("z", "monolingual", None, "egy", "احكي", "ماشي"),
    ]
    asked = [
        ("1", "translation", "eng", "egy", "bye", None),
        ("2", "validation_translation", "eng", "egy", "why", None),
        ("3", "translation", "eng", "mar", "bye", None),
        ("4", "monolingual", None, "egy", "قول", None),
        ("5", "validation", None, "egy", "قول", None),
    ]
    requests: list[Request] = []

    class Noting(Parrot):
        def generate(self, asked: list[Request]) -> Iterator[Answer]:
            requests.extend(asked)
            return super().generate(asked)

    prompts, examples = (
        pd.DataFrame(rows, columns=columns, dtype=object) for rows in (asked, shots)
    )
    rows = with_examples(prompts, examples)
    for _ in range(2):
        respond(rows, "g", GREEDY, Noting(), tmp_path / "s")
    two = [("hello", "أهلا"), ("thanks", "شكرا")]
    # The last, which asks the same without an example, is another request.
    assert [[*one.examples] for one in requests] == [two, two, [], [("احكي", "ماشي")], []]
    roles = [turn["role"] for turn in requests[3].turns]
    assert roles == ["user", "assistant", "user"]
    assert [turn["content"] for turn in requests[3].turns] == ["احكي", "ماشي", "قول"]
    assert requests[4].turns == [{"role": "user", "content": "قول"}]
