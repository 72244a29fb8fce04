"""Pairs of labelled candidates, with gates or without, and the validation set."""

import json

import pandas as pd
import pytest

from lahja.core.command import run
from lahja.core.errors import LahjaError
from lahja.core.tables import (
    CANDIDATES,
    EVALUATION_PROMPTS,
    FUNNEL,
    PAIRS,
    PROMPTS,
    read_table,
    write_table,
)
from lahja.preferences.gates import GATES
from lahja.preferences.pairs import PairSettings, intents_of, pairs_by_label, validation_set
from lahja.prompts.intent import ANSWER, TRANSLATE
from lahja.prompts.wordings import translation_prompt


def prompts():
    return pd.DataFrame(
        [
            {"prompt_id": f"{d}-{i}", "dialect": d, "kind": "reply", "source_variety": d,
             "source": "س", "reference": None, "sentence_id": "x", "prompt": f"رد {i}"}
            for d in ("egy", "mar")
            for i in range(4)
        ]
    )  # fmt: skip


def candidates(wanted=lambda prompt_id: True):
    rows = []
    for prompt in prompts().itertuples():
        for generator in ("llama", "gpt-4o"):
            good = generator == "gpt-4o" and wanted(prompt.prompt_id)
            label = prompt.dialect if good else "msa"
            rows.append(
                {"prompt_id": prompt.prompt_id, "dialect": prompt.dialect, "generator": generator, "sample": None,
                 "origin": "generated", "response": f"{label} {generator} {prompt.prompt_id}",
                 "finish_reason": "stop", "label": label, "probability": 0.9}
            )  # fmt: skip
    return pd.DataFrame(rows)


def built(prompts, candidates, *gates):
    return pairs_by_label(prompts, candidates, PairSettings(seed=1, gates=list(gates)))


def test_the_wanted_dialect_is_chosen_and_another_variety_rejected():
    pairs = built(prompts(), candidates())[0]
    assert len(pairs) == 8
    assert (pairs["chosen_label"] == pairs["dialect"]).all()
    assert (pairs["rejected_label"] != pairs["dialect"]).all()
    assert pairs["pair_id"].is_unique


def test_a_prompt_without_both_sides_gives_no_pair():
    pairs = built(prompts(), candidates(lambda p: p.endswith("1")))[0]
    assert sorted(pairs["prompt_id"]) == ["egy-1", "mar-1"]


def test_empty_responses_are_never_chosen():
    rows = candidates()
    rows.loc[rows["prompt_id"] == "egy-0", "response"] = "  "
    assert "egy-0" not in set(built(prompts(), rows)[0]["prompt_id"])


def test_pairs_of_one_prompt_do_not_hang_on_others():
    all_pairs = built(prompts(), candidates())[0].set_index("prompt_id")
    some = built(prompts(), candidates().iloc[:4])[0].set_index("prompt_id")
    assert some["pair_id"].to_dict().items() <= all_pairs["pair_id"].to_dict().items()


def test_a_classifier_that_labels_nothing_as_wanted_is_reported():
    with pytest.raises(LahjaError, match="none of 8 candidates as mar"):
        built(prompts(), candidates(lambda p: p.startswith("egy")))[0]


def test_validation_takes_the_gold_generators_right_answers():
    gold = validation_set(prompts(), candidates(), "gpt-4o", 2, seed=1)
    assert gold["target_variety"].value_counts().to_dict() == {"egy": 2, "mar": 2}
    assert gold["reference"].str.contains("gpt-4o").all()
    with pytest.raises(LahjaError, match="none of 4 answers of llama is labelled egy"):
        validation_set(prompts(), candidates(), "llama", 2, seed=1)


def test_the_funnel_counts_each_step():
    counts = built(prompts(), candidates())[1].set_index(["dialect", "step"])["count"]
    assert counts["egy", "prompts"] == 4
    assert counts["egy", "responses"] == 8
    assert counts["egy", "in the wanted dialect"] == 4
    assert counts["egy", "pairs"] == 4


SOURCE = "أين وضعت مفتاح السيارة الزرقاء يا أمي؟"
REFERENCE = "حطيتي مفتاح العربية الزرقا فين يا ماما؟"
LONG = "المفتاح موجود فوق الطاولة الكبيرة في غرفة الجلوس بجانب التلفاز. " * 4 + "ثم وضعت"


def translations(n=3):
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
        "prompt_id": str(prompt_id), "dialect": "egy", "generator": generator, "sample": None, "origin": "generated",
        "response": response, "finish_reason": finish_reason, "label": label, "probability": 0.9,
        "options": ["egy", "msa"], "probabilities": [0.9, 0.1] if label == "egy" else [0.1, 0.9],
    }  # fmt: skip


def labelled():
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


def test_what_a_gate_stops_is_neither_chosen_nor_rejected_and_the_funnel_tells_by_which():
    pairs, table = built(translations(), labelled(), *GATES)
    assert pairs["chosen"].tolist() == ["مفتاح العربية الزرقا فين يا ماما؟"]
    assert pairs["rejected"].tolist() == [SOURCE + " نعم"]
    assert list(table.columns) == FUNNEL.names
    counts = table.set_index("step")["count"]
    assert counts["in the wanted dialect"] == 4
    assert counts["stopped: artefact"] == 1
    assert counts["stopped: adequacy"] == 1
    assert counts["stopped: truncated_rejected"] == 1
    assert counts["stopped: echo"] == 0
    assert counts["through the gates"] == 2
    assert table["step"].iloc[-1] == "pairs" and counts["pairs"] == 1


def test_only_the_gates_that_are_named_are_applied():
    _, table = built(translations(), labelled(), "artefact")
    steps = table["step"]
    assert set(steps[steps.str.startswith("stopped")]) == {"stopped: artefact"}
    assert table.set_index("step")["count"]["through the gates"] == 3


def test_gates_that_leave_nothing_to_choose_are_named():
    rows = labelled().iloc[[2, 4]]
    with pytest.raises(LahjaError, match=r"stop all 1 candidates in egy \(artefact stops 1\)"):
        built(translations(), rows, *GATES)


def test_what_a_prompt_asks_for_is_in_its_columns():
    def intent(**columns):
        values = {"dialect": "egy", "prompt": "x", "source": None, "source_variety": None}
        return intents_of(pd.DataFrame([values | columns | {"prompt_id": "p"}], dtype=object))["p"]

    into = intent(kind="translation", source_variety="msa", source=SOURCE)
    back = intent(kind="da-eng", source_variety="egy", source=SOURCE)
    assert (into.kind, into.variety, into.language) == (TRANSLATE, "egy", "Arabic")
    assert (back.kind, back.variety, back.language) == (TRANSLATE, "eng", "English")
    # A template's text, in whatever way it is put in.
    about = intent(
        kind="reply", source_variety="egy", source="تعالى بكرة", prompt="رد على تعالى بكرة بسرعة"
    )
    assert (about.kind, about.variety, about.payload) == (ANSWER, "egy", "تعالى بكرة")
    assert about.instruction.split() == ["رد", "على", "بسرعة"]


def test_what_is_set_aside_for_validation_is_in_no_pair(tmp_path):
    import build_pairs as pairs_script
    import build_validation as validation_script

    prompts_path, labels_path, kept = (tmp_path / name for name in ("prompts", "labels", "kept"))
    write_table(prompts_path, prompts(), PROMPTS)
    write_table(labels_path, candidates().assign(options=None, probabilities=None), CANDIDATES)
    settings = {"gold_generator": "gpt-4o", "per_dialect": 1, "seed": 1}
    validation_script.main(prompts_path, labels_path, settings, kept)

    def build(**more):
        # As the rule calls it: by label, no scorer is given.
        settings = json.dumps({"seed": 1, "select": "label", "pairs_per_prompt": 1} | more)
        run(
            pairs_script.main,
            [
                *("--kind", "preferences", "--prompts", str(prompts_path)),
                *("--candidates", str(labels_path)),
                *("--validation", str(kept), "--parallel", "--aldi", "--country", "--language"),
                *("--settings", settings),
                *("--output", str(tmp_path / "pairs"), "--funnel-counts", str(tmp_path / "funnel")),
            ],
        )
        return read_table(tmp_path / "pairs", PAIRS), read_table(tmp_path / "funnel", FUNNEL)

    set_aside = set(read_table(kept, EVALUATION_PROMPTS)["prompt_id"])
    pairs, funnel = build()
    assert len(set_aside) == 2 and not set_aside & set(pairs["prompt_id"])
    assert len(pairs) == 6
    assert funnel[funnel["step"] == "prompts"]["count"].tolist() == [3, 3]
    # Of one dialect alone, its own pairs and no others.
    own, funnel = build(dialects=["egy"])
    assert own.equals(pairs[pairs["dialect"] == "egy"].reset_index(drop=True))
    assert set(funnel["dialect"]) == {"egy"}
