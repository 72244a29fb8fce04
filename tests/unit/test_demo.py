"""The demo's hand-written sources and the corpora made of them."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lahja.core.varieties import variety_of_country
from lahja.corpora.readers import READERS, Reject, read_prompts, read_templates
from lahja.demo.corpora import (
    ANSWER_KINDS,
    DEVELOPMENT,
    DIALECTS,
    FORM_OF,
    HELD_OUT,
    KINDS,
    TEST,
    TRAIN,
    VARIETIES,
    Parallel,
    Settings,
    Source,
    build_demo,
    dialect_share,
    distinct_sentences,
    expand,
    lexicon_of,
    load_source,
    slots_of,
)

LATIN = re.compile(r"[A-Za-z]+")


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "resources" / "demo"


@pytest.fixture(scope="module")
def source(folder: Path) -> Source:
    return load_source(folder)


@pytest.fixture(scope="module")
def sentences(source: Source) -> list[Parallel]:
    return distinct_sentences(expand(source, Settings()))


@pytest.fixture(scope="module")
def corpora(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("demo") / "corpora"
    build_demo(folder, Settings(), output)
    return output


# --- the hand-written sources


def test_there_are_enough_frames_of_both_sorts(source: Source) -> None:
    held_out = [frame for frame in source.frames if frame.get("held_out")]
    assert len(source.frames) - len(held_out) >= 60
    assert len(held_out) >= 12
    domains = [{f["id"].split("-")[0] for f in frames} for frames in (held_out, source.frames)]
    assert domains[0] == domains[1]


def test_statements_and_questions_end_alike_in_all_varieties(source: Source) -> None:
    for frame in source.frames:
        for kind in KINDS:
            ends = {text[-1] for text in frame[kind].values()}
            assert ends <= {"."} or ends <= {*"?؟"}, (frame["id"], kind)


def test_each_dialect_has_templates_of_every_kind(source: Source) -> None:
    assert len(source.template_kinds) == 24
    assert set(source.template_kinds) == set(ANSWER_KINDS)
    assert {request["kind"] for request in source.requests} == set(ANSWER_KINDS)
    assert {(*slots_of(request["text"]),) for request in source.requests} <= {
        ("language", "text"), ("text", "language"),
    }  # fmt: skip
    for dialect in DIALECTS:
        assert len(set(source.templates[dialect])) == 24


def test_templates_and_continuations_hold_no_latin_letters(source: Source) -> None:
    texts = [template for templates in source.templates.values() for template in templates]
    texts += [t for map in source.continuations for v, t in map.items() if v != "eng"]
    assert not [text for text in texts if LATIN.search(text)]


def test_every_text_is_given_in_all_varieties_with_the_same_slots(source: Source) -> None:
    assert len({frame["id"] for frame in source.frames}) == len(source.frames)
    for frame in source.frames:
        assert frame.keys() - {"held_out"} == {"id", *KINDS}, frame["id"]
        for kind in KINDS:
            assert frame[kind].keys() == {*VARIETIES}, (frame["id"], kind)
            slots = {tuple(sorted(slots_of(text))) for text in frame[kind].values()}
            assert len(slots) == 1, (frame["id"], kind, slots)
            assert {lexicon_of(slot) for slot in slots.pop()} <= source.lexicons.keys(), frame["id"]


def test_a_paraphrase_has_the_slots_of_its_text(source: Source) -> None:
    for frame in source.frames:
        text, paraphrase = (
            sorted(FORM_OF.get(slot, slot) for slot in slots_of(frame[kind]["eng"]))
            for kind in ("text", "paraphrase")
        )
        assert text == paraphrase, frame["id"]


def test_every_entry_of_a_lexicon_is_given_in_all_varieties(source: Source) -> None:
    for name, entries in {**source.lexicons, "continuations": source.continuations}.items():
        assert entries, name
        for number, entry in enumerate(entries, start=1):
            assert entry.keys() == {*VARIETIES}, (name, number)
            assert all(text.strip() for text in entry.values()), (name, number)
    for name, leader in FORM_OF.items():
        assert len(source.lexicons[name]) == len(source.lexicons[leader])


# --- their expansion


def test_there_are_enough_distinct_parallel_sentences(sentences: list[Parallel]) -> None:
    assert len({tuple(sentence.texts.values()) for sentence in sentences}) == len(sentences)
    assert sum(sentence.part == TRAIN for sentence in sentences) >= 4000


def test_parts_share_no_sentence_with_training(sentences: list[Parallel]) -> None:
    trained = {item for s in sentences if s.part == TRAIN for item in s.texts.items()}
    for part in (DEVELOPMENT, TEST, HELD_OUT):
        own = [sentence for sentence in sentences if sentence.part == part]
        assert len(own) >= 60
        assert all(trained.isdisjoint(sentence.texts.items()) for sentence in own)


def test_a_frame_names_one_city_in_every_form(source: Source) -> None:
    cities = [entry["eng"] for entry in source.lexicons["city"]]
    for scene in expand(source, Settings()):
        named = [c for c in cities if any(c in texts["eng"] for texts in scene.texts.values())]
        assert len(named) <= (2 if scene.name.startswith("sport-match-result") else 1)


def test_arabic_varieties_hold_no_latin_letters_and_no_slots(sentences: list[Parallel]) -> None:
    for sentence in sentences:
        for variety, text in sentence.texts.items():
            assert "{" not in text
            assert variety == "eng" or not LATIN.search(text)
            assert 3 <= len(text.split()) <= 20


def _share_equal(sentences: list[Parallel], one: str, other: str) -> float:
    return sum(s.texts[one] == s.texts[other] for s in sentences) / len(sentences)


def test_dialects_differ_as_they_should(sentences: list[Parallel]) -> None:
    from_msa = {
        dialect: sum(dialect_share(s.texts[dialect], s.texts["msa"]) for s in sentences)
        / len(sentences)
        for dialect in DIALECTS
    }
    assert min(from_msa, key=from_msa.get) == "sau"
    assert max(from_msa, key=from_msa.get) == "mar"
    assert min(from_msa.values()) > 0.35
    equal_to_msa = {dialect: _share_equal(sentences, dialect, "msa") for dialect in DIALECTS}
    assert max(equal_to_msa, key=equal_to_msa.get) == "sau"
    assert max(equal_to_msa.values()) < 0.1
    pairs = [(a, b) for a in DIALECTS for b in DIALECTS if a < b]
    assert max(pairs, key=lambda pair: _share_equal(sentences, *pair)) == ("pse", "syr")


@pytest.mark.parametrize(
    ("sentence", "msa", "share"),
    [
        ("أريد خبز", "أريد خبز", 0.0),
        ("أنا عايز عيش.", "أنا أريد خبزا.", 2 / 3),
        ("بغيت الخبز دابا", "أريد خبزا الآن", 1.0),
    ],
)
def test_dialect_share(sentence: str, msa: str, share: float) -> None:
    assert dialect_share(sentence, msa) == pytest.approx(share)


# --- the corpora


def _read(name: str, path: Path, **options: object) -> list:
    rows = list(READERS[name](path, options))
    assert rows
    assert not [row for row in rows if isinstance(row, Reject)]
    return rows


def test_madar_is_joined_by_number(corpora: Path) -> None:
    rows = _read("madar", corpora / "MADAR")
    assert {row.split for row in rows} == {"train", "validation", "evaluation"}
    groups = {variety: {} for variety in VARIETIES}
    for row in rows:
        groups[row.variety][row.group] = row.text
    numbers = sorted(map(int, groups["eng"]))
    assert numbers[-1] > len(numbers), "numbers must have gaps"
    assert set(groups["msa"]) == set(groups["eng"]) == set(groups["egy"])
    for variety in ("pse", "sau", "syr"):
        assert set(groups[variety]) < set(groups["eng"])


def test_flores_is_aligned_distinct_and_held_out(corpora: Path, sentences: list[Parallel]) -> None:
    rows = _read("flores", corpora / "flores200_dataset")
    held_out = {item for s in sentences if s.part == HELD_OUT for item in s.texts.items()}
    assert {(row.variety, row.text) for row in rows} <= held_out
    assert len({(row.variety, row.text) for row in rows}) == len(rows)
    assert Counter(row.variety for row in rows) == dict.fromkeys(VARIETIES, 120)


def test_monolingual_and_one_sided_corpora_are_read(corpora: Path) -> None:
    nadi = _read("nadi", corpora / "NADI")
    assert set(Counter(row.variety for row in nadi)) == set(DIALECTS)
    assert {w for row in nadi for w in LATIN.findall(row.text)} == {"USER", "URL", "NUM"}
    assert _read("lines", corpora / "NADI", variety="msa")
    tweets = _read("dial2msa", corpora / "Dial2MSA-Verified")
    assert {row.variety for row in tweets} == {"egy", "msa"}
    assert {row.split for row in tweets} == {"train", "validation"}


def test_dialectness_labels_lie_in_bounds(corpora: Path) -> None:
    header, *lines = (corpora / "aldi" / "aldi.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "sentence\tALDi"
    labels = [float(line.split("\t")[1]) for line in lines]
    assert len(lines) == len({line.split("\t")[0] for line in lines}) == 3000
    assert all(0 <= label <= 1 for label in labels)
    assert 0.15 < labels.count(0.0) / len(labels) < 0.4
    assert not any(LATIN.search(line) for line in lines)


def test_evaluation_prompts_are_read(corpora: Path) -> None:
    templates = read_templates(corpora / "al-qasida" / "prompt_templates" / "json" / "dial8.json")
    assert {dialect: len(own) for dialect, own in templates.items()} == dict.fromkeys(DIALECTS, 24)
    for folder, task in (("mono", "monolingual"), ("xling", "crosslingual")):
        prompts = list(read_prompts(corpora / "al-qasida" / folder, {}))
        assert {prompt.task for prompt in prompts} == {task}
        assert Counter(prompt.variety for prompt in prompts) == dict.fromkeys(DIALECTS, 60)
        assert len({prompt.text for prompt in prompts}) == len(prompts)


def test_instructions_are_balanced_and_answered_in_each_variety(corpora: Path) -> None:
    lines = (corpora / "instructions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 3000
    assert len(set(Counter((row["dialect"], row["kind"]) for row in rows).values())) == 1
    assert {bool(LATIN.search(row["prompt"])) for row in rows} == {True, False}
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row["responses"]) == {"msa", row["dialect"], "eng"}
        assert "{" not in row["prompt"]
        # A Saudi sentence may be MSA too, and so a translation its own source.
        if row["kind"] != "translation":
            assert row["responses"][row["dialect"]] not in row["prompt"]


def test_held_out_sentences_are_in_no_training_file(
    corpora: Path, sentences: list[Parallel]
) -> None:
    # Every fifth, for time.
    held_out = {t for s in sentences[::5] if s.part == HELD_OUT for t in s.texts.values()}
    assert len(held_out) > 500
    evaluation = {"flores200_dataset", "al-qasida"}
    for path in corpora.rglob("*.*"):
        if path.is_file() and path.relative_to(corpora).parts[0] not in evaluation:
            text = path.read_text(encoding="utf-8")
            assert not [sentence for sentence in held_out if sentence in text], path


def test_every_file_ends_with_a_newline(corpora: Path) -> None:
    files = [path for path in corpora.rglob("*.*") if path.is_file()]
    assert len(files) > 25
    assert all(path.read_bytes().endswith(b"\n") for path in files)


def test_equal_seeds_give_equal_files(folder: Path, tmp_path: Path) -> None:
    small = Settings(fillings_per_frame=5, instructions_per_dialect_and_kind=4, aldi_rows=50)
    for name, settings in (("a", small), ("b", small), ("c", replace(small, seed=1))):
        build_demo(folder, settings, tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        if path.is_file():
            name = path.relative_to(tmp_path / "a")
            assert path.read_bytes() == (tmp_path / "b" / name).read_bytes()
    one, other = (tmp_path / n / "instructions.jsonl" for n in "ac")
    assert one.read_bytes() != other.read_bytes()


def test_every_country_is_spelt_as_in_nadi(corpora: Path) -> None:
    lines = (corpora / "NADI" / "NADI2023_TWT.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert {variety_of_country(line.split("\t")[2]).code for line in lines} == set(DIALECTS)
