"""The reward of an answer in training, by hand, and what a training by it refuses."""

from pathlib import Path

import pandas as pd
import pytest

from lahja.core.config.evaluation import Gates
from lahja.core.config.training import GrpoSettings
from lahja.core.errors import LahjaError
from lahja.core.tables import EVALUATION_PROMPTS, PAIRS, PARALLEL, PROMPTS, write_table
from lahja.preferences import reinforcement
from lahja.preferences.directions import direction_prompts
from lahja.preferences.reinforcement import reward_of_answers, train_by_reward
from lahja.scoring.translation import chrf_plus_plus, chrf_statistics
from lahja.training.adapters import AdapterRun

MSA, EGY, ENG = (
    "أريد أن أشتري هذا الكتاب اليوم",
    "عايز اشتري الكتاب ده النهارده",
    "I want to buy it now",
)
LOOP = "عايز عايز عايز عايز عايز عايز عايز عايز عايز عايز"


class Judge:
    """Judges to whom what holds ده is half a dialect, surely of every country."""

    def __init__(self, **how):
        self.how = how

    def score(self, texts):
        aldi = [0.5 * ("ده" in text) for text in texts]
        arabic = [not text.isascii() for text in texts]
        told = {"language": "arz", "is_arabic": arabic, "aldi": aldi}
        return pd.DataFrame(told | {"countries": [[1.0] * 18 for _ in texts]})


def parallel() -> pd.DataFrame:
    rows = [
        {
            "pair_id": f"p{i}", "group_id": f"g{i}", "corpus": "c", "split": "train",
            "variety": code, "text": f"{EGY} {i}", "msa": f"{MSA} {i}", "eng": f"{ENG} {i}",
            "msa_origin": "corpus", "eng_origin": "corpus",
        }
        for i, code in enumerate(("egy", "egy", "egy", "mar"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=PARALLEL.names)


@pytest.fixture
def asked() -> pd.DataFrame:
    """Ask for each sentence in each direction."""
    return direction_prompts(parallel(), ["egy", "mar"], number=3, seed=1)


def test_the_reward_is_chrf_and_adi2_less_what_gates_stop(asked) -> None:
    into, back = (asked[asked["kind"] == kind].iloc[0] for kind in ("eng-da", "da-eng"))
    good, wrong = into["reference"], into["source"]
    settings = GrpoSettings(dialect_weight=0.6, penalty=0.4)
    reward = reward_of_answers(asked, Judge(), settings, Gates())
    names = [into["prompt_id"]] * 4 + [back["prompt_id"]]
    answers = [good, wrong, LOOP, "", back["reference"]]
    found = reward(names, answers)
    chrf = chrf_plus_plus(chrf_statistics([wrong, LOOP], [good] * 2)) / 100
    # Good: chrF++ 1, P(country) 1 x ALDi 0.5. English where dialect was asked for is stopped as
    # another language and as an echo, a loop as a repetition. An empty answer earns nothing.
    expected = [1 + 0.6 * 0.5, chrf[0] - 2 * 0.4, chrf[1] - 0.4, 0.0, 1.0]
    assert found["reward"].tolist() == pytest.approx(expected)
    assert found["chrf"].tolist()[:1] == [100.0]
    assert found["adi2"].tolist()[:4] == [0.5, 0, 0, 0]
    assert found["adi2"].isna().tolist() == [False] * 4 + [True]
    assert found[["language", "echo", "repetition"]].values.tolist() == [
        [0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0],
    ]  # fmt: skip


@pytest.fixture
def told(asked, tmp_path, monkeypatch) -> tuple[AdapterRun, dict]:
    """Write a run's tables; validation asks about the first sentence in Egyptian."""
    held = {**dict.fromkeys(EVALUATION_PROMPTS.names, "x"), "source": f"{EGY} 0"}
    write_table(tmp_path / "validation.parquet", pd.DataFrame([held]), EVALUATION_PROMPTS)
    write_table(tmp_path / "parallel.parquet", parallel(), PARALLEL)
    write_table(tmp_path / "prompts.parquet", asked, PROMPTS)
    monkeypatch.setattr(reinforcement, "Judges", Judge)
    for name in ("aldi", "country", "language"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text(name)
    scorers = {name: tmp_path / name for name in ("aldi", "country", "language")}
    run = AdapterRun(tmp_path, None, tmp_path / "prompts.parquet", {}, tmp_path, tmp_path, {})
    tables = {name: tmp_path / f"{name}.parquet" for name in ("parallel", "validation")}
    return run, tables | {"scorers": scorers, "precision": "fp32", "limits": {}}


@pytest.mark.parametrize(("dialects", "groups"), [(None, {1, 2, 3}), (["egy"], {1, 2})])
def test_what_validation_asks_about_is_not_answered(told, monkeypatch, dialects, groups) -> None:
    run, how = told
    found = []
    monkeypatch.setattr(
        reinforcement, "train_grpo", lambda run, prompts, *_, **by: found.append((prompts, by))
    )
    train_by_reward(run, **how, dialects=dialects)
    ((prompts, by),) = found
    assert {int(text[-1]) for text in prompts["source"]} == groups
    assert len(prompts) == 4 * len(groups)
    # What is resumed is known by the scorers' files.
    (how["scorers"]["aldi"] / "weights").write_text("others")
    train_by_reward(run, **how, dialects=dialects)
    assert found[1][1]["scorers"]["country"] == by["scorers"]["country"]
    assert found[1][1]["scorers"]["aldi"] != by["scorers"]["aldi"]


def test_pairs_are_no_prompts(told) -> None:
    run, how = told
    pairs = pd.DataFrame([dict.fromkeys(PAIRS.names, "x")])
    write_table(run.data, pairs, PAIRS)
    with pytest.raises(LahjaError, match=r"prompts\.parquet"):
        train_by_reward(run, **how)


def test_the_script_takes_the_step_that_it_is_told(told, monkeypatch, tmp_path: Path) -> None:
    import train_adapter as script

    run, how = told
    taken = []
    monkeypatch.setattr(
        reinforcement, "train_grpo", lambda run, *_, **by: taken.append(run.settings)
    )
    named = {key: how[key] for key in ("parallel", "validation")} | how["scorers"]
    reward = {"precision": "fp32", "limits": {}}
    places = {"root": tmp_path, "data": [run.data], "work": tmp_path, "output": tmp_path}
    script.main("grpo", **places, settings={"penalty": 1}, reward=reward, **named)
    assert taken == [{"penalty": 1}]
