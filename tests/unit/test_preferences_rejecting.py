"""References that are no answers to prefer, and kinds of negatives in their shares."""

from collections import Counter

from lahja.gates.asked import parse_prompt
from lahja.gates.gating import GATES
from lahja.gates.settings import GateSettings
from lahja.preferences.hardness import HardnessSettings
from lahja.preferences.preferred import Answer, Preferred
from lahja.preferences.rejecting import Rejecting, form_rows
from lahja.preferences.sentences import Sentence
from lahja.translation import translation_prompt


def reference(name, dialect_text, english="I want to drink some coffee now", origin="reference"):
    prompt = translation_prompt("eng", "egy", english)
    return Preferred(
        name, "egy", "eng-da", "eng-da", prompt, parse_prompt(prompt, "egy"),
        Answer(dialect_text, "egy", "own", origin),
        Sentence(name, "own", {"egy": (dialect_text,), "eng": (english,)}),
    )  # fmt: skip


def rejecting(weights, **limits):
    return Rejecting(weights, tuple(GATES), GateSettings(), HardnessSettings(**limits), 1)


GOOD = "انا عايز اشرب شوية قهوة دلوقتي"


def test_references_that_are_no_answers_are_counted_and_not_chosen():
    ones = [
        reference("good", GOOD),
        reference("short", "عايز قهوة"),
        reference("same", "coffee in Cairo now", english="Coffee, in Cairo now!"),
        reference("looping", "عايز قهوة " * 6),
        reference("msa", "لماذا تريد أن أشرب هذه القهوة الآن؟"),
    ]
    formed = form_rows(ones, rejecting({"wrong-language": 1}))
    assert [row["prompt_id"] for row in formed.rows] == ["good"]
    stops = {step: n for (_, step), n in formed.counts.items() if step.startswith("reference")}
    assert stops == {
        "reference stopped: too short": 1,
        "reference stopped: the source unchanged": 1,
        "reference stopped: repetition": 1,
        "reference stopped: dialect": 1,
    }


def test_candidates_were_judged_before_and_are_not_again():
    one = reference("short", "عايز قهوة", english="want some coffee", origin="generated")
    assert len(form_rows([one], rejecting({"wrong-language": 1})).rows) == 1


def test_any_first_few_rows_keep_the_weights():
    ones = [reference(str(i), GOOD) for i in range(30)]
    weights = {"wrong-language": 2, "loop": 1}
    rows = form_rows(ones, rejecting(weights)).rows
    for n in (3, 9, 30):
        found = Counter(row["rejected_origin"] for row in rows[:n])
        assert found == {"negative:wrong-language": 2 * n / 3, "negative:loop": n / 3}
    assert len(form_rows(ones, rejecting(weights), most=7).rows) == 7


def test_a_kind_of_weight_0_is_never_used():
    ones = [reference(str(i), GOOD) for i in range(5)]
    rows = form_rows(ones, rejecting({"wrong-language": 0, "loop": 1})).rows
    assert {row["rejected_origin"] for row in rows} == {"negative:loop"}


def test_a_prompt_with_nothing_to_reject_is_counted():
    formed = form_rows([reference("good", GOOD)], rejecting({"msa": 1, "changed-number": 1}))
    assert formed.rows == [] and formed.counts["eng-da", "without a negative"] == 1
