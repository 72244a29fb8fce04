"""Directions in known shares."""

from collections import Counter

import pytest

from lahja.errors import LahjaError
from lahja.gates.asked import parse_prompt
from lahja.preferences.directions import LEFT_OUT, LIMITS, MISSING, balance
from lahja.preferences.preferred import Answer, Preferred, Supply, from_references
from lahja.preferences.rejecting import Formed
from lahja.preferences.sentences import Sentence


def supply(direction, n):
    asked = parse_prompt("قولي حاجة", "egy")
    chosen = Answer("حاضر", "egy", "g", "generated")
    ones = [
        Preferred(f"{direction}{i}", "egy", direction, direction, "", asked, chosen)
        for i in range(n)
    ]
    return Supply(Counter({direction: n}), ones)


def form(preferred, most):
    ones = list(preferred)[:most]
    return Formed([{"kind": one.kind, "id": one.prompt_id} for one in ones])


def numbers(balanced):
    return Counter(row["kind"] for row in balanced.rows)


def test_the_scarcest_direction_sets_how_many_there_are():
    there = {"eng-da": supply("eng-da", 50), "da-eng": supply("da-eng", 7)}
    found = balance("egy", there, {"eng-da": 0.4, "da-eng": 0.2}, form)
    assert numbers(found) == {"eng-da": 14, "da-eng": 7}
    assert found.counts["da-eng", LIMITS] == 7
    assert ("eng-da", LIMITS) not in found.counts
    assert len({row["id"] for row in found.rows}) == 21


def test_pairs_that_cannot_be_formed_shrink_what_was_formed_before_them():
    there = {"eng-da": supply("eng-da", 10), "da-eng": supply("da-eng", 12)}

    def form_few(preferred, most):
        formed = form(preferred, most)
        return Formed([row for row in formed.rows if row["kind"] == "eng-da"] or formed.rows[:4])

    found = balance("egy", there, {"eng-da": 1, "da-eng": 1}, form_few)
    assert numbers(found) == {"eng-da": 4, "da-eng": 4}
    assert found.counts["eng-da", LEFT_OUT] == 6


def test_no_more_than_are_wanted_and_what_is_missing_is_said():
    there = {"eng-da": supply("eng-da", 50), "da-eng": supply("da-eng", 7)}
    shares = {"eng-da": 0.5, "da-eng": 0.5}
    enough = balance("egy", there, shares, form, most=10)
    assert numbers(enough) == {"eng-da": 5, "da-eng": 5} and not enough.counts
    few = balance("egy", there, shares, form, most=30)
    assert numbers(few) == {"eng-da": 7, "da-eng": 7}
    assert few.counts["da-eng", MISSING] == few.counts["eng-da", MISSING] == 8


def test_a_direction_without_a_pair_is_an_error_that_names_it_and_the_dialect():
    there = {"eng-da": supply("eng-da", 3), "free": supply("free", 0)}
    with pytest.raises(LahjaError, match=r"directions\.free: no pair for egy out of 0 prompts"):
        balance("egy", there, {"eng-da": 0.5, "free": 0.5}, form)
    assert numbers(balance("egy", there, {"eng-da": 0.5, "free": 0}, form)) == {"eng-da": 3}


SENTENCES = [
    Sentence(f"g{i}", "own", {"egy": (f"الأوضة رقم {i} جاهزة", f"أوضة {i} خلصت"), "eng": (f"Room {i} is ready",)})
    for i in range(20)
]  # fmt: skip


def test_references_are_asked_for_once_a_sentence_in_an_order_of_their_own():
    into, out = (from_references(SENTENCES, "egy", d, 1) for d in ("eng-da", "da-eng"))
    assert into.counts == {"eng-da": 20}
    one, other = list(into.prompts), list(out.prompts)
    assert len({p.sentence.group_id for p in one}) == 20
    assert [p.sentence.group_id for p in one] != [p.sentence.group_id for p in other]
    assert all(p.chosen.label == "egy" and p.asked.source_variety == "eng" for p in one)
    assert all(p.chosen.label == "eng" and p.asked.variety == "eng" for p in other)
    assert {p.chosen.text.split()[0] for p in one} == {"الأوضة", "أوضة"}


def test_a_sentence_without_the_side_is_not_asked_for():
    assert from_references(SENTENCES, "egy", "da-msa", 1).counts.total() == 0
    assert from_references(SENTENCES, "syr", "eng-da", 1).counts.total() == 0
