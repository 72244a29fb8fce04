"""A gated dataset with directions and negatives, from prompts, candidates and parallel data."""

import pandas as pd
import pytest

from lahja.data.text import comparison_key
from lahja.errors import LahjaError
from lahja.preferences.forming import PairData, PairSettings, form_dataset
from lahja.preferences.sentences import (
    group_of_pair,
    training_sentences,
    without_prompted,
)
from lahja.tables import (
    CANDIDATES,
    EXAMPLES,
    FUNNEL,
    PAIRS,
    PARALLEL,
    read_table,
    write_table,
)
from lahja.translation import translation_prompt

THINGS = (
    ("المفتاح", "the key"), ("الكتاب", "the book"), ("الشنطة", "the bag"), ("القلم", "the pen"),
    ("الموبايل", "the phone"), ("الكباية", "the cup"), ("السكينة", "the knife"),
    ("الصورة", "the picture"), ("الورقة", "the paper"), ("النضارة", "the glasses"),
)  # fmt: skip
SPLITS = ("train", "train", "train", "train", "train", "train", "train", "validation", "test",
          "evaluation")  # fmt: skip
EVEN = {"eng-da": 0.2, "msa-da": 0.2, "da-eng": 0.2, "da-msa": 0.2, "free": 0.2}
ALL = dict.fromkeys(("msa", "other-dialect", "echo", "loop", "wrong-language", "changed-number", "model"), 1.0)  # fmt: skip


def parallel(**changes):
    rows = []
    for i, ((thing, english), split) in enumerate(zip(THINGS, SPLITS, strict=True)):
        texts = {
            "egy": f"انا عايز {thing} ده دلوقتي عشان الشغل",
            "mar": f"بغيت {thing} دابا ديال الخدمة",
        }
        for variety, text in texts.items():
            rows.append(
                {"pair_id": f"own:{variety}:{i}", "group_id": f"own:{i}", "corpus": "own",
                 "split": split, "variety": variety, "text": text,
                 "msa": f"أنا أريد {thing} الآن من أجل العمل", "eng": f"I want {english} now for work",
                 "msa_origin": "corpus", "eng_origin": "corpus"} | changes
            )  # fmt: skip
    return pd.DataFrame(rows)[PARALLEL.names]


def prompts():
    data = parallel()
    rows = [
        {"prompt_id": f"t{i}", "dialect": "egy", "kind": "translation", "source_variety": "msa",
         "source": data["msa"][2 * i], "reference": data["text"][2 * i],
         "sentence_id": f"own:egy:{i}",
         "prompt": translation_prompt("msa", "egy", data["msa"][2 * i])}
        for i in range(2)
    ]  # fmt: skip
    rows += [
        {"prompt_id": f"f{i}", "dialect": "egy", "kind": "story", "source_variety": None,
         "source": None, "reference": None, "sentence_id": None,
         "prompt": f"احكيلي حكاية عن {thing} بتاع جدي"}
        for i, thing in enumerate(("البيت", "الراديو"))
    ]  # fmt: skip
    return pd.DataFrame(rows, dtype=object)


def candidate(prompt_id, response, label):
    return {
        "prompt_id": prompt_id, "dialect": "egy", "generator": "g", "origin": "generated",
        "response": response, "finish_reason": "stop", "label": label, "probability": 0.9,
        "options": ["egy", "msa"], "probabilities": [0.9, 0.1] if label == "egy" else [0.1, 0.9],
    }  # fmt: skip


def candidates():
    rows = [
        candidate("f0", "البيت بتاع جدي كان كبير اوي وفيه جنينة حلوة", "egy"),
        candidate("f0", "كان بيت جدي كبيرا جدا وفيه حديقة جميلة", "msa"),
        candidate("f1", "الراديو بتاع جدي كان قديم اوي بس صوته حلو", "egy"),
        candidate("f1", "كان راديو جدي قديما جدا لكن صوته جميل", "msa"),
        candidate("t0", "أنا أريد المفتاح هذا الآن لأجل العمل", "msa"),
        candidate("t1", "عايز الكتاب ده دلوقتي عشان الشغل", "egy"),
        candidate("t1", "أريد هذا الكتاب الآن لأجل العمل", "msa"),
    ]
    return pd.DataFrame(rows)[CANDIDATES.names]


def data(free=None):
    asked = prompts()
    return PairData(asked, asked if free is None else free, candidates(), parallel())


def counted(funnel, step):
    return funnel[funnel["step"] == step].groupby("kind")["count"].sum().to_dict()


def test_the_pairs_keep_the_shares_and_the_funnel_says_what_they_are():
    pairs, funnel = form_dataset(data(), PairSettings(seed=1, directions=EVEN, negatives=ALL))
    assert list(pairs.columns) == PAIRS.names and list(funnel.columns) == FUNNEL.names
    expected = {"story": 2, "msa-da": 2, "eng-da": 2, "da-eng": 2, "da-msa": 2}
    assert pairs.groupby("kind").size().to_dict() == expected == counted(funnel, "pairs")
    assert counted(funnel, "limits the shares") == {"free": 2}
    assert pairs["pair_id"].is_unique and pairs["prompt_id"].is_unique
    kinds = funnel[funnel["step"].str.startswith("negative: ")]
    assert kinds["count"].sum() == len(pairs)
    assert funnel["step"].iloc[-1] == "pairs"


def test_out_of_dialect_the_reference_is_chosen_and_the_echo_rejected():
    pairs, _ = form_dataset(data(), PairSettings(seed=1, directions=EVEN))
    out = pairs[pairs["kind"].isin(["da-eng", "da-msa"])]
    assert set(out["chosen_origin"]) == {"reference"}
    assert set(out["rejected_origin"]) == {"negative:echo"}
    for row in out.itertuples():
        assert row.rejected in row.prompt and row.chosen not in row.prompt


def test_nothing_of_a_held_out_group_nor_of_a_prompt_that_was_asked_is_used():
    asked = prompts()
    set_aside = asked[asked["prompt_id"] != "t1"]
    pairs, _ = form_dataset(
        data(set_aside), PairSettings(seed=1, directions={**EVEN, "free": 0}, negatives=ALL)
    )
    said = comparison_key(" ".join(pairs[["prompt", "chosen", "rejected"]].to_numpy().ravel()))
    for (thing, english), split in zip(THINGS, SPLITS, strict=True):
        is_there = comparison_key(thing) in said or f" {english} " in f" {said} "
        # The second sentence is asked about by a prompt that is set aside.
        assert is_there == (split == "train" and english != "the book"), thing
    references = pairs[pairs["kind"] != "msa-da"]
    assert not references["prompt"].str.contains("المفتاح|the key").any()


def test_a_group_with_one_held_out_row_is_left_out_whole():
    rows = parallel()
    rows.loc[0, "split"] = "validation"
    assert "own:0" not in training_sentences(rows)
    assert "own:1" in training_sentences(rows)


def test_sides_that_a_model_wrote_are_no_references():
    sentences = training_sentences(parallel(eng_origin="nllb"))
    assert sentences and all(set(s.sides) == {"egy", "mar", "msa"} for s in sentences.values())


def test_a_sentence_is_used_up_by_its_id_or_by_its_text():
    rows = parallel()
    sentences, groups = training_sentences(rows), group_of_pair(rows)
    by_id = prompts().iloc[[0]].assign(source=None, prompt="x")
    recorded = (
        prompts()
        .iloc[[0]]
        .assign(
            source=None,
            sentence_id=None,
            prompt='اكتب قصة تبدأ كده: "بغيت الكتاب، دابا ديال الخدمة"',
        )
    )
    left = without_prompted(sentences, pd.concat([by_id, recorded]), groups)
    assert {s.group_id for s in left} == {f"own:{i}" for i in range(2, 7)}


def test_negatives_without_directions_keep_to_the_generators_prompts():
    pairs, funnel = form_dataset(data(), PairSettings(seed=1, negatives={"loop": 1, "msa": 1}))
    assert set(pairs["kind"]) == {"story", "translation"}
    assert set(pairs["rejected_origin"]) == {"negative:loop", "negative:msa"}
    assert "reference" not in set(pairs["chosen_origin"])
    assert counted(funnel, "negative: msa") == {"translation": 1}


def test_kinds_keep_their_weights_where_the_prompts_have_them():
    settings = PairSettings(
        seed=1, directions={"eng-da": 1}, negatives={"loop": 3, "wrong-language": 1}
    )
    pairs, _ = form_dataset(data(), settings)
    found = pairs["rejected_origin"].value_counts()
    assert (found["negative:loop"], found["negative:wrong-language"]) == (4, 1)


def test_negatives_that_no_prompt_has_are_an_error():
    with pytest.raises(LahjaError, match="negatives: none for any of 3 answers to prefer in egy"):
        form_dataset(data(), PairSettings(seed=1, negatives={"changed-number": 1}))


def test_another_seed_draws_other_sentences():
    chosen = [
        set(form_dataset(data(), PairSettings(seed=seed, directions=EVEN))[0]["pair_id"])
        for seed in (1, 1, 2)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_without_directions_and_negatives_pairs_are_of_two_candidates():
    pairs, funnel = form_dataset(data(), PairSettings(seed=1))
    assert set(pairs["rejected_origin"]) == set(pairs["chosen_origin"]) == {"generated"}
    assert set(pairs["kind"]) == {"story", "translation"} and len(pairs) == 3
    assert not funnel["step"].str.startswith("negative").any()


def test_the_chosen_sides_are_examples_to_fine_tune_on(tmp_path):
    from build_chosen import main

    pairs = pd.DataFrame([dict.fromkeys(PAIRS.names, "x"), dict.fromkeys(PAIRS.names, "y")])
    pairs["chosen"], pairs["chosen_label"] = ["نعم", "yes"], ["egy", "eng"]
    write_table(tmp_path / "pairs.parquet", pairs, PAIRS)
    main(tmp_path / "pairs.parquet", tmp_path / "examples.parquet")
    found = read_table(tmp_path / "examples.parquet", EXAMPLES)
    assert found[["prompt", "completion", "variety"]].values.tolist() == [
        ["x", "نعم", "egy"],
        ["y", "yes", "eng"],
    ]
    write_table(tmp_path / "pairs.parquet", pairs.head(0), PAIRS)
    with pytest.raises(LahjaError, match="no preference pairs"):
        main(tmp_path / "pairs.parquet", tmp_path / "examples.parquet")
