import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.evaluation_prompts import (
    evaluation_sentences,
    ready_tasks,
    translation_directions,
    translation_tasks,
)
from lahja.prompts import (
    join_prompts,
    ready_prompts,
    template_prompts,
    templates_by_kind,
    translation_prompts,
)
from lahja.readers import Prompt
from lahja.translation import translation_prompt


def parallel():
    return pd.DataFrame(
        [
            {"pair_id": f"p{i}", "group_id": f"g{i // 2}", "corpus": "c", "split": split,
             "variety": "egy", "text": f"إزيك {i}", "msa": msa, "eng": f"How are you {i}",
             "msa_origin": origin, "eng_origin": "corpus"}
            for i, (split, msa, origin) in enumerate(
                [("train", "كيف حالك", "corpus"), ("train", "كيف حالك", "corpus"),
                 ("train", None, None), ("test", "كيف", "corpus"), ("train", "كيف أنت", "nllb"),
                 ("train", "كيف الحال", "corpus")]
            )
        ]
    )  # fmt: skip


def samples(kind="reply"):
    return pd.DataFrame(
        [{"sentence_id": f"s{i}", "variety": "egy", "text": f"عامل إيه {i}", "kind": kind}
         for i in range(20)]
    )  # fmt: skip


def test_the_translation_prompt_is_al_qasidas():
    assert translation_prompt("egy", "eng", "خدمة سريعة.") == (
        "Translate from Egyptian Arabic into English. Output only the translation, do NOT output "
        "anything else before nor after it.\nخدمة سريعة.\nTranslation:"
    )


def test_recorded_translation_prompts_are_ours_word_for_word(corpora):
    gold = pd.read_csv(corpora / "nus-ids-amiya26" / "tentative_gold" / "Egyptian.csv")
    row = gold[gold["prompt"].str.startswith("Translate from Egyptian Arabic into English")].iloc[0]
    source = row["prompt"].split("\n")[1]
    assert translation_prompt("egy", "eng", source) == row["prompt"]


def test_templates_are_drawn_by_the_samples_id():
    templates = {"reply": ["رد على: {}", "جاوب: {}"]}
    prompts = template_prompts(samples(), templates, seed=1)
    assert prompts["prompt"].str.contains("عامل إيه").all()
    assert prompts["prompt"].str.startswith("رد").nunique() == 2
    few = template_prompts(samples().head(5), templates, seed=1)
    assert list(few["prompt_id"]) == list(prompts["prompt_id"].head(5))


def test_templates_that_do_not_fit_are_refused():
    with pytest.raises(LahjaError, match="1 kinds for 2 templates of egy"):
        templates_by_kind(["{}", "{} ب"], ["reply"], "egy")
    with pytest.raises(LahjaError, match=r"template 1 of egy: expected one \{\}"):
        templates_by_kind(["رد"], ["reply"], "egy")
    with pytest.raises(LahjaError, match=r"sampling\.kinds\.story: no template of egy"):
        template_prompts(samples("story"), {"reply": ["{}"]}, seed=1)


def test_translation_prompts_come_from_training_pairs_with_the_corpus_own_msa():
    prompts = translation_prompts(parallel(), "egy", 10, seed=1)
    assert len(prompts) == 2
    assert set(prompts["source"]) == {"كيف حالك", "كيف الحال"}
    assert prompts["reference"].notna().all()


def test_prompts_join_without_doubles():
    ready = ready_prompts(["نص", "نص", "آخر"], "egy", "monolingual", 5, seed=1)
    assert len(join_prompts(ready, ready)) == 2


def corpus():
    rows = [
        {"group_id": f"g{i}", "variety": v, "text": f"{v} {i}", "corpus": "FLORES+"}
        for i in range(3)
        for v in ("egy", "mar", "msa", "eng")
    ]
    return pd.DataFrame(rows)


def test_every_direction_asks_for_the_same_groups():
    tasks = translation_tasks(corpus(), ["egy", "mar"], 2)
    assert len(translation_directions(["egy", "mar"])) == 8
    assert tasks.groupby(["source_variety", "target_variety"]).size().to_dict() == dict.fromkeys(
        translation_directions(["egy", "mar"]), 2
    )
    into = tasks[(tasks["source_variety"] == "eng") & (tasks["target_variety"] == "egy")]
    assert list(into["source"]) == ["eng 0", "eng 1"]
    assert list(into["reference"]) == ["egy 0", "egy 1"]


def test_a_corpus_that_is_trained_on_is_evaluated_on_its_own_split_alone():
    table = corpus().assign(split=["evaluation"] * 4 + ["train"] * 8, corpus="MADAR")
    kept = evaluation_sentences(table, "train")
    assert set(kept["group_id"]) == {"g0"}
    assert len(evaluation_sentences(table, "evaluation")) == 12
    with pytest.raises(LahjaError, match="MADAR keeps no sentences for evaluation"):
        evaluation_sentences(table.assign(split="train"), "train")


def test_a_missing_variety_is_named():
    with pytest.raises(LahjaError, match=r"FLORES\+ has no sentence in syr"):
        translation_tasks(corpus(), ["syr"], None)


def test_ready_tasks_are_limited_per_dialect():
    asked = [("egy", "a"), ("egy", "b"), ("mar", "a")]
    prompts = [Prompt(text, code, "crosslingual", "Okapi", "f.csv", 2) for code, text in asked]
    tasks = ready_tasks(prompts, 1)
    assert list(tasks["target_variety"]) == ["egy", "mar"]
    assert tasks["reference"].isna().all()
