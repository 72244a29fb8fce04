import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import PARALLEL
from lahja.training.example_data import translation_data


def _pair(name: str, **values: str | None) -> dict[str, str | None]:
    both = {"msa_origin": "corpus", "eng_origin": "corpus", "split": "train", "variety": "egy"}
    return {**dict.fromkeys(PARALLEL.names), **both, "pair_id": name, "text": "ازيك"} | values


def _examples(pairs: list[dict], **settings: object) -> pd.DataFrame:
    frame = pd.DataFrame(pairs, columns=PARALLEL.names).astype(object)
    return translation_data(frame.where(frame.notna(), None), **settings)


def test_every_direction_that_the_sides_allow() -> None:
    found = _examples([_pair("1", msa="كيف حالك", eng="how are you"), _pair("2", eng="hi")])
    assert sorted(found["kind"]) == ["da-eng", "da-eng", "da-msa", "eng-da", "eng-da", "msa-da"]
    row = found[found["example_id"] == "1:msa-da"].iloc[0]
    assert row["prompt"].startswith("Translate from Modern Standard Arabic into Egyptian Arabic.")
    assert (row["completion"], row["variety"]) == ("ازيك", "egy")


def test_clean_leaves_out_what_nllb_wrote() -> None:
    pairs = [_pair("1", msa="كيف", msa_origin="nllb", eng="how")]
    assert {*_examples(pairs, variant="clean")["kind"]} == {"eng-da", "da-eng"}
    assert len(_examples(pairs, variant="aug")) == 4


def test_held_out_splits_and_msa_rows_are_left_out() -> None:
    pairs = [
        _pair("1", eng="a"),
        _pair("2", eng="b", split="test"),
        _pair("3", eng="c", variety="msa"),
    ]
    assert {name.split(":")[0] for name in _examples(pairs)["example_id"]} == {"1"}


def test_a_limit_is_spread_over_directions_and_dialects() -> None:
    pairs = [
        _pair(f"{v}{n}", eng="a", variety=v)
        for v, many in (("egy", 9), ("syr", 2))
        for n in range(many)
    ]
    found = _examples(pairs, max_pairs=8)
    assert found["kind"].value_counts().to_dict() == {"eng-da": 4, "da-eng": 4}
    assert sum(name.startswith("syr") for name in found["example_id"]) == 4


def test_clean_takes_the_gold_sides_of_each_corpus() -> None:
    sides = {"msa": "كيف", "eng": "how"}
    pairs = [
        _pair("cairo", corpus="madar", **sides),
        _pair("rabat", corpus="madar", variety="mar", **sides),
        _pair("doda", corpus="doda", variety="mar", **sides),
        _pair("lev", corpus="ufal", variety="syr", **sides),
    ]
    silver = {"madar": ["mar", "eng"], "ufal": ["syr", "msa", "eng"]}
    found = _examples(pairs, variant="clean", silver=silver)
    doda = {f"doda:{way}" for way in ("eng-da", "msa-da", "da-eng", "da-msa")}
    assert {*found["example_id"]} == {"cairo:msa-da", "cairo:da-msa"} | doda
    # Augmented data has them all, and without grades clean has them too.
    assert len(_examples(pairs, variant="aug", silver=silver)) == 16
    assert len(_examples(pairs, variant="clean")) == 16


def test_some_dialects_alone() -> None:
    pairs = [_pair(v, eng="a", variety=v) for v in ("egy", "syr", "mar")]
    found = _examples(pairs, dialects=["syr", "egy"])
    assert {name.split(":")[0] for name in found["example_id"]} == {"egy", "syr"}
    with pytest.raises(LahjaError, match="no aug pairs of split 'train' in pse"):
        _examples(pairs, dialects=["pse"])
