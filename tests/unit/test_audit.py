"""`lahja audit` on every kind of preference file, and its comparison with labels."""

import json

import pandas as pd
import pytest

from lahja.cli import audit as audit_command
from lahja.cli import main
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.tables import AUDIT, PAIRS, VERDICTS, read_table, write_table
from lahja.corpora.readers import PreferencePair, Reject, preferences, read_preferences
from lahja.preferences.gates import GATES_OF_PAIRS
from lahja.preferences.gates.audit import (
    GATES_OF_DEFECT,
    audit_pairs,
    load_classifier,
    load_translator,
    read_labels,
    recall_table,
    with_back_translations,
    with_defects,
    with_labels,
)
from lahja.preferences.gates.verdict import Pair
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import translation_prompt

WHERE = translation_prompt("eng", "egy", "Where is my red bag?")
SOUND = (WHERE, "فين شنطتي الحمرا؟", "أين حقيبتي الحمراء؟")
WRONG = (WHERE, "Where is my bag?", "فين شنطتي؟")
QUOTED = (WHERE, '"فين شنطتي الحمرا؟"', "أين حقيبتي الحمراء؟")
LEVANTINE = (WHERE, "وين شنطتي الحمرا هون؟", "أين حقيبتي الحمراء؟")
TRIPLES = [SOUND, WRONG, QUOTED, LEVANTINE]
GATES_FOUND = [None, "language", "artefact", "dialect"]


def plain(triple):
    return dict(zip(("prompt", "chosen", "rejected"), triple, strict=True))


def conversational(triple):
    prompt, chosen, rejected = triple
    return {
        "prompt": [{"role": "user", "content": prompt}],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
    }


def implicit(triple):
    parts = conversational(triple)
    prompt = parts.pop("prompt")
    return {side: prompt + turns for side, turns in parts.items()}


def ranking(triple):
    prompt, chosen, rejected = triple
    return {
        "conversations": [{"from": "human", "value": prompt}],
        "chosen": {"from": "gpt", "value": chosen},
        "rejected": {"from": "gpt", "value": rejected},
    }


def write(path, form):
    records = [form(triple) for triple in TRIPLES]
    if path.suffix == ".json":
        path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    else:
        lines = (json.dumps(record, ensure_ascii=False) for record in records)
        path.write_text("\n".join(lines), encoding="utf-8")
    return path


def our_table(path):
    rows = [
        dict.fromkeys(PAIRS.names, "x")
        | plain(triple)
        | {"pair_id": str(n), "dialect": "egy", "chosen_label": "egy"}
        for n, triple in enumerate(TRIPLES)
    ]
    write_table(path, pd.DataFrame(rows), PAIRS)
    return path


FILES = [
    ("pairs.jsonl", plain), ("pairs.jsonl", conversational), ("pairs.jsonl", implicit),
    ("pairs.json", ranking), ("pairs.json", plain), ("pairs.parquet", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FILES)
def test_every_form_is_audited_alike(tmp_path, capsys, name, form):
    file = tmp_path / name
    file = our_table(file) if form is None else write(file, form)
    main(["audit", str(file), "--output", str(tmp_path / "out")])
    table = read_table(tmp_path / "out/audit.parquet", AUDIT)
    assert table["gate"].tolist() == GATES_FOUND
    assert table["index"].tolist() == [0, 1, 2, 3]
    assert set(table["target_variety"]) == {"egy"}
    assert "4 pairs: 3 stopped, 1 go through" in capsys.readouterr().out
    verdicts = read_table(tmp_path / "out/verdicts.parquet", VERDICTS)
    assert set(verdicts["status"]) == {"passed", "stopped", "not computed"}
    assert verdicts["reason"].str.len().min() > 0
    assert pd.read_csv(tmp_path / "out/audit.csv")["all_gates"].fillna("").tolist()[0] == ""


def test_labels_give_recall_precision_misses_and_false_stops(tmp_path, capsys):
    file = write(tmp_path / "pairs.json", ranking)
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "index,defects\n0,adequacy;truncated_rejected\n1,wrong_language;adequacy\n2,none\n"
        "3,wrong_dialect\n"
    )
    main(["audit", str(file), "--labels", str(labels)])
    lines = capsys.readouterr().out.splitlines()
    assert "recall wrong_language 1.000" in lines
    assert "recall wrong_dialect 1.000" in lines
    assert "recall adequacy 0.500" in lines
    assert "recall truncated_rejected 0.000" in lines
    assert "precision 0.667" in lines
    assert "sound pairs stopped: 1 of 1" in lines
    assert any(line.startswith("missed 0 (adequacy, truncated_rejected)") for line in lines)
    assert any(line.startswith("false stop 2 (artefact:") for line in lines)
    assert "adequacy: 1 of 2 stopped, 0 by a gate for it" in lines


def test_a_stop_for_the_rejected_text_catches_no_defect_of_the_chosen_one(tmp_path):
    cut = "كان يا ما كان في قديم الزمان راجل عنده أرض كبيرة. " * 4 + "وفي يوم من"
    pairs = [PreferencePair(WHERE, SOUND[1], cut, "f", 1)]
    audit = audit_pairs(pairs, Gates())[0]
    labelled = with_defects(audit, {0: ("adequacy", "truncated_rejected")})
    assert recall_table(labelled)["stopped"].to_dict() == {"adequacy": 0, "truncated_rejected": 1}
    assert labelled["gate"].notna().all()
    assert {gate for gates in GATES_OF_DEFECT.values() for gate in gates} == set(GATES_OF_PAIRS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index,defects\n0,spelling\n", "labels.csv:2: defect 'spelling': expected none"),
        ("index,defects\n0,none;echo\n", "labels.csv:2: defect 'none'"),
        ("index,defects\nx,none\n", "labels.csv:2: index 'x'"),
        ("index,kind\n0,none\n", "defects"),
    ],
)
def test_faulty_labels_are_named(tmp_path, text, message):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(LahjaError, match=message):
        read_labels(path)


def test_labels_without_a_pair_are_refused():
    pairs = [PreferencePair(WHERE, "نعم", "لا", "f", 1)]
    with pytest.raises(LahjaError, match="there is no pair 7"):
        with_defects(audit_pairs(pairs, Gates())[0], {7: ()})


def test_records_that_are_no_pairs_are_rejects_and_keep_the_numbers(tmp_path):
    file = tmp_path / "pairs.jsonl"
    records = [{"prompt": "س"}, plain(SOUND), {"chosen": ["no turn"], "rejected": []}]
    file.write_text("\n".join(map(json.dumps, records)))
    first, second, third = read_preferences(file)
    assert isinstance(first, Reject) and isinstance(third, Reject)
    assert "found prompt" in first.reason and "expected a turn, found str" in third.reason
    assert second.line == 2


TURNS = [{"role": "user", "content": WHERE}]
GOOD, BAD = (
    {"role": "assistant", "content": "فين الشنطة؟"},
    {"role": "assistant", "content": "أين الحقيبة؟"},
)
HUMAN = f"\n\nHuman: {WHERE}\n\nAssistant:"
LAYOUTS = {
    "UltraFeedback": {"prompt": WHERE, "messages": [*TURNS, GOOD], "chosen": [*TURNS, GOOD],
                      "rejected": [*TURNS, BAD]},
    "orpo-dpo-mix": {"prompt": WHERE, "chosen": [*TURNS, GOOD], "rejected": [*TURNS, BAD]},
    "Alpaca": {"instruction": WHERE, "input": "", "output": [GOOD["content"], BAD["content"]]},
    "roles": {"prompt": [{"role": "Human", "content": WHERE}],
              "chosen": [{"role": "Assistant", "content": GOOD["content"]}],
              "rejected": [{"role": "Assistant", "content": BAD["content"]}]},
    "ms-swift": {"messages": [*TURNS, GOOD], "rejected_response": BAD["content"]},
    "ms-swift of old": {"query": WHERE, "response": GOOD["content"],
                        "rejected_response": BAD["content"], "history": []},
    "rejected messages": {"messages": [*TURNS, GOOD], "rejected_messages": [*TURNS, BAD]},
    "HH-RLHF": {"chosen": f"{HUMAN} {GOOD['content']}", "rejected": f"{HUMAN} {BAD['content']}"},
    "Orca": {"system": "", "question": WHERE, "chosen": GOOD["content"], "rejected": BAD["content"]},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_other_tools_are_read(tmp_path, layout):
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps(LAYOUTS[layout]))
    (pair,) = read_preferences(file)
    assert pair[:3] == (WHERE, GOOD["content"], BAD["content"])


@pytest.mark.parametrize("value", [None, 3, [], [{"type": "text", "text": "نعم"}], ["نعم"], {}])
@pytest.mark.parametrize("form", [plain, conversational, ranking])
def test_a_record_without_a_text_is_a_reject_and_the_rest_is_judged(tmp_path, value, form):
    file = tmp_path / "pairs.json"
    broken = json.dumps(form((WHERE, "CHOSEN", "لا"))).replace('"CHOSEN"', json.dumps(value))
    file.write_text(f"[{broken}, {json.dumps(form(SOUND))}]")
    first, second = read_preferences(file)
    assert isinstance(first, Reject) and first.line == 1
    assert second.line == 2 and second.chosen == SOUND[1]


def test_a_broken_line_is_a_reject(tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(['{"prompt": "a"', "", json.dumps(plain(SOUND))]))
    broken, pair = read_preferences(file)
    assert (broken.line, broken.reason) == (1, "not a JSON object")
    assert pair.line == 3


def test_an_array_is_read_a_part_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "_CHUNK", 7)
    file = write(tmp_path / "pairs.json", ranking)
    assert [pair.chosen for pair in read_preferences(file)] == [chosen for _, chosen, _ in TRIPLES]
    whole = file.read_text()
    file.write_text(f"\ufeff {whole[:-1]}\n, 3]\n")
    *pairs, number = read_preferences(file)
    assert len(pairs) == 4 and number.reason == "not a preference pair (expected an object)"
    file.write_text(whole[:-20])
    pairs = read_preferences(file)
    assert [next(pairs).line for _ in range(3)] == [1, 2, 3]
    with pytest.raises(LahjaError, match="not a JSON array: expected a record or its"):
        next(pairs)


def test_all_parts_of_a_file_are_counted(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(audit_command, "_CHUNK", 3)
    file = write(tmp_path / "pairs.jsonl", plain)
    file.write_text(f"{file.read_text()}\nnot JSON\n{json.dumps(plain(SOUND))}")
    labels = tmp_path / "labels.csv"
    labels.write_text("index,defects\n0,none\n3,wrong_dialect\n5,none\n")
    main(["audit", str(file), "--labels", str(labels), "--output", str(tmp_path)])
    table = read_table(tmp_path / "audit.parquet", AUDIT)
    assert table["gate"].tolist() == [*GATES_FOUND, None]
    assert pd.read_csv(tmp_path / "audit.csv")["index"].tolist() == [0, 1, 2, 3, 5]
    printed = capsys.readouterr().out
    assert f"{file}:5: not a JSON object" in printed and "records that are no pairs: 1" in printed
    assert "5 pairs: 3 stopped, 2 go through" in printed and "precision 1.000" in printed


def test_the_whole_conversation_tells_the_variety(tmp_path, capsys):
    question, there = {"role": "user", "content": "Where is it?"}, {"role": "user", "content": "Hi"}
    system = {"role": "system", "content": "Answer in Egyptian Arabic."}
    asked = {"role": "user", "content": "From now on talk to me in Egyptian Arabic."}
    arabic, english = "هناك جنب الباب.", "It is there by the door."
    records = [
        {"prompt": before, "chosen": arabic, "rejected": english}
        for before in ([system, question], [asked, GOOD, question], [there, GOOD, question])
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    main(["audit", str(file), "--output", str(tmp_path)])
    audit = read_table(tmp_path / "audit.parquet", AUDIT)
    assert audit["target_variety"].tolist() == ["egy", "egy", "eng"]
    assert audit["gate"].tolist() == [None, None, "language"]


def test_what_a_file_says_of_a_pair_is_used(tmp_path):
    file = tmp_path / "pairs.jsonl"
    told = {"target_variety": "syr", "reference": "وين شنطتي", "rejected_finish": "length"}
    file.write_text(json.dumps(plain(SOUND) | told))
    (pair,) = read_preferences(file)
    assert (pair.variety, pair.reference, pair.rejected_finish) == tuple(told.values())


@pytest.mark.parametrize("name", ["absent.json", "pairs.txt", "object.json", "broken.parquet"])
def test_files_that_hold_no_pairs_are_named(tmp_path, name):
    path = tmp_path / name
    if name != "absent.json":
        path.write_text("{}")
    with pytest.raises(SystemExit, match=f"lahja: .*{name}"):
        main(["audit", str(path)])


# --- models -----------------------------------------------------------------------------------


class FakeModels:
    """Calls every text Syrian, and translates by a table."""

    def __init__(self, table=None):
        self.table, self.asked = table or {}, []

    def label(self, texts):
        return ("egy", "syr"), [[0.01, 0.99] for _ in texts]

    def translate(self, texts, source, target):
        self.asked.append((tuple(texts), source, target))
        return [self.table.get(text) for text in texts]


def judged(*triples):
    return [Pair(parse_prompt(p), chosen, rejected) for p, chosen, rejected in triples]


def test_a_classifier_labels_arabic_texts_only():
    arabic, latin = with_labels(judged(SOUND, WRONG), FakeModels().label)
    assert arabic.label == "syr"
    assert arabic.probabilities == {"egy": 0.01, "syr": 0.99}
    assert latin.label is None


def test_a_translator_is_asked_for_the_way_back():
    fake = FakeModels({"فين شنطتي الحمرا؟": "Where is my red bag?"})
    joke = ("Tell me a joke in Egyptian Arabic", "مرة واحد", "لا")
    back, wrapped, none = with_back_translations(judged(SOUND, QUOTED, joke), fake.translate)
    red = "Where is my red bag?"
    assert fake.asked[:2] == [
        (("فين شنطتي الحمرا؟", "فين شنطتي الحمرا؟"), "egy", "eng"),
        ((red, red), "eng", "egy"),
    ]
    assert back.own_round_trip is None
    assert back.back_translation == "Where is my red bag?"
    assert wrapped.back_translation == "Where is my red bag?"
    assert none.back_translation is None


def test_models_change_what_the_audit_says():
    pairs = [PreferencePair(WHERE, "الشنطة بتاعت مين؟", "لا", "f", 1)]
    (alone,) = audit_pairs(pairs, Gates())[0]["all_gates"]
    red, there = "Where is my red bag?", "فين شنطتي الحمرا؟"
    fake = FakeModels({"الشنطة بتاعت مين؟": "Nobody sells tea", red: there, there: red})
    audit, _ = audit_pairs(pairs, Gates(), fake.label, fake.translate)
    assert alone == []
    assert audit["all_gates"].tolist() == [["adequacy", "dialect"]]


@pytest.mark.model
def test_models_of_a_run_are_known_by_their_folders(tmp_path, small_root):
    assert len(load_translator(small_root)(["شو"], "syr", "eng")) == 1
    options, (row,) = load_classifier(small_root)(["شو أخبارك"])
    assert len(row) == len(options) == 6 and sum(row) == pytest.approx(1)
    with pytest.raises(LahjaError, match="not a model folder"):
        load_classifier(tmp_path)
