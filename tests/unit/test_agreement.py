"""`lahja agreement`, on made-up outputs in both of AL-QASIDA's layouts and on all real ones."""

import csv

import pytest

from lahja.cli import main
from lahja.scoring.translation import chrf, chrf_plus_plus, chrf_statistics

TEXTS = [("عامل إيه النهارده", "إزيك النهارده"), ("مش عارف", "مش عارف والله")]
STATISTICS = chrf_statistics(*zip(*TEXTS, strict=True))
OF_CORPUS = STATISTICS.sum(axis=0)
OF_CORPUS_PLUS_PLUS = chrf_plus_plus(OF_CORPUS) / 100


def turns(prompt):
    return repr([{"role": "User", "content": [{"type": "text", "text": prompt}]}])


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def translations(aldi=(0.5, 0.25), scale=1.0):
    scores = chrf_plus_plus(STATISTICS)
    rows = [
        {
            "generations": repr([response]), "completion": reference, "_raw_turns": turns("p"),
            "finish_reasons": "['stop']", "response_chrF": score, "dialectid_prob": 0.5,
            "dialectness": level, "dialectid_score": 0.5 * level * scale, "too_few_tokens": False,
        }
        for (response, reference), score, level in zip(TEXTS, scores, aldi, strict=True)
    ]  # fmt: skip
    summary = {
        "response_chrF": scores.mean(),
        "ChrF_corpus_score": OF_CORPUS_PLUS_PLUS,
        "dialectid_score": sum(row["dialectid_score"] for row in rows) / 2,
        "dialectness": sum(aldi) / 2,
    }
    return rows, [summary]


@pytest.fixture
def outputs(tmp_path):
    """A folder of two systems: GPT-4o's layout with a summary, Llama's without one."""
    rows, summary = translations()
    write(tmp_path / "deep" / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(tmp_path / "deep" / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_metrics.csv", summary)
    llama = [
        {"prompts": "قول حاجة", "generations": " ماشي", "acc": 1.0, "prob": 0.5,
         "dialectness": 0.5, "score": 0.25, "macro_prob": 0.75, "macro_score": 0.375},
        {"prompts": "قول", "generations": "Hello", "acc": 0.0, "prob": 0.0,
         "dialectness": 0.0, "score": 0.0, "macro_prob": 0.0, "macro_score": 0.0},
    ]  # fmt: skip
    write(tmp_path / "llama_monolingual" / "DialectID_HABIBI_dza_samples.csv", llama)
    return tmp_path


def test_one_line_per_file_and_a_summary(outputs, capsys):
    main(["agreement", str(outputs)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("deep/gpt_mt/DialectMT_BTEC_eng_to_egy")
    assert "2 rows  ok" in lines[0]
    assert "chrF++ ADI2 corpus-chrF++ 3 means;" in lines[0]
    assert lines[0].endswith("; response_chrF is chrF++; ChrF_corpus_score is chrF++")
    # Varieties that are not lahja's are checked all the same.
    assert lines[1].startswith("llama_monolingual/DialectID_HABIBI_dza")
    assert "ADI2 ADI2-macro zero-rules" in lines[1]
    assert "2 files, 4 rows" in lines
    assert "spBLEU is not checked: no SentencePiece model is configured for spBLEU" in lines


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("response_chrF", 12.5, "chrF++ differs"),
        ("dialectid_score", 0.2500001, "ADI2 differs by 1.0e-07 (line 2)"),
        ("dialectid_score", "nan-typo", None),
        ("too_few_tokens", True, "zero-rules differs by 1.0e+00 (line 2)"),
    ],
)
def test_a_difference_ends_with_exit_code_1(tmp_path, capsys, column, value, complaint):
    rows, summary = translations()
    rows[0][column] = value
    del summary[0]["dialectid_score"], summary[0]["dialectness"], summary[0]["response_chrF"]
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_metrics.csv", summary)
    if complaint is None:
        # An empty score is not compared; the other row's is.
        main(["agreement", str(tmp_path)])
        assert "ADI2" in capsys.readouterr().out
        return
    with pytest.raises(SystemExit) as stop:
        main(["agreement", str(tmp_path)])
    assert complaint in stop.value.code
    assert "DIFFERS" in capsys.readouterr().out


def test_a_mean_that_the_file_s_rows_do_not_give_is_said_and_not_counted(tmp_path, capsys):
    rows, summary = translations()
    summary[0]["dialectness"] += 1e-6
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_metrics.csv", summary)
    main(["agreement", str(tmp_path)])
    out = capsys.readouterr().out
    assert "recorded mean is not that of its rows (dialectness)" in out
    assert "recorded mean is not that of its rows, not counted: 1 files" in out


def test_a_wrong_mean_without_the_scores_of_rows_is_a_difference(tmp_path):
    rows, summary = translations()
    for row in rows:
        del row["response_chrF"]
    summary[0]["response_chrF"] += 1
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_metrics.csv", summary)
    with pytest.raises(SystemExit, match=r"mean-chrF2 differs by 5\.9e-01"):
        main(["agreement", str(tmp_path)])


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (chrf(OF_CORPUS), "chrF2"),
        (chrf_plus_plus(OF_CORPUS), "chrF++"),
        (chrf(OF_CORPUS) - 0.01, "neither chrF2 nor chrF++"),
    ],
)
def test_the_evaluator_s_files_are_read_and_its_chrf_is_told(tmp_path, capsys, score, told):
    stem = tmp_path / "mine_mt" / "DialectMT_BTEC_eng-dza"
    write(stem.with_name(f"{stem.name}_samples.csv"),
          [{"text": text, "completion": reference} for text, reference in TEXTS])  # fmt: skip
    write(stem.with_name(f"{stem.name}_metrics.csv"),
          [{"prob": 0.5, "SpBLEU_corpus_score": 0.1, "ChrF_corpus_score": score / 100}])  # fmt: skip
    if told.startswith("neither"):
        with pytest.raises(SystemExit, match=r"corpus-chrF2 differs by 1\.0e-02"):
            main(["agreement", str(tmp_path)])
    else:
        main(["agreement", str(tmp_path)])
    out = capsys.readouterr().out
    assert f"ChrF_corpus_score is {told}\n" in out
    assert f"ChrF_corpus_score is {told}: 1 files (mine_mt/DialectMT_BTEC_eng-dza)" in out


def test_texts_alone_and_a_summary_alone_do_not_tell_which_chrf_it_is(tmp_path, capsys):
    rows, summary = translations()
    write(tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(tmp_path / "mine_mt" / "DialectMT_BTEC_eng-egy_samples.csv", [{"text": "مش عارف"}])
    write(tmp_path / "mine_mt" / "DialectMT_BTEC_eng-egy_metrics.csv", summary)
    write(tmp_path / "mine_mt" / "DialectMT_BTEC_eng-syr_metrics.csv", summary)
    main(["agreement", str(tmp_path)])
    out = capsys.readouterr().out
    assert "1 rows  records no scores to check; ChrF_corpus_score is chrF2 or chrF++, which" in out
    known = f"dialectid_score 0.1875, ChrF_corpus_score {OF_CORPUS_PLUS_PLUS:.4f}"
    assert f"0 rows  only a summary, without texts to check it: {known}\n" in out


def test_summaries_alone_are_shown_and_no_fault(tmp_path, capsys):
    for code in ("dza", "egy", "kwt", "mar", "pse", "sau", "sdn", "syr"):
        file = tmp_path / "mine_mt" / f"DialectMT_BTEC_eng-{code}_metrics.csv"
        write(
            file,
            [{"prob": 0.5, "score": 0.25, "SpBLEU_corpus_score": "", "ChrF_corpus_score": 0.3}],
        )
    main(["agreement", str(tmp_path)])
    out = capsys.readouterr().out
    assert out.count("check it: score 0.2500, ChrF_corpus_score 0.3000\n") == 8
    assert "8 files, 0 rows; 8 files hold only a summary" in out


def test_what_goes_before_the_next_question_is_counted_for_too_few_tokens(tmp_path, capsys):
    row = {"prompts": "p", "dialectness": 0.0, "prob": 0.0, "score": 0.0, "too_few_tokens": True}
    texts = "ماشي\n\nQ: هل تعرف ماذا تريد ان تفعل", "ماشي"
    write(tmp_path / "base_crosslingual" / "DialectID_Cohere_egy_samples.csv",
          [row | {"generations": text} for text in texts])  # fmt: skip
    main(["agreement", str(tmp_path)])
    assert "DIFFERS" not in capsys.readouterr().out


def test_foreign_files_are_named_and_passed_over(outputs, capsys):
    for name in ("notes.csv", "DialectMT_BTEC_egy_samples.csv", "DialectID_TWEET_egy_samples.csv"):
        write(outputs / name, [{"a": "1", "b": "2"}])
    write(outputs / "summary_metrics.csv", [{"estimator": "gpt"}])
    main(["agreement", str(outputs)])
    out = capsys.readouterr().out
    assert "2 files, 4 rows" in out
    assert f"passed over: {outputs}/notes.csv: expected DialectMT_<corpus>" in out
    assert f"passed over: {outputs}/DialectMT_BTEC_egy_samples.csv: expected" in out
    columns = "lacks the column 'generations' or 'text', found a, b"
    assert f"passed over: {outputs}/DialectID_TWEET_egy_samples.csv: {columns}" in out
    assert "passed over, not AL-QASIDA's: 3 files" in out
    assert "summary_metrics" not in out


def test_the_sound_part_of_a_pair_is_read(outputs, capsys):
    stem = outputs / "deep" / "gpt_mt" / "DialectMT_BTEC_eng_to_egy"
    write(stem.with_name(f"{stem.name}_metrics.csv"), [{"a": "1"}])
    (outputs / "notes.csv").mkdir()
    main(["agreement", str(outputs)])
    out = capsys.readouterr().out
    assert f"passed over: {stem}_metrics.csv: expected one row of metrics" in out
    assert "2 files, 4 rows" in out
    assert "passed over, not AL-QASIDA's: 2 files" in out


def test_faulty_folders(tmp_path):
    with pytest.raises(SystemExit, match="holds no outputs of AL-QASIDA"):
        main(["agreement", str(tmp_path)])
    write(tmp_path / "notes.csv", [{"a": "1"}])
    with pytest.raises(SystemExit, match=r"no outputs of AL-QASIDA: .*notes\.csv: expected"):
        main(["agreement", str(tmp_path)])
    rows, _ = translations()
    rows[1]["generations"] = "no literal"
    file = tmp_path / "gpt_mt" / "DialectMT_BTEC_eng_to_egy_samples.csv"
    write(file, rows)
    with pytest.raises(SystemExit, match=r"samples\.csv:3: not a Python literal"):
        main(["agreement", str(tmp_path)])


def test_all_real_outputs_agree(corpora, capsys):
    main(["agreement", str(corpora / "al-qasida" / "llm_outputs")])
    out = capsys.readouterr().out
    assert "DIFFERS" not in out
    assert "143 files, 15,051 rows; 40 files hold only a summary" in out
    table = {line.split()[0]: line.split()[1:3] for line in out.splitlines() if "e-" in line[:60]}
    assert table["chrF++"][0] == "9,600"
    assert float(table["chrF++"][1]) < 1e-12
    for column in ("response_chrF", "ChrF_corpus_score"):
        assert f"{column} is chrF++: 48 files" in out
    assert table["ADI2"] == ["15,051", "0.0e+00"]
    assert table["ADI2-macro"] == ["15,051", "0.0e+00"]


def test_the_command_says_what_it_can_do(capsys):
    main([])
    assert "agreement" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no command 'agrement', expected one of"):
        main(["agrement"])
