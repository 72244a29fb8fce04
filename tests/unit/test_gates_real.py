"""The audit on real pairs, and how often the gates stop what is known to be sound.

The first is what the gates are wanted for. The others show that they were not fitted to it:
recorded translations, parallel corpora, and texts that are known to be bad.
"""

from collections import Counter, defaultdict
from functools import cache
from itertools import permutations

import pytest

from lahja.core.config.evaluation import Gates
from lahja.core.varieties import VARIETIES, dialects_among
from lahja.corpora.readers import READERS, Output, Sentence, read_outputs, read_preferences
from lahja.preferences.gates import GATES
from lahja.preferences.gates.audit import (
    audit_pairs,
    read_labels,
    recall_table,
    with_defects,
)
from lahja.preferences.gates.form import is_cut_off
from lahja.preferences.gates.verdict import Pair
from lahja.prompts.intent import parse_prompt, translation_intent
from lahja.prompts.wordings import translation_prompt

DIALECTS = dialects_among(VARIETIES)

MADAR = "MADAR/MADAR.Parallel-Corpora-Public-Version1.1-25MAR2021/MADAR_Corpus"
OUTPUTS = "al-qasida/llm_outputs"
# A generator may well write MSA, or be cut off; whether a translation is sound, these gates say.
OF_MEANING = (
    "language",
    "echo",
    "artefact",
    "repetition",
    "length",
    "numbers",
    "names",
    "adequacy",
)


def test_the_labelled_real_pairs(corpora):
    folder = corpora / "nus-ids-amiya26"
    audit, _ = audit_pairs(list(read_preferences(folder / "rl_pairs.sample.json")), Gates())
    labels = read_labels(folder / "rl_pairs.sample.labels.csv")
    labelled = with_defects(audit, labels)
    recalls = recall_table(labelled)
    for kind, n in (("wrong_language", 2), ("echo", 8), ("artefact", 3)):
        assert recalls.loc[kind, ["n", "named"]].tolist() == [n, n], kind
    sound = labelled[labelled["defects"].map(len) == 0]
    assert len(sound) == 17
    assert sound["gate"].notna().sum() <= 2


def stop_rates(pairs, gates):
    """Return the share of pairs that each gate stops, and that any does ("any")."""
    counts, n = Counter(), 0
    for pair in pairs:
        stops = {gate for gate in gates if GATES[gate](pair, Gates()).status == "stopped"}
        counts.update(stops | ({"any"} if stops else set()))
        n += 1
    rates = {gate: count / n for gate, count in counts.items()}
    print(f"{n} texts:", {gate: f"{rate:.4f}" for gate, rate in sorted(rates.items())})
    return defaultdict(float, rates)


@cache
def recorded(corpora, generator, task):
    options = {"generators": [generator], "tasks": [task]}
    found = read_outputs(corpora / OUTPUTS, options)
    return [item for item in found if isinstance(item, Output)]


def judged(output, with_reference=False, response=None):
    intent = parse_prompt(output.prompt, output.name.target)
    reference = output.reference if with_reference else None
    return Pair(intent, response or output.response, "", reference=reference)


@pytest.mark.parametrize("generator", ["gpt-4o", "command_r+"])
def test_recorded_translations_of_strong_models_are_seldom_stopped(corpora, generator):
    outputs = recorded(corpora, generator, "translation")[::9]
    alone = stop_rates(map(judged, outputs), OF_MEANING)
    assert alone["any"] < 0.02
    assert max(alone[gate] for gate in OF_MEANING) < 0.01
    referenced = stop_rates((judged(output, True) for output in outputs), ["adequacy"])
    assert referenced["any"] < 0.04


def test_translations_of_other_sentences_are_stopped_by_their_references(corpora):
    outputs = recorded(corpora, "gpt-4o", "translation")[::9]
    strangers = [other.response for other in outputs[7:] + outputs[:7]]
    pairs = [judged(output, True, text) for output, text in zip(outputs, strangers, strict=True)]
    # Without a reference, what is left are length, numbers, names and shared letters.
    assert stop_rates(pairs, OF_MEANING)["any"] > 0.75
    assert stop_rates((Pair(p.intent, p.chosen, "") for p in pairs), OF_MEANING)["any"] > 0.4


def test_run_ons_of_a_base_model_are_stopped(corpora):
    outputs = recorded(corpora, "llama", "monolingual")[::2]
    gates = ("language", "echo", "artefact", "repetition")
    assert stop_rates(map(judged, outputs), gates)["any"] > 0.7


@pytest.mark.parametrize("name", ["madar", "flores"])
def test_the_columns_of_a_translation_prompt_tell_what_its_wording_tells(corpora, name):
    n = 0
    for sides in parallel(corpora, name):
        for source, target in permutations(sides, 2):
            text = sides[source]
            parsed = parse_prompt(translation_prompt(source, target, text), target)
            assert translation_intent(source, target, text) == parsed
            n += 1
            if n == 6000:
                return
    assert n > 1000


@cache
def parallel(corpora, name):
    if name == "madar":
        options = {
            "cities": ["Cairo", "Rabat", "Jerusalem", "Riyadh", "Damascus", "MSA", "English"]
        }
        found = READERS["madar"](corpora / MADAR, options)
    else:
        found = READERS["flores"](corpora / "flores200_dataset", {})
    groups = defaultdict(dict)
    for item in found:
        if isinstance(item, Sentence) and item.split != "train":
            groups[item.group][item.variety] = item.text
    return list(groups.values())


# FLORES's dialects were translated from English, not from its MSA, and keep names in Latin letters.
# People translate freely: into Moroccan, of what MADAR's MSA says sometimes not one letter is left.
@pytest.mark.parametrize(
    ("name", "every", "source", "limit"),
    [
        ("madar", 3, "eng", 0.01),
        ("madar", 3, "msa", 0.05),
        ("flores", 1, "eng", 0.05),
        ("flores", 1, "msa", 0.09),
    ],
)
def test_human_translations_are_seldom_stopped(corpora, name, every, source, limit):
    groups = parallel(corpora, name)[::every]
    for dialect in DIALECTS:
        # FLORES's Saudi is its MSA for the most part: an echo by rights.
        if (name, source, dialect) == ("flores", "msa", "sau"):
            continue
        pairs = [
            Pair(parse_prompt(translation_prompt(source, dialect, own[source])), own[dialect], "")
            for own in groups
            if {source, dialect} <= own.keys()
        ]
        print(name, source, dialect, end=" ")
        assert stop_rates(pairs, OF_MEANING)["any"] < limit, dialect


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("madar", {"egy": 0.01, "mar": 0.01, "pse": 0.01, "sau": 0.03, "syr": 0.01}),
        ("flores", {"egy": 0.02, "mar": 0.01, "pse": 0.04, "syr": 0.01}),
    ],
)
def test_marker_words_seldom_stop_a_text_in_its_own_dialect(corpora, name, limits):
    groups = parallel(corpora, name)
    for dialect, limit in limits.items():
        texts = [own[dialect] for own in groups if dialect in own]
        intent = parse_prompt("Tell me a story", dialect)
        own_rate, rates = None, []
        for wanted in DIALECTS:
            intent = parse_prompt(f"Use the dialect from {_country(wanted)}. Tell me a story")
            assert intent.variety == wanted
            print(name, dialect, "as", wanted, end=" ")
            rate = stop_rates((Pair(intent, text, "") for text in texts), ["dialect"])["any"]
            if wanted == dialect:
                own_rate = rate
            elif {wanted, dialect} != {"pse", "syr"}:
                rates.append(rate)
        assert own_rate < limit, dialect
        assert min(rates) > 5 * own_rate, dialect


def _country(dialect):
    names = {"egy": "Egypt", "mar": "Morocco", "pse": "Palestine", "sau": "Saudi Arabia"}
    return names.get(dialect, "Syria")


def test_texts_that_a_limit_cut_off_are_known_by_their_look(corpora):
    outputs = recorded(corpora, "gpt-4o", "crosslingual")
    cut = [is_cut_off(o.response) for o in outputs if o.finish_reason == "length"]
    whole = [is_cut_off(o.response) for o in outputs if o.finish_reason == "stop"]
    print(f"cut off: {sum(cut)} of {len(cut)}, whole: {sum(whole)} of {len(whole)}")
    assert sum(cut) > 0.7 * len(cut)
    assert sum(whole) < 0.1 * len(whole)


@pytest.mark.parametrize("task", ["translation", "monolingual", "crosslingual"])
def test_what_recorded_prompts_ask_for_is_read_from_their_wording(corpora, task):
    outputs = recorded(corpora, "gpt-4o", task)
    found = Counter(
        "unknown" if variety is None else "right" if variety == output.name.target else "wrong"
        for output in outputs
        for variety in [parse_prompt(output.prompt).variety]
    )
    print(task, found)
    assert found["wrong"] < 0.01 * len(outputs)
    assert found["right"] > 0.95 * len(outputs)
