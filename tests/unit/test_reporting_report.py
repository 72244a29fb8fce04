"""Figures and the report page, from made-up scores to the files."""

import json
import re
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import evaluation_prompts, predictions
from reporting_run import ATTACK, DIALECTS

from lahja.core.artifacts import Table, read_artifact, write_artifact
from lahja.core.statistics import Resampling
from lahja.core.tables import (
    CLASSIFIER_METRICS,
    COMPARISONS,
    EVALUATION_PROMPTS,
    METRICS,
    SENTENCE_SCORES,
    write_table,
)
from lahja.evaluation.metrics.classification import evaluate_classifier
from lahja.evaluation.metrics.slices import MEAN
from lahja.report.charts import (
    bars_chart,
    changes_chart,
    curves_charts,
    samples_chart,
    save_picture,
    styles,
)
from lahja.report.counts import agreement_table
from lahja.report.figures import figure_table
from lahja.report.formats import count_table, page_rows
from lahja.report.page import Run, build_report
from lahja.report.samples import pictured_samples, sample_outputs
from lahja.report.scores import compare_recipes
from lahja.report.tables import changes_table
from lahja.report.tradeoff import tradeoff_chart

MODELS = ["llama", "llama+RL"]


@pytest.fixture(scope="module")
def run(attacked_run: Run) -> Run:
    return attacked_run


@pytest.fixture(scope="module")
def scores(run: Run) -> list[pd.DataFrame]:
    return run.scores


@pytest.fixture(scope="module")
def page(run: Run, root: Path) -> str:
    return build_report(run, root / "workflow" / "report")


@pytest.fixture(scope="module")
def agreement() -> pd.DataFrame:
    rows = [("aldi", "spearman", 0.81), ("aldi", "mae", 0.09), ("country", "accuracy", 0.77)]
    return pd.DataFrame([
        {"scorer": scorer, "teacher": "recorded", "measure": measure, "group": group,
         "value": value, "low": value - 0.1, "high": value + 0.1, "n": 1500}
        for scorer, measure, value in rows
        for group in ("egy", "all")
    ])  # fmt: skip


@pytest.fixture(scope="module")
def without_stand_ins(run: Run, agreement: pd.DataFrame, root: Path) -> str:
    """A page of scorers that are no stand-ins, and of their agreement."""
    return build_report(
        replace(run, stand_ins=[], agreement=agreement), root / "workflow" / "report"
    )


@pytest.mark.parametrize("number", range(2, 8))
def test_every_figure_has_pictures_and_data(run: Run, number: int) -> None:
    for kind in ("svg", "png", "csv", "parquet"):
        assert (run.figures / f"figure{number}.{kind}").stat().st_size > 500


def test_a_drawing_is_the_same_twice(run: Run, tmp_path: Path) -> None:
    figure = read_artifact(run.figures / "figure2.parquet")
    save_picture(bars_chart(figure, styles(MODELS)), "again", tmp_path)
    for kind in ("svg", "png"):
        first = (run.figures / f"figure2.{kind}").read_bytes()
        assert (tmp_path / f"again.{kind}").read_bytes() == first


def test_bars_have_intervals_the_paper_s_points_and_what_is_missing(run: Run) -> None:
    figure = read_artifact(run.figures / "figure3.parquet")
    drawing = (run.figures / "figure3.svg").read_text(encoding="utf-8")
    ours = figure.rows["origin"] == "this run"
    assert drawing.count(">n/a<") == figure.rows["value"][ours].isna().sum() == 1
    assert "NADI (paper section 3)" in drawing
    (rows,) = bars_chart(figure, styles(["nadi"]))["datasets"].values()
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]


def test_models_without_a_score_leave_the_others_theirs_in_the_trade_off(run: Run) -> None:
    table = read_artifact(run.tables / "table2.parquet")
    table.rows.loc[table.rows["model"] == "llama", "mean"] = None
    starts = {"llama+RL": "llama"}
    chart = tradeoff_chart(table, starts, styles(MODELS), with_paper=True)
    point, *paper = chart["datasets"]["rows"]
    assert (point["model"], point["x_start"], point["is_ours"]) == ("llama+RL", None, True)
    assert [row["is_ours"] for row in paper] == [False, False]
    table.rows["mean"] = None
    assert tradeoff_chart(table, starts, styles(MODELS), with_paper=True) is None


def test_a_figure_s_numbers_are_a_table_of_panels_and_varieties(run: Run) -> None:
    figure = read_artifact(run.figures / "figure3.parquet")
    table = figure_table(figure)
    ours, paper, *_ = table.records()
    assert [table.cell(ours, column) for column in table.columns][:2] == ["F1", "nadi"]
    shown = figure.rows[figure.rows["origin"] == "this run"]
    assert ours["egy"] == shown["value"].iloc[0] and ours["egy_low"] == shown["low"].iloc[0]
    assert table.cell(ours, table.columns[-1]) == "n/a"
    assert paper["origin"].startswith("paper")


def test_varieties_keep_their_order_where_the_first_has_no_value(run: Run, tmp_path: Path) -> None:
    figure = read_artifact(run.figures / "figure2.parquet")
    figure.rows.loc[figure.rows["variety"] == "egy", "value"] = None
    save_picture(bars_chart(figure, styles(MODELS)), "figure", tmp_path)
    drawing = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    places = [drawing.index(f">{name}<") for name in ("Egyptian", "Moroccan", "Syrian")]
    assert places == sorted(places)


def test_arabic_samples_run_right_to_left(scores: list[pd.DataFrame]) -> None:
    arabic, latin = "أنا 12 (test) لا", "not Arabic لا"
    rows = sample_outputs([scores[0].assign(response=arabic, reference=latin)], 1, seed=0)
    (lines,) = samples_chart(pictured_samples(rows))["datasets"].values()
    kinds = {line["text"]: line["kind"] for line in lines if line["text"]}
    assert kinds[f"\u202b{arabic}\u202c"] == "arabic"
    assert kinds[latin] == "latin"


@pytest.mark.parametrize(
    ("dialects", "expected"),
    [
        (
            ["egy", "mar", "pse", "sau", "syr"],
            {("eng", "egy"), ("msa", "mar"), ("syr", "eng"), ("sau", "msa")},
        ),
        (["egy", "mar"], {("eng", "egy"), ("msa", "mar"), ("mar", "eng"), ("egy", "msa")}),
        (["syr"], {("eng", "syr"), ("msa", "syr"), ("syr", "eng"), ("syr", "msa")}),
    ],
)
def test_the_picture_has_a_sample_of_each_kind_of_direction(scores, dialects, expected) -> None:
    own = [
        table[
            table[["source_variety", "target_variety"]].isin([*dialects, "eng", "msa"]).all(axis=1)
        ]
        for table in scores
    ]
    rows = pictured_samples(sample_outputs(own, per_direction=2, seed=0)).rows
    assert set(zip(rows["source_variety"], rows["target_variety"], strict=True)) == expected
    assert rows["sample"].nunique() == 4


def test_samples_hold_each_direction_of_every_model_once(scores: list[pd.DataFrame]) -> None:
    rows = sample_outputs(scores, per_direction=1, seed=0).rows
    assert set(rows.groupby("sample").size()) == {len(MODELS)}
    translations = rows[rows["task"] == "translation"]
    assert (
        translations.groupby(["source_variety", "target_variety"])["sample"].nunique().eq(1).all()
    )
    assert sample_outputs(scores, 1, seed=0).rows.equals(rows)
    # Of tasks without a source, each dialect's.
    without = rows[rows["source_variety"].isna()]
    assert set(without["task"]) == {"monolingual", "crosslingual"}
    assert without.groupby(["task", "target_variety"])["sample"].nunique().eq(1).all()


def test_looks_depend_on_the_names_alone() -> None:
    assert styles(["b", "a"]) == styles(["a", "b"])
    assert len({style.colour for style in styles("abcdefghijkl").values()}) == 12
    assert len(set(styles("abcdefghijklmnopqrstuvwxyz").values())) == 26


def test_a_response_with_a_script_is_data(page: str) -> None:
    assert "<script>alert" not in page
    assert r"\u003cscript\u003ealert(\u0027لا\u0027)\u003c/script\u003e $5 \u0026 more" in page
    (samples,) = re.findall(r'id="sample-data">(.*?)</script>', page)
    outputs = json.loads(samples)["outputs"]
    assert {text for row in outputs for text, *_ in row} == {ATTACK}
    assert "# &lt;b&gt;" in page
    assert len(re.findall("<script", page)) == len(re.findall("</script>", page)) == 6


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} \u2028 ' \" `"


def test_names_licences_and_settings_are_text_whatever_they_are(
    run: Run, root: Path, expect_row
) -> None:
    """Of the pieces that a page takes in, those of a corpus, a model and a configuration."""
    scores = [own.assign(response=HOSTILE, source=HOSTILE, reference=HOSTILE) for own in run.scores]
    counts = run.counts.assign(corpus=HOSTILE)
    attacked = replace(
        run, run=HOSTILE, stand_ins=[HOSTILE], licences={HOSTILE: HOSTILE}, left_out=HOSTILE,
        config=HOSTILE, versions={HOSTILE: {HOSTILE: HOSTILE}}, counts=counts, scores=scores,
        metrics=run.metrics.assign(signature=HOSTILE),
    )  # fmt: skip
    page = build_report(attacked, root / "workflow" / "report")
    assert "alert(1)" in page
    assert "<script>alert" not in page and "<img src=x" not in page
    assert len(re.findall("<script", page)) == len(re.findall("</script>", page)) == 6
    (samples,) = re.findall(r'id="sample-data">(.*?)</script>', page)
    assert {text for row in json.loads(samples)["outputs"] for text, *_ in row} == {HOSTILE}
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"', page)
    assert "&#39;unsafe-inline&#39;" not in policy.partition("style-src")[0]
    places = "corpus, model, licence, package, key, signature, request, response"
    looked = f"text on the page, as {places}; its policy runs no script but its own"
    expect_row("HTML and JavaScript that end a script, in the report", 1, looked)


def test_the_page_needs_nothing_else(page: str) -> None:
    elements = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(?!#)", elements)
    assert "@import" not in elements and "url(" not in elements
    assert "data:image" not in page
    assert "default-src &#39;none&#39;" in page


def test_the_page_is_well_formed(page: str) -> None:
    class Balance(HTMLParser):
        void = frozenset({"meta", "img", "link", "br", "input", "wbr"})

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


def test_the_page_says_what_stands_in(page: str, without_stand_ins: str) -> None:
    assert "a small ALDi" in page
    assert "Stand-ins" not in without_stand_ins


def test_the_page_says_what_was_left_out_at_its_top_and_beside_all_numbers(
    run: Run, page: str, root: Path
) -> None:
    note = "Made without 1 of 2 corpora of the configuration, whose files are absent: madar."
    assert "Corpora left out" not in page
    told = build_report(replace(run, left_out=note), root / "workflow" / "report")
    assert told.index("Corpora left out") < told.index('id="headline"')
    # Once in the banner, and with each figure, table and folded table.
    folded = re.findall(r'<div id="[^"]+">\s*<details class="fold">', told)
    assert len(folded) > 5
    assert told.count(note) == 1 + told.count("<figcaption>") + len(folded)


def test_tables_and_figures_on_disk_carry_the_note_too(run: Run, root: Path, tmp_path) -> None:
    from make_tables_and_figures import main

    classifiers = evaluate_classifier("nadi", predictions(0.9, DIALECTS), Resampling(10, 0), 0.95)
    given = {"metrics": (run.metrics, METRICS), "comparisons": (pd.read_parquet(run.tables / "compared/comparisons.parquet"), COMPARISONS),
             "classifiers": (classifiers, CLASSIFIER_METRICS),
             "scores": (pd.concat(run.scores), SENTENCE_SCORES),
             "prompts": (evaluation_prompts(), EVALUATION_PROMPTS)}  # fmt: skip
    *paths, prompts = [tmp_path / f"{name}.parquet" for name in given]
    for path, table in zip((*paths, prompts), given.values(), strict=True):
        write_table(path, *table)
    settings = {"models": MODELS, "starts": run.starts, "dialects": DIALECTS, "select": 1,
                "figure_models": MODELS, "translators": {"llama": "llama-Base"}, "samples": 1, "seed": 0, "left_out": "Made without a."}  # fmt: skip
    folders = tmp_path / "tables", tmp_path / "figures"
    main(*paths, [prompts], root / "resources" / "paper", settings, *folders)
    found = [read_artifact(path) for folder in folders for path in folder.glob("*.parquet")]
    assert len(found) >= 11
    assert all(table.notes[-1] == "Made without a." for table in found)
    assert "Made without a." in (tmp_path / "tables/table2.tex").read_text(encoding="utf-8")


def test_the_page_shows_data_pairs_and_how_to_repeat(page: str) -> None:
    for text in ("1,234", "duplicate", "research", "2.13.0", "labelled", "gpt-4o", "train_sft"):
        assert text in page
    assert "nan" not in re.findall(r">\s*(\w+)\s*<", page)


def test_the_agreement_of_the_scorers_stands_by_their_scores(
    agreement: pd.DataFrame, without_stand_ins: str
) -> None:
    note = "ALDi Spearman 0.81, MAE 0.09 on 1,500 held-out texts; country accuracy 0.77"
    # Three tables, three figures, the chart and the samples.
    assert without_stand_ins.count(note) == 8
    table = agreement_table(agreement)
    assert [column.header for column in table.columns][2:5] == ["All", "egy", "n"]
    assert len(table.rows) == 3
    assert 'id="agreement"' in without_stand_ins


def change(model: str, adi2: tuple[float, float, float], *quality: float) -> list[dict]:
    """Return COMPARISONS of one model: overall ADI2, chrF++ per direction and on average."""
    directions = [("eng", MEAN), ("msa", MEAN), (MEAN, "eng"), (MEAN, "msa"), (MEAN, MEAN)]
    rows = [("all", "all", MEAN, "adi2", *adi2)]
    rows += [
        ("translation", *direction, "chrf_plus_plus", value, value - 1, value + 1)
        for direction, value in zip(directions, [*quality, sum(quality) / 4], strict=True)
    ]
    names = ("task", "source_variety", "target_variety", "metric", "difference", "low", "high")
    same = {"model": model, "baseline": model.split("+")[0], "p_value": 0.01, "p_holm": 0.01}
    return [same | dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def changed() -> Table:
    clear, unclear = (0.04, 0.02, 0.06), (0.02, -0.01, 0.05)
    comparisons = pd.DataFrame(
        change("T+RL", clear, -0.5, -3, 0, -2)
        + change("T+RL-43", clear, -0.5, -3, 0, 2)
        + change("T+lahja", clear, 0.5, 0.5, 0, 0)
        + change("T+lahja-43", unclear, 0.5, 1.5, 0, 0)
    )
    models = [*dict.fromkeys(comparisons["model"])]
    return changes_table(comparisons, models, dict.fromkeys(models, "T"))


GROUPS = {
    "The paper's recipe": ["T+RL", "T+RL-43", "not evaluated"],
    "Our recipe": ["T+lahja", "T+lahja-43"],
}


def test_the_headline_counts_only_what_intervals_bear_out(
    changed: Table, run: Run, root: Path, tmp_path: Path
) -> None:
    paper, ours = compare_recipes(changed, GROUPS)
    assert (paper.gained, paper.lost) == ((2, 2), (3, 8))
    assert (ours.gained, ours.lost) == ((1, 2), (0, 8))
    assert (paper.models, paper.starts) == (["T+RL", "T+RL-43"], ["T"])
    assert (ours.adi2.value, ours.adi2.low) == (pytest.approx(0.03), None)
    assert paper.quality.value == pytest.approx((-5.5 - 1.5) / 8)
    for path in run.tables.glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_artifact(changed, tmp_path)
    recipes = {"ours": GROUPS["Our recipe"], "paper": GROUPS["The paper's recipe"]}
    shown = replace(run, tables=tmp_path, figures=tmp_path, recipes=recipes)
    assert title(build_report(shown, root / "workflow" / "report")) == (
        "Our recipe makes 1 of 2 models clearly more dialectal and loses translation in none of 8 "
        "directions; the paper's recipe makes 2 of 2 models clearly more dialectal and loses "
        "translation in 3 of 8 directions."
    )
    write_artifact(replace(changed, rows=changed.rows[:0]), tmp_path)
    none = "No model was compared with the one it started from."
    assert title(build_report(shown, root / "workflow" / "report")) == none


def title(page: str) -> str:
    """Return the page's first heading."""
    return unescape(re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1]).strip()


def test_a_recipe_of_one_model_keeps_its_interval_and_a_missing_score_its_reason(
    changed: Table,
) -> None:
    lacking = replace(changed, rows=changed.rows.drop(columns=["adi2", "adi2_low", "adi2_high"]))
    (one,) = compare_recipes(changed, {"Training": ["T+RL"]})
    assert (one.adi2.low, one.adi2.high) == (0.02, 0.06)
    (none,) = compare_recipes(lacking, {"Training": ["T+RL"]})
    assert (none.adi2.value, none.gained) == (None, (0, 0))
    assert compare_recipes(changed, {"Training": ["not evaluated"]}) == []


def test_the_picture_has_each_recipe_s_changes_in_its_colour(changed: Table) -> None:
    groups = GROUPS | {"Our recipe": ["T+lahja"]}
    chart = changes_chart(changed, groups)
    rows = pd.DataFrame(chart["datasets"]["rows"]).set_index(["panel", "model"])
    assert rows.loc[("Dialect (ADI2)", "T+lahja-43"), "recipe"] == "other training"
    own = rows.loc[("Translation (chrF++)", "T+RL")]
    assert (own["x"], own["x_low"], own["x_high"]) == (-1.375, -2.375, -0.375)
    assert own["baseline"] == "T"
    colours = chart["spec"]["encoding"]["color"]["scale"]
    assert colours["domain"] == [*GROUPS, "other training"]
    assert changes_chart(replace(changed, rows=changed.rows[:0]), groups) is None
    many = pd.concat([changed.rows, *[changed.rows[:1].assign(model=f"m{n}") for n in range(13)]])
    chart = changes_chart(replace(changed, rows=many.reset_index(drop=True)), groups)
    assert {row["model"] for row in chart["datasets"]["rows"]} == {"T+RL", "T+RL-43", "T+lahja"}
    assert "14 others are among the numbers below." in chart["description"]


def test_cells_of_arabic_run_from_right_to_left(page: str, run: Run) -> None:
    arabic = re.findall(r'<td class="[^"]*arabic"[^>]*>([^<]*)', page)
    marked = re.findall(r'<td class="[^"]*arabic"[^>]* dir="rtl" lang="ar">([^<]*)', page)
    assert arabic and arabic == marked
    assert any("السوق" in text for text in marked)
    view = count_table("kept", pd.DataFrame({"text": ["لا، شكرا", "no one (لا)"], "n": [1, 2]}))
    assert [cells[0].kind for cells, _ in page_rows(view)] == ["text arabic", "text"]


def contrast(first: str, second: str) -> float:
    """Return WCAG's contrast of two colours, from 1 to 21."""
    shares = [[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in (first, second)]
    linear = [[s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in own]
              for own in shares]  # fmt: skip
    weights = (0.2126, 0.7152, 0.0722)
    darker, lighter = sorted(
        sum(w * s for w, s in zip(weights, own, strict=True)) for own in linear
    )
    return (lighter + 0.05) / (darker + 0.05)


def test_the_colour_of_every_model_stands_out_on_light_and_on_dark(root: Path) -> None:
    style = (root / "workflow/report/style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r"--ground: (#\w{6})", style)
    colours = {style.colour for style in styles("abcdefghijkl").values()}
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#F0E442", light) < 1.5  # What yellow lines had.
    assert all(contrast(colour, ground) > 2 for colour in colours for ground in (light, dark))


def test_the_frame_of_curves_reaches_above_values_below_0() -> None:
    rows = {"step": range(100), "value": [-20.0 + step / 10 for step in range(100)]}
    about = {"train": "dpo", "measure": "log-probability", "model": "a", "part": "chosen"}
    (chart,) = curves_charts(pd.DataFrame(rows).assign(**about), styles("a")).values()
    low, high = chart["spec"]["encoding"]["y"]["scale"]["domain"]
    assert low == -20 and -10.1 < high < 0


@pytest.mark.parametrize("name", ["judge", "comet"])
def test_a_second_opinion_has_its_table_where_there_is_one(
    run: Run, page: str, root: Path, tmp_path: Path, name: str
) -> None:
    tables = shutil.copytree(run.tables, tmp_path / "tables")
    opinion = replace(read_artifact(tables / "faults.parquet"), name=name, caption="An opinion.")
    write_artifact(opinion, tables)
    shown = build_report(replace(run, tables=tables), root / "workflow" / "report")
    assert ("An opinion." in shown, "An opinion." in page) == (True, False)
