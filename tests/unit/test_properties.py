"""What holds for any text, any bytes and any value: properties, tried on drawn ones.

The draws are the same in every run.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_hostile import in_time

from lahja.core.config import merge_config, resolve
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.varieties import VARIETIES
from lahja.corpora.ingest import fault
from lahja.corpora.readers import PROMPT_READERS, READERS, Reject, read_outputs, read_preferences
from lahja.corpora.text import comparison_key, normalise_text
from lahja.evaluation.human.ratings import read_sheet
from lahja.evaluation.llm_judge import read_ratings
from lahja.generation.server import UnusableReply, read_answer, read_json, read_usage
from lahja.preferences.gates import GATES_OF_PAIRS
from lahja.preferences.gates.verdict import NOT_COMPUTED, PASSED, STOPPED, Pair
from lahja.prompts.intent import parse_prompt

few = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)

PIECES = (
    "كيف حالك", "الليلة", "ا", "و", "é", "Cairo", "in Egyptian Arabic", "ترجم", ":", ",", "\t", "\n",
    "\r", "\r\n", '"', '""', "'", "«", "»", "“", "(", ")", "[", "]", "{", "}", "<", ">", "*", "#", "|",
    "=", "-", "1", "٣", "3/4", "%", "\\", "\0", "\x1b", "\u202e", "\u2066", "\u200c", "\u2028", "\ufeff",
    "\ufffd", "&lt;", "&#x110000;", "Input:", "Translation:", "<answer>", "user", "{}", "\U0001f600",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=60)
BYTES = st.lists(
    st.sampled_from([piece.encode() for piece in PIECES])
    | st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xd9", "كيف".encode("cp1256")])
    | st.binary(max_size=8),
    max_size=40,
).map(b"".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just("\ud800"),
    lambda own: st.lists(own, max_size=4) | st.dictionaries(TEXTS, own, max_size=4),
    max_leaves=12,
)

# --- readers -----------------------------------------------------------------------------------

GOLD = {"files": {"egy": "a.csv"}}
OUTPUTS = "DialectID_Cohere_egy_samples.csv"
# File, beginning and options of each reader; a beginning makes some rows good.
LAYOUTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "al-qasida-prompts": ("egy.csv", "prompt,language,source\n", {}),
    "al-qasida-recorded-prompts": (OUTPUTS, "prompts,generations\n", {}),
    "amiya-gold": ("a.csv", "prompt,label\n", GOLD),
    "bitext": ("a.txt", "", {"files": {"egy": "a.txt", "eng": "a.txt"}}),
    "dial2msa": ("train/egy_train.csv", "id,tweet,msa\n", {}),
    "doda": ("sentences/a.csv", "darija_ar,darija,eng\n", {}),
    "flores": ("devtest/arz_Arab.devtest", "", {"varieties": ["egy"]}),
    "habibi": ("a.csv", "songID,Lyrics,SingerNationality\n", {}),
    "iwslt": ("valid.apc", "", {}),
    "lines": ("a.txt", "", {"variety": "egy"}),
    "madar": ("MADAR.corpus.Cairo.tsv", "sentID.BTEC\tsplit\tsent\n", {"varieties": ["egy"]}),
    "nadi": ("a_NADI_TWT.tsv", "#1_id\t#2_content\t#3_country_label\n", {}),
    "nadi-pairs": ("subtask3_a.tsv", "dialect_id\tsource_da\ttarget_msa\n", {}),
    "qadi": ("QADI_a.txt", "", {}),
    "table": ("a.csv", "text,split,aldi\n", {"variety": "egy", "columns": {
        "text": "text", "split": "split", "aldi": "aldi"}}),
    "tatoeba": ("tatoeba.arz-eng.arz", "", {}),
}  # fmt: skip


def items_of(read: Any, name: str, content: bytes, *options: Any) -> list[Any]:
    """Return what a reader finds in a file, or nothing where it refuses it in one line."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, in_time():
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        for beside in ("valid.eng", "tatoeba.arz-eng.eng"):
            (path.parent / beside).write_bytes(content)
        try:
            return list(read(path if not options else Path(folder), *options))
        except LahjaError as error:
            assert str(error).isprintable() or "\n" not in str(error)
            return []


def expect_texts(items: list[Any]) -> None:
    """Expect that all texts can be written as UTF-8, and that rejects say why."""
    for item in items:
        for value in item:
            assert not isinstance(value, str) or value.encode() is not None
        assert not isinstance(item, Reject) or item.reason


@pytest.mark.parametrize("reader", [*READERS, *PROMPT_READERS])
@given(content=BYTES, has_head=st.booleans())
@few
def test_any_file_gives_items_or_one_error(reader, content, has_head):
    name, head, options = LAYOUTS[reader]
    read = (READERS | PROMPT_READERS)[reader]
    items = items_of(read, name, head.encode() * has_head + content, options)
    expect_texts(items)
    for item in items:
        if reader in READERS and not isinstance(item, Reject):
            assert item.variety in (*VARIETIES, "other")
            fault(normalise_text(item.text), item.variety, (1, 200))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
@given(rows=st.lists(TEXTS, min_size=1, max_size=6))
@few
def test_texts_that_are_written_well_are_read_as_they_were(suffix, rows):
    import csv
    import io

    sink = io.StringIO()
    if suffix == ".jsonl":
        sink.writelines(json.dumps({"text": row}) + "\n" for row in rows)
    else:
        writer = csv.writer(sink, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n",
                            quoting=csv.QUOTE_ALL)  # fmt: skip
        writer.writerows([["text"], *([row] for row in rows)])
    options = {"variety": "egy", "quoted": True, "files": [f"*{suffix}"]}
    items = items_of(READERS["table"], f"a{suffix}", sink.getvalue().encode(), options)
    kept = [item.text for item in items if not isinstance(item, Reject)]
    has_nul = suffix != ".jsonl" and any("\0" in row for row in rows)
    # A row of white space is none, and of a carriage return CSV makes a line break.
    assert has_nul or kept == [row for row in rows if row.strip() or row in kept]


@given(content=BYTES, records=st.lists(JSON, max_size=4))
@few
def test_any_file_of_pairs_gives_items_or_one_error(content, records):
    lines = "\n".join(map(json.dumps, records)).encode()
    for name, whole in (
        ("a.jsonl", lines + b"\n" + content), ("a.json", json.dumps(records).encode()),
        ("b.json", b"[" + content), ("b.parquet", b"PAR1" + content),
    ):  # fmt: skip
        expect_texts(items_of(read_preferences, name, whole))


@given(content=BYTES)
@few
def test_any_file_of_outputs_gives_items_or_one_error(content):
    for head in (b"", b"prompts,generations\n", b"generations,_raw_turns\n"):
        items_of(read_outputs, OUTPUTS, head + content, {})


@given(content=BYTES)
@few
def test_any_filled_sheet_is_read_or_told_in_one_line(content):
    for head in (b"", b"item,comment\n", b"sep=;\nitem;comment\n", b"\xff\xfe"):
        items_of(lambda path: read_sheet(path).itertuples(), "egy-mona.csv", head + content)
    items_of(lambda path: read_sheet(path).itertuples(), "egy.xlsx", b"PK\x03\x04" + content)


# --- gates and prompts ---------------------------------------------------------------------------


@given(prompt=TEXTS, chosen=TEXTS, rejected=TEXTS, reference=st.none() | TEXTS)
@few
def test_any_pair_has_a_verdict_of_each_gate(prompt, chosen, rejected, reference):
    with in_time():
        pair = Pair(
            parse_prompt(prompt), chosen, rejected, reference=reference,
            back_translation=reference, own_round_trip=chosen,
        )  # fmt: skip
        for judge in GATES_OF_PAIRS.values():
            verdict = judge(pair, Gates())
            assert verdict.status in (PASSED, STOPPED, NOT_COMPUTED)
            assert verdict.reason


LONG = ("ا", "ابت ", "a", "aب", "\n", " ", "٣", "1,", '"', "(", "<", "و", "ال", "Mr. ", "a:", "- ")


@pytest.mark.parametrize("piece", LONG)
def test_the_gates_take_a_long_text_in_time(piece):
    text = piece * (40_000 // len(piece))
    with in_time():
        pair = Pair(parse_prompt(f"Translate to Egyptian Arabic: {text}"), text, text + "x")
        assert [judge(pair, Gates()).reason for judge in GATES_OF_PAIRS.values()]


@given(prompt=TEXTS, system=TEXTS, earlier=st.lists(TEXTS, max_size=2).map(tuple))
@few
def test_any_prompt_has_an_intent(prompt, system, earlier):
    with in_time():
        intent = parse_prompt(prompt, system=system, earlier=earlier)
        assert intent.variety is None or intent.variety in VARIETIES
        assert comparison_key(prompt) is not None


# --- replies -------------------------------------------------------------------------------------


@given(JSON | BYTES)
@few
def test_any_reply_is_an_answer_or_is_none(value):
    message = {"content": value, "refusal": None}
    choice = {"message": message, "finish_reason": "stop"}
    for body in (
        value, {"choices": [choice]}, {"choices": [choice | {"finish_reason": value}]},
        {"choices": [choice], "usage": {"prompt_tokens": value, "completion_tokens": value}},
        {"error": value, "choices": value}, {"error": {"message": value, "code": value}},
    ):  # fmt: skip
        try:
            found = read_json(body if isinstance(body, bytes) else json.dumps(body).encode())
            usage = read_usage(found)
            answer = read_answer("id", found)
        except UnusableReply:
            continue
        except TypeError:
            assert "bytes" in str(type(value))  # json.dumps refuses them, and no server sends them
            continue
        assert usage is None or min(usage) >= 0
        assert f"{answer.text}{answer.finish_reason}".encode() is not None


@given(st.lists(JSON.map(json.dumps) | TEXTS, max_size=5).map(" ".join))
@few
def test_any_reply_of_the_judge_is_ratings_or_none(reply):
    found = read_ratings(reply)
    assert found is None or {*found} <= {1, 2, 3, 4, 5}


# --- configuration -------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]
GIVEN = merge_config([ROOT / "config" / f"{name}.yaml" for name in ("config", "demo")], [])
VALUES = st.sampled_from([
    None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "", "x", "$(touch x)", "a\nb", "\0",
    "../..", "/etc/passwd", "{x}", [], [None], ["x", "x"], {}, {"x": 1}, {1: 2}, {None: None},
    {True: []}, {"$(x)\n": {}}, b"x", yaml.safe_load("2020-01-01"),
]) | JSON  # fmt: skip


def places(value: Any, above: tuple = ()) -> list[tuple]:
    """Return the paths of all keys of a configuration, and of items of its lists."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, own in inner:
        found.append((*above, key))
        if isinstance(own, (dict, list)):
            found += places(own, (*above, key))
    return found


PLACES = places(resolve(deepcopy(GIVEN)))


@given(st.sampled_from(PLACES), VALUES)
@settings(few, max_examples=120)
def test_any_value_of_any_key_is_taken_or_told_in_one_line(place, value):
    config = deepcopy(GIVEN)
    inner = config
    for key in place[:-1]:
        inner = inner.setdefault(key, {}) if isinstance(inner, dict) else inner[key]
    if not isinstance(inner, dict) and not (inner and isinstance(place[-1], int)):
        return
    inner[place[-1]] = value
    try:
        with in_time(10):
            json.dumps(resolve(config), default=str)
    except LahjaError as error:
        told = str(error)
        assert "\n" not in told and len(told) < 2000
        key = told.partition(":")[0]
        assert key.split(".")[0] in config | {"config": None}, told


NAMES = (
    "$(touch x)",
    "`touch x`",
    "a;b",
    "a'b",
    'a"b',
    "a\nb",
    "a b",
    "../x",
    "-x",
    "",
    "{x}",
    "a\0",
    "ا",
)


SECTIONS = (None, "corpora", "datasets", "models", "generators")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_command_and_no_path(name, expect_row):
    what = "names of runs, corpora, datasets, models, generators that are commands or paths"
    expect_row(what, len(NAMES) * len(SECTIONS), "refused before the first job, with the key")
    for section in SECTIONS:
        config = deepcopy(GIVEN)
        if section is None:
            config["run"] = name
        else:
            config[section][name] = next(filter(None, config[section].values()))
        with pytest.raises(LahjaError, match=section or "run"):
            resolve(config)


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_or_kind_of_prompt_is_a_known_one(name):
    with pytest.raises(LahjaError, match=r"^dialects"):
        resolve(deepcopy(GIVEN) | {"dialects": ["egy", name]})
