"""Figures and the report page, from made-up scores to the files."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from reporting_run import about, made_up_run, sentence_scores

from lahja.reporting.agreement import agreement_table
from lahja.reporting.artifacts import read_artifact
from lahja.reporting.drawing import draw_bars
from lahja.reporting.headline import changes
from lahja.reporting.report import Run, build_report
from lahja.reporting.samples import sample_outputs
from lahja.reporting.style import styles

MODELS = ["llama", "llama+RL"]
ATTACK = "<script>alert('لا')</script> $5 & more than that"


@pytest.fixture(scope="module")
def scores() -> list[pd.DataFrame]:
    return sentence_scores(MODELS, 6, ATTACK)


@pytest.fixture(scope="module")
def run(scores: list[pd.DataFrame], root: Path, tmp_path_factory) -> Run:
    return made_up_run(scores, tmp_path_factory.mktemp("run"), root / "resources" / "paper")


@pytest.fixture(scope="module")
def page(run: Run, root: Path) -> str:
    return build_report(run, about(MODELS), root / "workflow" / "report")


@pytest.mark.parametrize("number", range(2, 8))
def test_every_figure_has_pictures_and_data(run: Run, number: int) -> None:
    for kind in ("svg", "png", "csv", "parquet"):
        assert (run.figures / f"figure{number}.{kind}").stat().st_size > 500


def test_a_drawing_is_the_same_twice(run: Run, tmp_path: Path) -> None:
    draw_bars(read_artifact(run.figures / "figure2.parquet"), styles(MODELS), tmp_path)
    again = read_artifact(run.figures / "figure2.parquet")
    first = (tmp_path / "figure2.svg").read_bytes()
    draw_bars(again, styles(MODELS), tmp_path)
    assert (tmp_path / "figure2.svg").read_bytes() == first


def test_samples_hold_each_direction_of_every_model_once(scores: list[pd.DataFrame]) -> None:
    rows = sample_outputs(scores, per_direction=1, seed=0).rows
    assert set(rows.groupby("sample").size()) == {len(MODELS)}
    translations = rows[rows["task"] == "translation"]
    assert (
        translations.groupby(["source_variety", "target_variety"])["sample"].nunique().eq(1).all()
    )
    assert sample_outputs(scores, 1, seed=0).rows.equals(rows)


def test_looks_depend_on_the_names_alone() -> None:
    assert styles(["b", "a"]) == styles(["a", "b"])
    assert len({style.colour for style in styles("abcdefghijkl").values()}) == 12
    assert len(set(styles("abcdefghijklmnopqrstuvwxyz").values())) == 26


def test_a_response_with_a_script_is_data(page: str) -> None:
    assert "<script>alert" not in page
    assert "\\u003cscript\\u003ealert('لا')\\u003c/script\\u003e $5 \\u0026 more" in page
    assert "# &lt;b&gt;" in page
    assert len(re.findall("<script", page)) == len(re.findall("</script>", page)) == 6


def test_the_page_needs_nothing_else(page: str) -> None:
    elements = re.sub(r"<script.*?</script>|data:image[^\"]*", "data:", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(?!data:|#)", elements)
    assert "@import" not in elements and "url(" not in elements
    assert page.count("data:image/svg+xml,") == 6
    assert "default-src &#39;none&#39;" in page


def test_the_page_is_well_formed(page: str) -> None:
    class Balance(HTMLParser):
        void = frozenset({"meta", "img", "link", "br", "input"})

        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.ids: list[str] = []

        def handle_starttag(self, tag: str, attrs: list) -> None:
            self.ids += [value for name, value in attrs if name == "id"]
            if tag not in self.void:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))


def test_the_page_says_what_stands_in(page: str, run: Run, root: Path) -> None:
    assert "a small ALDi" in page
    plain = build_report(run, about(MODELS, []), root / "workflow" / "report")
    assert "Stand-ins" not in plain


def test_the_page_shows_data_pairs_and_how_to_repeat(page: str) -> None:
    for text in ("1,234", "duplicate", "research", "2.13.0", "labelled", "gpt-4o", "train_sft"):
        assert text in page
    assert "nan" not in re.findall(r">\s*(\w+)\s*<", page)


def test_the_agreement_of_the_scorers_stands_by_their_scores(run: Run, root: Path) -> None:
    rows = [("aldi", "spearman", 0.81), ("aldi", "mae", 0.09), ("country", "accuracy", 0.77)]
    agreement = pd.DataFrame([
        {"scorer": scorer, "teacher": "recorded", "measure": measure, "group": group,
         "value": value, "low": value - 0.1, "high": value + 0.1, "n": 1500}
        for scorer, measure, value in rows
        for group in ("egy", "all")
    ])  # fmt: skip
    run = Run(**{**vars(run), "agreement": agreement})
    page = build_report(run, about(MODELS), root / "workflow" / "report")
    note = "ALDi Spearman 0.81, MAE 0.09 on 1,500 held-out texts; country accuracy 0.77"
    # Three tables, three figures, the chart and the samples.
    assert page.count(note) == 8
    table = agreement_table(agreement)
    assert [column.header for column in table.columns][2:5] == ["All", "egy", "n"]
    assert len(table.rows) == 3
    assert 'id="agreement"' in page


def test_the_headline_claims_only_what_the_interval_bears_out(run: Run) -> None:
    (change,) = changes(run.metrics, run.comparisons, MODELS)
    assert (change.model, change.baseline) == ("llama+RL", "llama")
    assert "more often than llama: ADI2 0." in change.sentence
    assert "chrF++ does not clearly change in any direction." in change.sentence
    weak = run.comparisons.assign(low=-1.0, high=1.0)
    (change,) = changes(run.metrics, weak, MODELS)
    assert "does not clearly beat llama" in change.sentence
