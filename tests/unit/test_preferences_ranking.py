"""Pairs of a model's own translations by reward: reference and dialectness."""

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import (
    EVALUATION_PROMPTS,
    EXAMPLES,
    FUNNEL,
    GENERATIONS,
    PAIRS,
    PARALLEL,
    PROMPTS,
    SENTENCES,
    read_table,
    write_table,
)
from lahja.preferences.directions import (
    direction_prompts,
    held_out_keys,
    sentence_prompts,
    target_of,
    training_sentences,
)
from lahja.preferences.pairs import PairSettings
from lahja.preferences.ranking import (
    ChoiceSettings,
    examples_by_reward,
    pairs_by_reward,
    with_gains,
    with_rewards,
)
from lahja.prompts.wordings import translation_prompt
from lahja.scoring.translation import agreement

SETTINGS = PairSettings(select="reward", gates=["language", "echo", "repetition", "dialect"])
MSA, EGY, ENG = "أريد أن أشتري هذا الكتاب", "عايز اشتري الكتاب ده", "I want to buy this book"


def parallel(n: int = 3) -> pd.DataFrame:
    rows = [
        {
            "pair_id": f"p{i}", "group_id": f"g{i}", "corpus": "c", "split": "train",
            "variety": "egy", "text": f"{EGY} {i}", "msa": f"{MSA} {i}", "eng": f"{ENG} {i}",
            "msa_origin": "corpus", "eng_origin": "corpus",
        }
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=PARALLEL.names)


def test_each_direction_asks_for_training_sentences_with_their_reference():
    prompts = direction_prompts(parallel(), ["egy"], number=2, seed=1)
    assert prompts["kind"].value_counts().to_dict() == {
        "eng-da": 2, "msa-da": 2, "da-eng": 2, "da-msa": 2,
    }  # fmt: skip
    back = prompts[prompts["kind"] == "da-eng"].iloc[0]
    assert back["reference"].startswith(ENG)
    assert back["prompt"] == translation_prompt("egy", "eng", back["source"])
    # A text of two words tells nothing of how good its translation is.
    short = parallel().assign(text="عايز كتاب", variety="egy")
    with pytest.raises(LahjaError, match="no training sentence of egy for eng-da"):
        direction_prompts(short, ["egy"], number=2, seed=1)


def test_a_group_with_one_held_out_row_and_sides_that_a_model_wrote_are_left_out():
    rows = parallel()
    rows.loc[0, "split"] = "validation"
    rows.loc[1, "eng_origin"] = "nllb"
    found = training_sentences(rows)
    assert found.groupby("group_id")["variety"].agg(set).to_dict() == {
        "g1": {"egy", "msa"}, "g2": {"egy", "msa", "eng"},
    }  # fmt: skip


def test_dialectness_counts_only_where_a_dialect_is_asked_for():
    asked = direction_prompts(parallel(1), ["egy"], number=1, seed=1).set_index("kind", drop=False)
    names = asked.loc[["eng-da", "da-eng"], "prompt_id"]
    told = pd.concat([answers((f"{EGY} 0", 0), prompt_id=name) for name in names])
    told = told.assign(dialect="egy").drop(columns="reward").reset_index(drop=True)
    into, without = (with_rewards(asked, told, Judge(), weight)["reward"] for weight in (0.6, 0))
    assert (into - without).tolist() == pytest.approx([0.6, 0])
    assert (target_of("eng-da", "egy"), target_of("da-eng", "egy")) == ("egy", "eng")


def answers(*samples: tuple[str, float], prompt_id: str) -> pd.DataFrame:
    rows = [
        {
            "prompt_id": prompt_id, "generator": "T", "sample": n, "response": text,
            "finish_reason": "stop", "n_tokens": 5, "reward": reward,
        }
        for n, (text, reward) in enumerate(samples)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def prompt() -> pd.DataFrame:
    prompts = direction_prompts(parallel(1), ["egy"], number=1, seed=1)
    return prompts[prompts["kind"] == "eng-da"]


def test_the_best_is_preferred_to_the_worst():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    right, poor, wrong = f"{EGY} 0", "عايز اروح الكتاب ده 0", "لا أعرف من هو ذلك 0"
    pairs, funnel = pairs_by_reward(
        asked, answers((poor, 0.6), (right, 1.2), (wrong, 0.1), prompt_id=name), SETTINGS
    )
    assert pairs.iloc[0][["chosen", "rejected"]].tolist() == [right, wrong]
    assert pairs.iloc[0]["chosen_label"] == "egy"
    assert funnel["count"].tolist() == [1, 1]


def test_a_side_that_is_much_longer_teaches_length_and_is_no_pair():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    long = "لا أعرف من هو ذلك الرجل الذي كان يريد أن يشتري كل تلك الكتب 0"
    table = answers((f"{EGY} 0", 1.2), (long, 0.1), prompt_id=name)
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        pairs_by_reward(asked, table, SETTINGS)
    assert (
        len(pairs_by_reward(asked, table, SETTINGS.model_copy(update={"min_length_ratio": 0.2}))[0])
        == 1
    )


def test_a_loop_is_rejected_first_whatever_its_reward_and_its_length():
    asked = prompt()
    loop = f"{EGY} 0 " * 6
    table = answers(
        (f"{EGY} 0", 1.2), (loop, 1.1), ("لا أعرف من هو ذلك 0", 0.1),
        prompt_id=asked["prompt_id"].iloc[0],
    )  # fmt: skip
    assert pairs_by_reward(asked, table, SETTINGS)[0].iloc[0]["rejected"] == loop


def test_a_loop_that_ran_to_the_limit_is_rejected_and_an_answer_cut_off_is_not():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    loop, cut = f"{EGY} 0 " * 6, "لا أعرف من هو ذلك الذي 0"
    table = answers((f"{EGY} 0", 1.2), (loop, 1.1), (cut, 0.1), prompt_id=name)
    table["finish_reason"] = ["stop", "length", "length"]
    assert pairs_by_reward(asked, table, SETTINGS)[0].iloc[0]["rejected"] == loop
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        pairs_by_reward(asked, table.iloc[[0, 2]], SETTINGS)


def test_what_is_chosen_is_never_rejected_too():
    asked = prompt()
    loop = f"{EGY} 0 " * 6
    table = answers((loop, 1.1), ("لا أعرف من هو ذلك 0", 0.1), prompt_id=asked["prompt_id"].iloc[0])
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        pairs_by_reward(asked, table, PairSettings(select="reward"))


def test_a_best_that_a_gate_stops_and_samples_too_near_make_no_pair():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    english = answers((f"{ENG} 0", 1.0), (f"{ENG} now", 0.2), prompt_id=name)
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        pairs_by_reward(asked, english, SETTINGS)
    other = prompt().assign(prompt_id="q")
    near = answers((f"{EGY} 0", 1.0), ("عايز اشتري كتاب ده 0", 0.95), prompt_id="q")
    good = answers((f"{EGY} 0", 1.0), ("مش عارف حاجة عن دي 0", 0.1), prompt_id="r")
    table = pd.concat([asked, other, prompt().assign(prompt_id="r")])
    pairs, funnel = pairs_by_reward(table, pd.concat([english, near, good]), SETTINGS)
    assert list(pairs["prompt_id"]) == ["r"]
    steps = funnel.set_index("step")["count"]
    assert steps["no sample through the gates"] == 1
    assert steps["best and worst alike"] == 1


def test_the_best_through_the_gates_is_learnt_also_where_all_are_alike():
    asked = pd.concat([prompt().assign(prompt_id=name) for name in ("p", "q", "r")])
    choice = ChoiceSettings(gates=["language", "echo", "repetition"])
    good, near = f"{EGY} 0", "عايز اشتري كتاب ده 0"
    loop = f"{EGY} 0 " * 6
    table = pd.concat(
        [
            answers((near, 0.95), (good, 1.0), (f"{ENG} 0", 1.4), prompt_id="p"),
            answers((loop, 1.2), (" ", 1.3), (near, 0.1), (near, 0.1), prompt_id="q"),
            answers((f"{ENG} 0", 1.0), prompt_id="r"),
        ]
    )
    found, funnel = examples_by_reward(asked, table, choice)
    assert found[["example_id", "completion"]].values.tolist() == [["p", good], ["q", near]]
    assert set(found["kind"]) == {"eng-da"} and set(found["variety"]) == {"egy"}
    assert set(found["prompt"]) == {asked["prompt"].iloc[0]}
    assert funnel.set_index("step")["count"].to_dict() == {
        "sampled prompts": 3, "chosen": 2, "no sample through the gates": 1,
    }  # fmt: skip
    with pytest.raises(LahjaError, match="chosen samples: none of 3 prompts has one"):
        examples_by_reward(asked, table[table["prompt_id"] == "r"], choice)


def test_gain_is_agreement_with_the_other_samples_and_dialectness():
    asked = prompt().assign(reference=None)
    texts = [f"{EGY} 0", f"{EGY} 1", "لا أعرف من هو ذلك", None]
    told = answers(*((text, 0) for text in texts), prompt_id=asked["prompt_id"].iloc[0])
    told = told.assign(dialect="egy").drop(columns="reward")
    alone = with_gains(asked, told, None, 0)["reward"]
    assert [*alone * 100] == pytest.approx(agreement([text or "" for text in texts]))
    into = with_gains(asked, told, Judge(), 0.6)["reward"]
    assert [*(into - alone)] == pytest.approx([0.6, 0.6, 0, 0])
    # An empty text is never learnt, and the choice needs no reference.
    found, _ = examples_by_reward(asked, with_gains(asked, told, Judge(), 0.6), ChoiceSettings())
    assert found["completion"].tolist() in ([texts[0]], [texts[1]])


def sentences() -> pd.DataFrame:
    """Return SENTENCES of two parallel groups and of three that are in no pair."""
    rows = [
        ("g0", "egy", "train", f"{EGY} 0"), ("g1", "msa", "train", f"{MSA} 1"),
        ("a", "egy", "train", "عايز اروح السوق النهارده"), ("b", "msa", "train", "أريد أن أذهب الآن"),
        ("c", "msa", "train", "هذا كتاب جديد جدا"), ("d", "egy", "validation", "ده بيت كبير قوي"),
        # Too short, and another group's sentence of a pair.
        ("e", "egy", "train", "ده كبير"), ("f", "egy", "train", f"{EGY} 2"),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["group_id", "variety", "split", "text"])
    found = found.assign(sentence_id="c:" + found["group_id"], corpus="c", n_words=3)
    return found.reindex(columns=SENTENCES.names).assign(aldi=0.5, line=1)


def test_sentences_without_a_translation_are_asked_for_without_a_reference():
    found = sentence_prompts(sentences(), parallel(3), ["egy"], number=5, seed=1)
    assert found.groupby("kind")["sentence_id"].agg(set).to_dict() == {
        "msa-da": {"c:b", "c:c"}, "da-msa": {"c:a"}, "da-eng": {"c:a"},
    }  # fmt: skip
    assert found["reference"].isna().all() and found["prompt_id"].is_unique
    one = found[found["kind"] == "da-eng"].iloc[0]
    assert one["prompt"] == translation_prompt("egy", "eng", one["source"])
    assert len(sentence_prompts(sentences(), parallel(3), ["egy"], number=1, seed=1)) == 3
    with pytest.raises(
        LahjaError, match="no training sentence of mar without a translation for da"
    ):
        sentence_prompts(sentences(), parallel(3), ["mar"], number=1, seed=1)


def test_the_script_asks_for_sentences_with_and_without_a_translation(tmp_path):
    from build_direction_prompts import main

    write_table(tmp_path / "parallel", parallel(3), PARALLEL)
    write_table(tmp_path / "sentences", sentences(), SENTENCES)
    settings, found = {"number": 2, "seed": 1}, []
    for given in (None, tmp_path / "sentences"):
        main(tmp_path / "parallel", ["egy"], settings, tmp_path / "p", given)
        found.append(read_table(tmp_path / "p", PROMPTS))
    assert found[0]["reference"].notna().all() and found[1]["reference"].isna().all()
    assert not {*found[0]["prompt_id"]} & {*found[1]["prompt_id"]}


def test_what_validation_asks_about_forms_no_pair_in_any_direction():
    asked = direction_prompts(parallel(3), ["egy"], number=3, seed=1)
    validation = pd.DataFrame(columns=EVALUATION_PROMPTS.names, dtype=object)
    # A template around the dialect's side, spelt in another way, and a translation from MSA.
    validation["prompt"] = [f'اكتب قصة بدايتها "{EGY.replace("ا", "أ", 1)} 0".', "Translate"]
    validation["source"] = [f"{EGY} 0!", f"{MSA} 1"]
    validation["target_variety"] = "egy"
    held_out = held_out_keys(training_sentences(parallel(3)), validation)
    table = pd.concat(
        answers((row.reference, 1.2), (" ".join(row.reference.split()[::-1]), 0.1),
                prompt_id=row.prompt_id)
        for row in asked.itertuples()
    )  # fmt: skip
    everything, _ = pairs_by_reward(asked, table, SETTINGS)
    pairs, funnel = pairs_by_reward(asked, table, SETTINGS, held_out)
    assert everything["prompt"].str.contains("[01]").any()
    assert not pairs["prompt"].str.contains("[01]").any()
    steps = funnel.groupby(["kind", "step"])["count"].sum()
    assert {
        steps[kind, "held out for validation"] for kind in ("eng-da", "msa-da", "da-eng", "da-msa")
    } == {2}


def test_a_ready_prompt_of_validation_holds_out_the_text_that_it_quotes():
    validation = pd.DataFrame(columns=EVALUATION_PROMPTS.names, dtype=object)
    validation["prompt"] = [f'اكتب قصة بدايتها "{EGY} 2".']
    validation["source"] = None
    validation["target_variety"] = "egy"
    keys = held_out_keys(training_sentences(parallel(3)), validation)
    assert len(keys) == 3
    assert all("2" in key for key in keys)


class Judge:
    """Judges to whom what holds ده is dialect, of the first country, and all is Arabic."""

    def __init__(self, *settings):
        pass

    def score(self, texts):
        sure = [float("ده" in (text or "")) for text in texts]
        return pd.DataFrame(
            {
                "language": "arz",
                "is_arabic": True,
                "aldi": sure,
                "countries": [[p] * 18 for p in sure],
            }
        )


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a script on three sentences, of which validation asks about the first."""
    import build_pairs

    monkeypatch.setattr("lahja.scoring.judges.Judges", Judge)
    asked = direction_prompts(parallel(3), ["egy"], number=3, seed=1)
    asked = asked[asked["kind"] == "msa-da"]
    samples = [
        {"prompt_id": name, "dialect": "egy", "generator": "T", "sample": n, "response": text,
         "finish_reason": "stop", "n_tokens": 3}
        for name in asked["prompt_id"]
        for n, text in enumerate(["عايز حاجة تانية خالص", "عايز اشتري الكتاب ده", None])
    ]  # fmt: skip
    validation = pd.DataFrame([dict.fromkeys(EVALUATION_PROMPTS.names, "x")])
    validation["source"] = f"{MSA} 0"
    write_table(tmp_path / "prompts", asked, PROMPTS)
    write_table(tmp_path / "samples", pd.DataFrame(samples), GENERATIONS)
    write_table(tmp_path / "validation", validation, EVALUATION_PROMPTS)
    write_table(tmp_path / "parallel", parallel(3), PARALLEL)

    def run(kind="preferences", **more):
        settings = {"seed": 1, "dialects": ["egy"]} | more
        if kind == "preferences":
            settings = {"seed": 1, "select": "reward", "min_length_ratio": 0.0}
        tables = ([tmp_path / "prompts"], [tmp_path / "samples"], tmp_path / "validation")
        outputs = (tmp_path / "made", tmp_path / "funnel", tmp_path / "parallel")
        build_pairs.main(kind, *tables, settings, *outputs, tmp_path, tmp_path, tmp_path)
        rows = (tmp_path / "made", PAIRS if kind == "preferences" else EXAMPLES)
        return read_table(*rows), read_table(tmp_path / "funnel", FUNNEL)

    return run


def test_samples_become_pairs_by_reference_and_dialectness(run):
    pairs, funnel = run()
    assert pairs["chosen"].tolist() == ["عايز اشتري الكتاب ده"] * 2
    assert pairs["rejected"].tolist() == ["عايز حاجة تانية خالص"] * 2
    assert set(pairs["chosen_generator"]) == {"T#1"}
    assert funnel.set_index("step")["count"].to_dict() == {
        "sampled prompts": 3,
        "held out for validation": 1,
        "pairs": 2,
    }
    assert not pairs["prompt"].str.contains("0").any()


@pytest.mark.parametrize("kind", ["best", "mbr"])
def test_samples_become_examples_by_reference_or_agreement_and_dialectness(run, kind):
    examples, funnel = run(kind)
    assert examples["completion"].tolist() == ["عايز اشتري الكتاب ده"] * 2
    assert funnel.set_index("step")["count"].to_dict() == {
        "sampled prompts": 3, "held out for validation": 1, "chosen": 2,
    }  # fmt: skip
    assert not examples["prompt"].str.contains("0").any()


def test_without_a_weight_of_dialectness_no_scorer_is_opened(run, monkeypatch):
    monkeypatch.setattr("lahja.scoring.judges.Judges", None)
    examples, _ = run("best", dialect_weight=0)
    assert examples["completion"].tolist() == ["عايز اشتري الكتاب ده"] * 2
