import csv

import build_validation as validation_script
import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import EVALUATION_PROMPTS, PROMPTS, read_table, write_table
from lahja.corpora.readers import Prompt
from lahja.preferences.pairs import intents_of
from lahja.prompts.evaluation import (
    evaluation_sentences,
    few_shot_examples,
    ready_tasks,
    translation_directions,
    translation_tasks,
)
from lahja.prompts.generation import (
    dialect_prompts,
    msa_prompts,
    template_prompts,
    templates_by_kind,
)
from lahja.prompts.wordings import translation_prompt


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
    with pytest.raises(LahjaError, match=r"sampling\.kinds\.story: no template of egy"):
        template_prompts(samples("story"), {"reply": ["{}"]}, seed=1)


def test_translation_prompts_come_from_training_pairs_with_the_corpus_own_msa():
    prompts = msa_prompts(parallel(), "egy", 10, seed=1)
    assert len(prompts) == 2
    assert set(prompts["source"]) == {"كيف حالك", "كيف الحال"}
    assert prompts["reference"].notna().all()


def test_msa_sentences_are_asked_in_every_template_for_the_dialect_of_a_country(tmp_path):
    answering = "Respond to the following input in the Arabic dialect from <country>. Input={}\n"
    templates = {"answer": answering, "translation": "From <country>: {}"}
    made = msa_prompts(parallel().assign(variety="sau"), "sau", 1, 1, templates)
    write_table(tmp_path / "p", made, PROMPTS)
    prompts = read_table(tmp_path / "p", PROMPTS)
    (sentence,) = prompts["source"].unique()
    answer, translation = prompts.to_dict("records")
    asked = "Respond to the following input in the Arabic dialect from Saudi Arabia. Input="
    assert answer["prompt"] == f"{asked}{sentence}\n"
    assert translation["prompt"] == f"From Saudi Arabia: {sentence}"
    assert [answer["kind"], translation["kind"]] == ["answer", "translation"]
    # A reply has no reference, and is no translation of its source.
    assert answer["reference"] is None and translation["reference"].startswith("إزيك")
    reply, request = intents_of(prompts).values()
    assert (reply.kind, reply.variety, reply.payload) == ("answer", "sau", sentence)
    assert (request.kind, request.source_variety) == ("translate", "msa")


def test_a_dialects_prompts_join_without_doubles():
    ready = [Prompt(text, "egy", "recorded", "x") for text in ("نص", "نص", "آخر")]
    settings = {"template_kinds": ["reply"], "translation_per_dialect": 0, "seed": 1}
    settings["recorded_per_dialect"] = 5
    prompts = dialect_prompts("egy", samples().head(0), parallel(), ["{}"], ready, settings)
    assert sorted(prompts["prompt"]) == ["آخر", "نص"]


def test_gold_prompts_ask_for_what_they_name_and_else_for_their_dialect(tmp_path):
    rows = [
        [translation_prompt("egy", "eng", "خدمة سريعة."), "Quick service."],
        ["Name a fruit. Answer in Egyptian Arabic.", "موز"],
        ['رد على الكلام ده: "صباح الخير"', "صباح النور"],
    ]
    gold = pd.DataFrame(rows, columns=["prompt", "label"])
    gold.to_csv(tmp_path / "E.csv", index_label="rid", quoting=csv.QUOTE_ALL)
    entry = {"reader": "amiya-gold", "access": "local", "path": "."}
    settings = {"corpus": entry | {"options": {"files": {"egy": "E.csv"}}}, "seed": 1}
    settings |= {"gold_corpus": "gold", "per_dialect": 3, "gold_generator": "gpt-4o"}
    nothing = tmp_path / "none"
    validation_script.main(nothing, nothing, settings, tmp_path / "v.parquet", tmp_path)
    found = read_table(tmp_path / "v.parquet", EVALUATION_PROMPTS).set_index("reference")
    assert {*found["task"]} == {"validation"} and {*found["corpus"]} == {"gold"}
    asked = found[["source_variety", "target_variety", "source"]].T.to_dict("list")
    assert asked["Quick service."] == ["egy", "eng", "خدمة سريعة."]
    assert asked["موز"] == [None, "egy", None]
    assert asked["صباح النور"] == [None, "egy", "صباح الخير"]
    settings["per_dialect"] = 2
    validation_script.main(nothing, nothing, settings, tmp_path / "v.parquet", tmp_path)
    assert len(read_table(tmp_path / "v.parquet", EVALUATION_PROMPTS)) == 2


def corpus():
    rows = [
        {"group_id": f"g{i}", "variety": v, "text": f"{v} {i}", "corpus": "FLORES+"}
        for i in range(3)
        for v in ("egy", "mar", "msa", "eng")
    ]
    return pd.DataFrame(rows)


def test_every_direction_asks_for_the_same_groups():
    tasks = translation_tasks([corpus()], ["egy", "mar"], 2)
    assert len(translation_directions(["egy", "mar"])) == 8
    assert tasks.groupby(["source_variety", "target_variety"]).size().to_dict() == dict.fromkeys(
        translation_directions(["egy", "mar"]), 2
    )
    into = tasks[(tasks["source_variety"] == "eng") & (tasks["target_variety"] == "egy")]
    assert list(into["source"]) == ["eng 0", "eng 1"]
    assert list(into["reference"]) == ["egy 0", "egy 1"]


def test_al_qasida_s_draw_is_pandas_own_of_the_sentences_that_all_sides_have():
    rows = [
        {"group_id": f"g{i}", "variety": v, "text": f"{v} {i}", "corpus": "FLORES+"}
        for i in range(997)
        for v in ("egy", "msa", "eng")
        if (i, v) != (5, "msa")
    ]
    tasks = translation_tasks([pd.DataFrame(rows)], ["egy"], None, "al-qasida")
    numbers = pd.Series([i for i in range(997) if i != 5])
    drawn = numbers.sample(frac=1, random_state=417).tolist()[:200]
    for (source, target), part in tasks.groupby(["source_variety", "target_variety"]):
        assert part["source"].tolist() == [f"{source} {i}" for i in drawn]
        assert part["reference"].tolist() == [f"{target} {i}" for i in drawn]
    few = translation_tasks([pd.DataFrame(rows)], ["egy"], 3, "al-qasida")
    assert few["source"].tolist()[:3] == [f"eng {i}" for i in drawn[:3]]
    assert len(few) == 12


def test_al_qasida_s_draw_gives_the_sentences_that_it_published(corpora):
    numbers = (corpora / "flores200_dataset/devtest_line_numbers.txt").read_text().split()
    lines = (corpora / "flores200_dataset/devtest/arz_Arab.devtest").read_text("utf-8").splitlines()
    known = dict(zip(map(int, numbers), lines, strict=True))
    rows = [
        {"group_id": n, "variety": v, "text": f"{v} {known.get(n, n)}", "corpus": "FLORES+"}
        for n in range(1012)
        for v in ("egy", "msa", "eng")
    ]
    tasks = translation_tasks([pd.DataFrame(rows)], ["egy"], None, "al-qasida")
    asked = tasks[(tasks["source_variety"] == "eng") & (tasks["target_variety"] == "egy")]
    file = corpora / "al-qasida/llm_outputs/gpt-4o_mt/DialectMT_FLORES_eng_to_egy_samples.csv"
    published = pd.read_csv(file)["completion"].str.strip()
    assert asked["reference"].tolist() == [f"egy {text}" for text in published]


def test_a_corpus_that_is_trained_on_is_evaluated_on_its_own_split_alone():
    table = corpus().assign(split=["evaluation"] * 4 + ["train"] * 8, corpus="MADAR")
    kept = evaluation_sentences(table, "train")
    assert set(kept["group_id"]) == {"g0"}
    assert len(evaluation_sentences(table, "evaluation")) == 12
    with pytest.raises(LahjaError, match="MADAR keeps no sentences for evaluation"):
        evaluation_sentences(table.assign(split="train"), "train")


def test_a_missing_variety_is_named():
    with pytest.raises(LahjaError, match="no corpus has sentences in syr"):
        translation_tasks([corpus()], ["egy", "syr"], None)
    lacking = corpus()[corpus()["variety"] != "msa"]
    with pytest.raises(LahjaError, match=r"FLORES\+ has no sentence in msa"):
        translation_tasks([corpus(), lacking], ["egy"], None)


def test_a_corpus_of_a_further_dialect_leaves_the_others_tasks_as_they_are(tunisian):
    own = corpus()[corpus()["variety"] != "mar"].replace({"variety": {"egy": "tun"}})
    own = own.assign(corpus="own", text=own["text"] + " tun")
    before = translation_tasks([corpus()], ["egy", "mar"], 2)
    after = translation_tasks([corpus(), own], ["egy", "mar", "tun"], 2)
    assert after.head(len(before)).equals(before)
    added = after.iloc[len(before) :]
    assert set(added["corpus"]) == {"own"}
    assert set(zip(added["source_variety"], added["target_variety"], strict=True)) == {
        ("eng", "tun"), ("tun", "eng"), ("msa", "tun"), ("tun", "msa"),
    }  # fmt: skip


def test_ready_tasks_are_limited_per_dialect():
    asked = [("egy", "a"), ("egy", "b"), ("mar", "a")]
    prompts = [Prompt(text, code, "crosslingual", "Okapi") for code, text in asked]
    tasks = ready_tasks(prompts, 1)
    assert list(tasks["target_variety"]) == ["egy", "mar"]
    assert tasks["reference"].isna().all()


def training_pairs(count, **values):
    """Return pairs of one sentence each, da0 msa0 eng0 and so on, of the training split."""
    rows = [
        {"pair_id": f"p{i}", "group_id": f"g{i}", "corpus": "c", "split": "train", "variety": "egy",
         "text": f"كلمة {i}", "msa": f"لفظ {i}", "eng": f"word {i}", "msa_origin": "corpus",
         "eng_origin": "corpus", **values}
        for i in range(count)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def asked_about(*texts, task="translation", **values):
    row = dict.fromkeys(EVALUATION_PROMPTS.names) | {"task": task, "target_variety": "egy"} | values
    return pd.DataFrame([row | {"source": text, "prompt": f"قل: {text}"} for text in texts])


SHOTS = {"dialects": ["egy"], "seed": 1, "translation": 3, "monolingual": 0, "crosslingual": 0}


def test_examples_of_translation_are_training_pairs_of_the_direction():
    pairs = training_pairs(6)
    pairs.loc[0, "split"], pairs.loc[1, "eng_origin"] = "validation", "nllb"
    found = few_shot_examples(asked_about("غيرها"), pairs, {}, SHOTS)
    directions = found.groupby(["source_variety", "target_variety"]).size()
    assert directions.to_dict() == dict.fromkeys(translation_directions(["egy"]), 3)
    into = found[found["source_variety"] == "eng"]
    for row in into.itertuples():
        assert row.prompt == translation_prompt("eng", "egy", row.source)
        assert row.reference == row.source.replace("word", "كلمة")
    assert not {"word 0", "word 1"} & {*into["source"]}
    again = few_shot_examples(asked_about("غيرها"), pairs, {}, SHOTS)
    assert again["prompt"].equals(found["prompt"])


def test_no_example_is_a_text_that_is_asked_about_or_a_translation_of_one():
    pairs = pd.concat([training_pairs(4), training_pairs(1, pair_id="q", text="كلمه تانيه")])
    # Asked about: the MSA of one group, formatted otherwise, and the English of another.
    asked = asked_about("«لفظ 0»", "word 2.")
    found = few_shot_examples(asked, pairs, {}, SHOTS | {"translation": 2})
    assert {*found.loc[found["target_variety"] == "eng", "source"]} == {"كلمة 1", "كلمة 3"}
    with pytest.raises(
        LahjaError, match=r"few_shot\.translation: 2 usable pairs of egy and eng, ex"
    ):
        few_shot_examples(asked, pairs, {}, SHOTS)


def test_examples_of_other_tasks_are_the_first_recorded_that_are_not_evaluated():
    shots = [
        ('شو يعني "كلمة"؟', "يعني لفظ"),
        ("احكي نكتة", "مرة واحد"),
        ("قول مثل", "اللي فات مات"),
    ]
    recorded = {"monolingual": {"egy": shots}, "crosslingual": {"egy": shots}}
    settings = SHOTS | {"translation": 0, "monolingual": 2}
    asked = asked_about("كلمة", task="monolingual")
    found = few_shot_examples(asked, None, recorded, settings)
    # The first quotes what is asked about.
    assert [*zip(found["prompt"], found["reference"], strict=True)] == shots[1:]
    assert {*found["task"]} == {"monolingual"}
    with pytest.raises(
        LahjaError, match=r"few_shot\.monolingual: 2 examples in egy of texts.*ed 3"
    ):
        few_shot_examples(asked, None, recorded, settings | {"monolingual": 3})
    with pytest.raises(LahjaError, match=r"few_shot\.monolingual: 0 examples in mar"):
        few_shot_examples(asked.assign(target_variety="mar"), None, recorded, settings)
