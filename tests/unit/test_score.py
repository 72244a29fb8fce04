"""`lahja score` on tables, JSON Lines and AL-QASIDA's own files."""

import json

import pandas as pd
import pytest

from lahja.cli import main
from lahja.core.errors import LahjaError
from lahja.core.tables import METRICS, read_table
from lahja.evaluation.scored_texts import read_texts
from lahja.scoring.dialectness import adi2

ROWS = [
    {"response": "مش عارف أروح فين", "target_variety": "egy", "source_variety": "eng",
     "source": "I do not know where to go", "reference": "مش عارف أروح فين دلوقتي",
     "aldi": 0.8, "p_country": 0.9, "p_region": 0.95, "model": "a", "prompt_id": "1"},
    {"response": "لا أعرف إلى أين أذهب", "target_variety": "egy", "source_variety": "eng",
     "source": "I do not know where to go", "reference": "مش عارف أروح فين دلوقتي",
     "aldi": 0.1, "p_country": 0.4, "p_region": 0.5, "model": "b", "prompt_id": "1"},
    {"response": "عايز إيه", "target_variety": "egy", "source_variety": "eng",
     "source": "What do you want", "reference": "انت عايز إيه",
     "aldi": 0.7, "p_country": 0.8, "p_region": 0.9, "model": "a", "prompt_id": "2"},
    {"response": "ماذا تريد", "target_variety": "egy", "source_variety": "eng",
     "source": "What do you want", "reference": "انت عايز إيه",
     "aldi": 0.0, "p_country": 0.1, "p_region": 0.2, "model": "b", "prompt_id": "2"},
]  # fmt: skip


def write_rows(folder, suffix, rows=ROWS):
    path = folder / f"texts{suffix}"
    frame = pd.DataFrame(rows)
    match suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".tsv":
            frame.to_csv(path, index=False, sep="\t")
        case ".parquet":
            frame.to_parquet(path)
        case ".jsonl":
            lines = (json.dumps(row, ensure_ascii=False) for row in rows)
            path.write_text("\n".join(lines), encoding="utf-8")
    return path


def score(path, output, *options):
    main(["score", str(path), "--output", str(output), *options])
    metrics = read_table(output / "metrics.parquet", METRICS)
    names = {signature.split("|")[0] for signature in metrics["signature"].dropna()}
    assert "scorers:recorded" in names or "--recorded" not in options
    assert metrics["signature"].dropna().str.contains(r"\|bs:\d+\|seed:42$").all()
    return metrics[metrics["corpus"] == "all"]


def value(metrics, model, metric):
    rows = metrics[(metrics["model"] == model) & (metrics["metric"] == metric)]
    return rows[rows["target_variety"] == "egy"].iloc[0]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_table_reads_the_same(tmp_path, suffix):
    texts = read_texts(write_rows(tmp_path, suffix), {}, {})
    assert texts["response"].tolist() == [row["response"] for row in ROWS]
    assert texts["aldi"].tolist() == [row["aldi"] for row in ROWS]
    assert set(texts["task"]) == {"translation"}


def test_recorded_scores_become_metrics_and_scoreboards(tmp_path):
    metrics = score(write_rows(tmp_path, ".csv"), tmp_path / "out", "--recorded", "--against", "b")
    found = value(metrics, "a", "adi2")
    assert found["value"] == pytest.approx((adi2(0.9, 0.8) + adi2(0.8, 0.7)) / 2)
    assert found["low"] <= found["value"] <= found["high"]
    assert value(metrics, "a", "chrf_plus_plus")["value"] > 60
    assert value(metrics, "b", "adi2_macro")["value"] == pytest.approx(0.025)
    names = {file.name for file in (tmp_path / "out" / "scoreboard").iterdir()}
    assert {"scoreboard-adi2.tex", "scoreboard-adi2.svg", "scoreboard-chrf_plus_plus.csv"} <= names
    letters = pd.read_csv(tmp_path / "out/scoreboard/scoreboard-chrf.csv")
    assert letters["egy"].iloc[0] == value(metrics, "a", "chrf")["value"]
    # Egyptian alone was scored: no column of a dialect that nothing is known of.
    board = pd.read_csv(tmp_path / "out/scoreboard/scoreboard-adi2.csv")
    assert [code for code in ("egy", "mar", "pse") if code in board] == ["egy"]
    assert board["mean"].tolist() == board["egy"].tolist()
    compared = pd.read_csv(tmp_path / "out/comparisons.csv")
    row = compared[(compared["metric"] == "adi2") & (compared["target_variety"] == "egy")].iloc[0]
    assert (row["model"], row["baseline"]) == ("a", "b")
    assert row["difference"] == pytest.approx((0.72 - 0.04 + 0.56) / 2)


def test_columns_and_values_for_all_rows_may_be_named(tmp_path, capsys):
    rows = [{"output": row["response"], "gold": row["reference"]} for row in ROWS[:1]]
    path = write_rows(tmp_path, ".jsonl", rows)
    columns = json.dumps({"response": "output", "reference": "gold"})
    metrics = score(path, tmp_path / "out", "--columns", columns,
                    "--target", "egy", "--source", "eng")  # fmt: skip
    assert value(metrics, "texts", "chrf")["value"] > 60
    missing = value(metrics, "texts", "adi2")
    # Without scorers there is no ADI2, which is not an ADI2 of 0.
    assert missing["value"] is None or pd.isna(missing["value"])
    assert "adi2 is missing: 1 of 1 responses have no adi2 score" in capsys.readouterr().out


def test_the_outputs_are_al_qasidas_and_agree(tmp_path, capsys):
    rows = [row | {"corpus": "flores-devtest"} for row in ROWS]
    genres = json.dumps({"flores-devtest": "FLORES"})
    score(write_rows(tmp_path, ".csv", rows), tmp_path / "out", "--recorded", "--genres", genres)
    folder = tmp_path / "out" / "al-qasida"
    names = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*.csv"))
    assert names == [
        f"{model}_mt/DialectMT_FLORES_eng_to_egy_{kind}.csv"
        for model in "ab"
        for kind in ("metrics", "samples")
    ]
    main(["agreement", str(folder)])
    assert "DIFFERS" not in capsys.readouterr().out
    # And they can be read again, with the same result.
    first = value(read_table(tmp_path / "out/metrics.parquet", METRICS), "a", "adi2")["value"]
    again = score(folder, tmp_path / "again", "--recorded")
    assert value(again, "a", "adi2")["value"] == first


@pytest.mark.parametrize(
    ("row", "options", "complaint"),
    [
        ({"target_variety": "EGY"}, (), "texts.csv:2: unknown target_variety 'EGY'"),
        ({"target_variety": None}, (), "texts.csv:2: has no target_variety"),
        ({"source_variety": None}, (), "texts.csv:2: a translation needs source_variety"),
        ({"task": "chat"}, (), "texts.csv:2: unknown task 'chat'"),
        ({"aldi": "high"}, (), "texts.csv:2: aldi: 'high' is not a number"),
        ({"aldi": None}, ("--recorded",), "--recorded needs aldi and p_country in every row"),
        ({"prompt_id": "2"}, (), "prompt '2' of a occurs twice"),
        ({}, ("--columns", '{"reply": "x"}'), "unknown column 'reply'"),
        ({}, ("--columns", '{"response": "x"}'), "texts.csv:2: lacks the column 'x', found respo"),
        ({}, ("--columns", '{"reference": "x"}'), "texts.csv: lacks the column 'x' for reference"),
        ({"Reference": "x"}, (), None),
        ({}, ("--layout", "old"), "--layout old: expected published or evaluator"),
        ({}, ("--columns", '{"response": ["x"]}'), "expected the names of columns, not ['x']"),
        ({}, ("--against", "c"), "--against c: no such model among the texts (a b)"),
        ({}, ("--aldi", "."), "ADI2 needs all three scorers: --country is not given"),
        ({}, ("--scorers", "nowhere"), "nowhere/aldi: no such folder of a scorer"),
    ],
)  # fmt: skip
def test_faults_are_told_in_one_line(tmp_path, capsys, row, options, complaint):
    rows = [ROWS[0] | row, *ROWS[1:]]
    path = write_rows(tmp_path, ".csv", rows)
    if complaint is None:
        # Beside `reference` it is another column, which is named.
        score(path, tmp_path / "out", *options)
        assert "texts.csv: columns not used: Reference" in capsys.readouterr().err
        return
    with pytest.raises(SystemExit) as stop:
        score(path, tmp_path / "out", *options)
    assert complaint in stop.value.code
    assert "\n" not in stop.value.code


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("t.csv", "output,target_variety\nماشي,egy\n",
         "t.csv:2: lacks the column 'response', found output, target_variety: --columns"),
        ("t.tsv", "Response\ttarget_variety\nماشي\tegy\n", "found Response, target_variety"),
        ("t.csv", "response;target_variety\nماشي;egy\n",
         "found response;target_variety: --columns '{\"response\": \"…\"}' says what the table "
         "calls it, separated by commas"),
        ("t.csv", "response,response,target_variety\nماشي,لأ,egy\n",
         "t.csv: has more than one column 'response'"),
        ("t.csv", "response,reference,target_variety,reference\nماشي,أ,egy,ب\n",
         "t.csv: has more than one column 'reference'"),
        ("t.jsonl", '{"response": "ماشي", "target_variety": "egy"}\n{"output": "لأ"}\n',
         "t.jsonl:2: lacks the column 'response', found output"),
        ("t.csv", "response,Target variety\nماشي,egy\n",
         "t.csv: is the column 'Target variety' meant as 'target_variety'? Say --columns"),
    ],
)  # fmt: skip
def test_a_table_without_one_column_of_responses_is_refused(tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        score(tmp_path / name, tmp_path / "out")
    assert complaint in stop.value.code


@pytest.mark.parametrize("models", [("a/b", "a-b"), ("a b", "a-b")])
def test_models_that_would_share_a_file_are_refused_before_the_work(tmp_path, models):
    rows = [row | {"model": models[row["model"] == "b"]} for row in ROWS]
    with pytest.raises(SystemExit) as stop:
        score(write_rows(tmp_path, ".csv", rows), tmp_path / "out", "--recorded")
    assert f"{models[0]!r} on 'texts' and 'a-b' on 'texts' would both be written" in stop.value.code
    assert not (tmp_path / "out").exists()


def test_corpora_of_one_genre_are_refused_and_sources_of_one_answer_are_not(tmp_path):
    rows = [row | {"corpus": row["prompt_id"]} for row in ROWS]
    genres = json.dumps({"1": "BTEC", "2": "BTEC"})
    with pytest.raises(SystemExit, match="'a' on '1' and 'a' on '2' would both be written"):
        score(write_rows(tmp_path, ".csv", rows), tmp_path / "out", "--genres", genres)
    rows = [row | {"task": "monolingual", "reference": None} for row in ROWS]
    rows[0]["source_variety"] = "egy"
    score(write_rows(tmp_path, ".csv", rows), tmp_path / "out", "--recorded")
    file = tmp_path / "out/al-qasida/a_monolingual/DialectID_texts_egy_samples.csv"
    assert len(pd.read_csv(file)) == 2


def test_the_evaluator_s_layout_is_written_and_read_again(tmp_path, capsys):
    metrics = score(write_rows(tmp_path, ".csv"), tmp_path / "out", "--recorded",
                    "--layout", "evaluator")  # fmt: skip
    stem = tmp_path / "out/al-qasida/a_mt/DialectMT_texts_eng-egy"
    rows = pd.read_csv(f"{stem}_samples.csv")
    assert rows["text"].tolist() == [ROWS[0]["response"], ROWS[2]["response"]]
    (summary,) = pd.read_csv(f"{stem}_metrics.csv").to_dict("records")
    assert [*summary] == ["prob", "dialectness", "score", "macro_score",
                          "SpBLEU_corpus_score", "ChrF_corpus_score"]  # fmt: skip
    assert summary["score"] == pytest.approx(value(metrics, "a", "adi2")["value"])
    chrf2 = value(metrics, "a", "chrf")["value"]
    assert 100 * summary["ChrF_corpus_score"] == pytest.approx(chrf2)
    assert chrf2 != pytest.approx(value(metrics, "a", "chrf_plus_plus")["value"])
    main(["agreement", str(tmp_path / "out/al-qasida")])
    assert "ChrF_corpus_score is chrF2: 2 files" in capsys.readouterr().out
    again = score(tmp_path / "out/al-qasida", tmp_path / "again")
    assert value(again, "a", "chrf")["value"] == chrf2
    # The task's prompt is not there, but the source is.
    assert value(again, "a", "echo")["value"] == 0


def test_files_that_are_not_scored_are_named(tmp_path, capsys):
    folder = tmp_path / "in" / "x_mt"
    folder.mkdir(parents=True)
    for name in ("BTEC_eng-egy_samples", "BTEC_eng-kwt_samples", "BTEC_eng-syr_metrics"):
        column = "text" if name.endswith("samples") else "prob"
        (folder / f"DialectMT_{name}.csv").write_text(f"{column}\n1\n", encoding="utf-8")
    (folder / "DialectMT_BTEC_eng-mar_samples.csv").write_text("a\n1\n", encoding="utf-8")
    metrics = score(tmp_path / "in", tmp_path / "out")
    assert set(metrics["model"]) == {"x"}
    assert len(pd.read_csv(tmp_path / "out/sentences.csv")) == 1
    out, told = capsys.readouterr()
    assert "chrf_plus_plus is missing: no response has a reference" in out
    assert f"passed over: {folder}/DialectMT_BTEC_eng-mar_samples.csv: lacks the column" in told
    assert "1 files are of kwt, no variety of lahja's, and are passed over" in told
    assert "1 files hold only a summary and are passed over" in told


def test_an_output_that_cannot_be_written_to_is_named_before_the_work(tmp_path):
    place = tmp_path / "out"
    place.write_text("", encoding="utf-8")
    for output in (place, place / "deeper"):
        with pytest.raises(SystemExit) as stop:
            score(tmp_path / "none.csv", output)
        told = f"lahja: {output}: expected a folder that can be written to ({place}: Not a directo"
        assert stop.value.code.startswith(told)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_ids_may_be_numbers_and_texts_may_not(tmp_path, suffix):
    rows = [row | {"prompt_id": int(row["prompt_id"]), "model": 7.0} for row in ROWS[::2]]
    score(write_rows(tmp_path, suffix, rows), tmp_path / "out", "--recorded")
    texts = read_texts(write_rows(tmp_path, suffix, rows), {}, {})
    assert texts[["prompt_id", "model"]].to_numpy().tolist() == [["1", "7"], ["2", "7"]]
    for name, value in (("reference", ["نعم"]), ("response", {"text": "نعم"}), ("source", 5)):
        path = write_rows(tmp_path, suffix, [rows[0] | {name: value}])
        with pytest.raises(LahjaError, match=rf"texts{suffix}:1: {name} is .*, expected text"):
            read_texts(path, {}, {})


def test_broken_lines_are_counted_and_the_others_scored(tmp_path, capsys):
    path = write_rows(tmp_path, ".jsonl")
    path.write_text("{broken\n[1]\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(read_texts(path, {}, {})) == len(ROWS)
    assert capsys.readouterr().err == f"lahja: {path}:1: 2 rows left out: not a JSON object\n"


def test_no_file(tmp_path):
    with pytest.raises(SystemExit, match="no such file or folder"):
        score(tmp_path / "none.csv", tmp_path / "out")


def test_real_outputs_give_a_scoreboard(corpora, tmp_path, capsys):
    folder = corpora / "al-qasida" / "llm_outputs" / "gpt-4o_crosslingual"
    metrics = score(folder, tmp_path / "out", "--recorded", "--resamples", "200")
    out = capsys.readouterr().out
    assert "cross-lingual  gpt-4o" in out
    row = metrics[(metrics["metric"] == "adi2") & (metrics["target_variety"] == "dialects")].iloc[0]
    assert row["value"] == pytest.approx(0.174, abs=0.001)
