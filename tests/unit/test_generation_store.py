import json
from dataclasses import asdict
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import canonical_json, digest_of_text
from lahja.generation.answering import AnswerStore
from lahja.generation.backend import Answer, Request, Sampling, request_key

FIRST, SECOND = Answer("a", "تمام", "stop", 2), Answer("b", "ok", "length", 9)


def _all(store: AnswerStore) -> dict[str, Answer]:
    return store.known(["a", "b", "x"])


def test_answers_are_there_again(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    with AnswerStore(path) as store:
        store.add({"a": FIRST})
    with AnswerStore(path) as store:
        store.add({"b": SECOND})
    with AnswerStore(path) as store:
        assert _all(store) == {"a": FIRST, "b": SECOND}


def test_a_torn_last_line_is_dropped_and_the_next_answer_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    with AnswerStore(path) as store:
        store.add({"a": FIRST})
    with path.open("ab") as file:
        file.write('{"key": "x", "text": "نص'.encode()[:-1])
    with AnswerStore(path) as store:
        assert _all(store) == {"a": FIRST}
        store.add({"b": SECOND})
    with AnswerStore(path) as store:
        assert _all(store) == {"a": FIRST, "b": SECOND}


def test_several_answers_are_added_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    with AnswerStore(path) as store:
        store.add({"a": FIRST, "b": SECOND})
    with AnswerStore(path) as store:
        assert _all(store) == {"a": FIRST, "b": SECOND}


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    with AnswerStore(path), pytest.raises(LahjaError, match="another process"), AnswerStore(path):
        pass


def test_a_damaged_answer_is_asked_again_and_the_others_are_not(
    tmp_path: Path, capsys, expect_row
) -> None:
    path = tmp_path / "store.jsonl"
    with AnswerStore(path) as store:
        store.add({"a": FIRST, "b": SECOND})
    content = path.read_bytes()
    places, n_lost = range(0, len(content) // 2, 3), 0
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with AnswerStore(path) as store:
            assert _all(store).items() <= {"a": FIRST, "b": SECOND}.items()
            n_lost += len(_all(store)) < 2
            store.add({"a": FIRST, "b": SECOND})
        with AnswerStore(path) as store:
            assert _all(store) == {"a": FIRST, "b": SECOND}
    assert f"{path}: 1 lines are damaged and count for nothing" in capsys.readouterr().err
    what = "a bit of a store, whose answer is asked for again"
    expect_row(what, len(places), n_lost, len(places) - n_lost, 0)


def test_a_store_of_an_older_run_is_read(tmp_path: Path) -> None:
    path = tmp_path / "store.jsonl"
    row = {"key": "a", **asdict(FIRST)}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    with AnswerStore(path) as store:
        assert _all(store) == {"a": FIRST}


def test_the_key_depends_on_model_prompt_and_sampling_alone() -> None:
    request = Request("1", "hi", Sampling())
    key = request_key("m", request)
    assert key == request_key("m", Request("2", "hi", Sampling()))
    others = [
        request_key("n", request),
        request_key("m", Request("1", "ho", Sampling())),
        request_key("m", Request("1", "hi", Sampling(seed=1))),
        request_key("m", Request("1", "hi", Sampling(max_new_tokens=1))),
        request_key("m", Request("1", "hi", Sampling(top_k=1))),
        request_key("m", Request("1", "hi", Sampling(repetition_penalty=1.0))),
        request_key("m", Request("1", "hi", Sampling(no_repeat_ngrams=3))),
        request_key("m", Request("1", "hi", Sampling(with_probability=True))),
    ]
    assert len({key, *others}) == 9
    sampling = {"temperature": 0.0, "top_p": 1.0, "max_new_tokens": 128, "seed": 0}
    facts = {"model": "m", "prompt": "hi", "sampling": sampling}
    assert key == digest_of_text(canonical_json(facts))
