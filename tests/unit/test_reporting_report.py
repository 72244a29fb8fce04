"""Figures and the report page, from made-up scores to the files."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import (
    STARTS,
    evaluation_prompts,
    funnel,
    predictions,
    rejects,
    scored_responses,
)

from lahja.metrics.classification import confusion_counts, evaluate_classifier
from lahja.metrics.evaluation import comparisons_table, evaluate_model, metrics_table
from lahja.metrics.sentences import score_sentences
from lahja.metrics.translation import load_spbleu
from lahja.reporting.artifacts import read_artifact, write_artifact
from lahja.reporting.drawing import draw_bars, draw_samples
from lahja.reporting.figures import classifier_figure, direction_figures
from lahja.reporting.headline import changes
from lahja.reporting.report import Run, build_report
from lahja.reporting.samples import pictured_samples, sample_outputs
from lahja.reporting.style import styles
from lahja.reporting.tables import changes_table, classifier_table, table1, table2
from lahja.statistics import Resampling
from lahja.varieties import DIALECTS

MODELS = ["llama", "llama+RL"]
ATTACK = "<script>alert('لا')</script> $5 & more"


@pytest.fixture(scope="module")
def scores() -> list[pd.DataFrame]:
    prompts = evaluation_prompts(6)
    tables = []
    for model in MODELS:
        scored = scored_responses(prompts, model)
        scored["response"] = ATTACK
        tables.append(score_sentences(prompts, scored, load_spbleu(None)))
    return tables


@pytest.fixture(scope="module")
def run(scores: list[pd.DataFrame], root: Path, tmp_path_factory) -> Run:
    folder, paper = tmp_path_factory.mktemp("run"), root / "resources" / "paper"
    resampling = Resampling(100, seed=0)
    evaluations = {
        table["model"].iloc[0]: evaluate_model(table, resampling, load_spbleu(None))
        for table in scores
    }
    metrics = metrics_table(evaluations.values(), 0.95, {"chrf": "nrefs:1"})
    comparisons = comparisons_table(evaluations, STARTS, 0.95)
    answers = predictions(0.9, DIALECTS)
    classifiers = evaluate_classifier("nadi", answers, resampling, 0.95)
    for table in (
        table1(metrics, MODELS, STARTS, 3, paper),
        table2(metrics, MODELS, paper),
        classifier_table(classifiers, paper),
        changes_table(comparisons, MODELS, STARTS),
    ):
        write_artifact(table, folder)
    colours = styles([*MODELS, "nadi"])
    figures = direction_figures(metrics, MODELS, {"llama": "llama-Base"})
    for figure in (*figures, classifier_figure(classifiers, paper)):
        write_artifact(figure, folder)
        draw_bars(figure, colours, folder)
    samples = sample_outputs(scores, per_direction=1, seed=0)
    write_artifact(samples, folder)
    draw_samples(pictured_samples(samples), folder)
    return Run(
        metrics=metrics,
        comparisons=comparisons,
        confusion=confusion_counts("nadi", answers),
        tables=folder,
        figures=folder,
        counts=pd.DataFrame({"corpus": ["MADAR"], "variety": ["egy"], "rows": [1234]}),
        rejects=rejects(),
        funnel=funnel(),
        config="run: made-up  # <b>",
        versions={"versions": {"torch": "2.13.0"}, "python": "3.11"},
    )


@pytest.fixture(scope="module")
def page(run: Run, root: Path) -> str:
    templates = root / "workflow" / "report"
    return build_report(run, "made-up", MODELS, ["a small ALDi"], {"MADAR": "research"}, templates)


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


def test_colours_depend_on_the_names_alone() -> None:
    assert styles(["b", "a"]) == styles(["a", "b"])
    assert len({style.colour for style in styles("abcdefghijkl").values()}) == 12
    assert len(set(styles("abcdefghijklmnopqrstuvwxyz").values())) == 26


def test_a_response_with_a_script_shows_as_text(page: str) -> None:
    assert "alert('لا')" not in page
    assert "&lt;script&gt;alert(&#39;لا&#39;)&lt;/script&gt; $5 &amp; more" in page
    assert "# &lt;b&gt;" in page
    assert page.count("<script>") == 1


def test_the_page_needs_nothing_else(page: str) -> None:
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert "@import" not in page and "url(" not in page
    assert page.count("data:image/svg+xml;base64,") == 5


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
    plain = build_report(run, "made-up", MODELS, [], {}, root / "workflow" / "report")
    assert "Stand-ins" not in plain


def test_the_page_shows_data_pairs_and_how_to_repeat(page: str) -> None:
    for text in ("1,234", "duplicate", "research", "2.13.0", "labelled"):
        assert text in page
    assert "nan" not in re.findall(r">\s*(\w+)\s*<", page)


def test_the_headline_claims_only_what_the_interval_bears_out(run: Run) -> None:
    (change,) = changes(run.metrics, run.comparisons, MODELS)
    assert (change.model, change.baseline) == ("llama+RL", "llama")
    assert "more often than llama: ADI2 0." in change.sentence
    assert "chrF++ does not clearly change in any direction." in change.sentence
    weak = run.comparisons.assign(low=-1.0, high=1.0)
    (change,) = changes(run.metrics, weak, MODELS)
    assert "does not clearly beat llama" in change.sentence
