"""Pairs of candidates that the gates let through, and the funnel that says what was stopped."""

import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.gates.settings import GateSettings
from lahja.pairs import form_pairs, funnel
from lahja.preferences.gated import THROUGH, gate_candidates, with_counts
from lahja.tables import CANDIDATES, FUNNEL
from lahja.translation import translation_prompt

SOURCE = "أين وضعت مفتاح السيارة الزرقاء يا أمي؟"
REFERENCE = "حطيتي مفتاح العربية الزرقا فين يا ماما؟"
LONG = "المفتاح موجود فوق الطاولة الكبيرة في غرفة الجلوس بجانب التلفاز. " * 4 + "ثم وضعت"


def prompts(n=3):
    text = translation_prompt("msa", "egy", SOURCE)
    return pd.DataFrame(
        [
            {"prompt_id": str(i), "dialect": "egy", "kind": "translation", "source_variety": "msa",
             "source": SOURCE, "reference": REFERENCE, "sentence_id": "s", "prompt": text}
            for i in range(n)
        ]
    )  # fmt: skip


def candidate(prompt_id, response, label, finish_reason="stop", generator="g"):
    return {
        "prompt_id": str(prompt_id), "dialect": "egy", "generator": generator, "origin": "generated",
        "response": response, "finish_reason": finish_reason, "label": label, "probability": 0.9,
        "options": ["egy", "msa"], "probabilities": [0.9, 0.1] if label == "egy" else [0.1, 0.9],
    }  # fmt: skip


def candidates():
    rows = [
        candidate(0, "مفتاح العربية الزرقا فين يا ماما؟", "egy"),
        candidate(0, SOURCE + " نعم", "msa"),
        candidate(1, '"مفتاح العربية الزرقا فين يا ماما؟"', "egy"),
        candidate(1, "بحب القهوة من غير سكر خالص والله العظيم", "egy", generator="h"),
        candidate(1, SOURCE + " لا", "msa"),
        candidate(2, "حطيتي مفتاح العربية فين يا ماما؟", "egy"),
        candidate(2, LONG, "msa", "length"),
    ]
    return pd.DataFrame(rows)[CANDIDATES.names]


def test_what_a_gate_stops_is_neither_chosen_nor_rejected():
    gated = gate_candidates(prompts(), candidates(), GateSettings())
    pairs = form_pairs(prompts(), gated.candidates, 1, seed=1)
    assert pairs["chosen"].tolist() == ["مفتاح العربية الزرقا فين يا ماما؟"]
    assert pairs["rejected"].tolist() == [SOURCE + " نعم"]
    assert list(gated.candidates.columns) == CANDIDATES.names


def test_the_funnel_says_which_gate_stopped_how_many():
    gated = gate_candidates(prompts(), candidates(), GateSettings())
    pairs = form_pairs(prompts(), gated.candidates, 1, seed=1)
    table = with_counts(funnel(prompts(), candidates(), pairs), gated.counts)
    assert list(table.columns) == FUNNEL.names
    counts = table.set_index("step")["count"]
    assert counts["in the wanted dialect"] == 4
    assert counts["stopped: artefact"] == 1
    assert counts["stopped: adequacy"] == 1
    assert counts["stopped: truncated_rejected"] == 1
    assert counts["stopped: echo"] == 0
    assert counts[THROUGH] == 2
    assert table["step"].iloc[-1] == "pairs" and counts["pairs"] == 1


def test_only_the_gates_that_are_named_are_applied():
    gated = gate_candidates(prompts(), candidates(), GateSettings(), ("artefact",))
    assert len(gated.candidates) == len(candidates()) - 1
    assert set(gated.counts["step"]) == {"stopped: artefact", THROUGH}


def test_gates_that_leave_nothing_to_choose_are_named():
    rows = candidates().iloc[[2, 4]]
    with pytest.raises(LahjaError, match=r"stop all 1 candidates in egy \(artefact stops 1\)"):
        gate_candidates(prompts(), rows, GateSettings())
