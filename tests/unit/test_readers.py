"""Each layout's traps, on small files of our own."""

import json
from math import nan
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.corpora.readers import (
    READERS,
    Output,
    Prompt,
    Reject,
    Sentence,
    read_few_shot,
    read_outputs,
    read_preferences,
    read_prompts,
    read_templates,
)
from lahja.corpora.readers.alqasida import OutputsName

MADAR_HEADER = "sentID.BTEC\tsplit\tlang\tsent\n"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(reader: str, path: Path, **options):
    items = list(READERS[reader](path, options))
    sentences = [item for item in items if isinstance(item, Sentence)]
    rejects = [item for item in items if isinstance(item, Reject)]
    return sentences, rejects


def facts(sentences):
    return [(s.variety, s.group, s.text) for s in sentences]


# --- lines and rows ---------------------------------------------------------------------------


def test_lines_end_at_line_feeds_only(tmp_path):
    file = write(tmp_path / "a.txt", "\ufeff أول \r\nثاني\u2028تتمة\n\nرابع".encode())
    sentences, rejects = read("lines", file, variety="pse")
    assert [(s.line, s.text) for s in sentences] == [
        (1, "أول"),
        (2, "ثاني\u2028تتمة"),
        (3, ""),
        (4, "رابع"),
    ]
    assert not rejects


def test_undecodable_bytes_spoil_only_their_row(tmp_path):
    file = write(
        tmp_path / "a.txt", "جملة\n".encode() + "جملة\n".encode("cp1256") + "جملة".encode()
    )
    sentences, rejects = read("lines", file, variety="pse")
    assert [s.line for s in sentences] == [1, 3]
    assert [(r.file, r.line, r.reason) for r in rejects] == [("a.txt", 2, "not UTF-8")]


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16"])
def test_a_file_of_another_encoding_is_refused(tmp_path, encoding):
    file = write(tmp_path / "a.txt", ("جملة عربية\n" * 5).encode(encoding))
    with pytest.raises(LahjaError, match=r"a\.txt: expected UTF-8"):
        read("lines", file, variety="pse")


def test_missing_files_are_named(tmp_path):
    with pytest.raises(LahjaError, match=r"no file matches \*\.txt"):
        read("lines", tmp_path, variety="pse")
    with pytest.raises(LahjaError, match=r"devtest/arz_Arab\.devtest: no such file"):
        read("flores", tmp_path, varieties=["egy"])


def test_options_are_checked(tmp_path):
    with pytest.raises(
        LahjaError, match="reader lines: dialect: unknown; expected one of split, variety"
    ):
        read("lines", tmp_path, dialect="pse")
    with pytest.raises(LahjaError, match="reader lines: variety: missing"):
        read("lines", tmp_path)
    with pytest.raises(LahjaError, match="variety: no such variety: 'jor'"):
        read("lines", tmp_path, variety="jor")
    with pytest.raises(LahjaError, match="no such variety: 'tun'"):
        read("madar", tmp_path, varieties=["tun"])


# --- parallel corpora -------------------------------------------------------------------------


def test_madar_joins_by_id_and_keeps_quotes(tmp_path):
    write(
        tmp_path / "MADAR.corpus.Cairo.tsv",
        MADAR_HEADER
        + '2\tcorpus-6-train\tCAI\t"قال لأ\n'
        + "7\tcorpus-6-test-corpus-26-test\tCAI\tتمام\n"
        + "9\tcorpus-6-dev\tCAI\tماشي\n"
        + "10\tcorpus-7\tCAI\tغلط\n"
        + "11\tcorpus-6-dev\tCAI\n",
    )
    write(
        tmp_path / "MADAR.corpus.English.tsv",
        MADAR_HEADER + "7\tcorpus-6-test-corpus-26-test\tEN\tFine\n",
    )
    sentences, rejects = read("madar", tmp_path, varieties=["egy", "eng"])
    assert [(s.variety, s.group, s.text, s.split) for s in sentences] == [
        ("egy", "2", '"قال لأ', "train"),
        ("egy", "7", "تمام", "evaluation"),
        ("egy", "9", "ماشي", "validation"),
        ("eng", "7", "Fine", "evaluation"),
    ]
    assert [(r.line, r.reason) for r in rejects] == [
        (5, "unknown split 'corpus-7'"),
        (6, "expected 4 fields, found 3"),
    ]


def test_madar_is_read_in_the_splits_that_are_asked_for(tmp_path):
    rows = [
        "1\tcorpus-6-dev\tFES\tواحد\n",
        "2\tcorpus-6-test-corpus-26-dev\tFES\tاتنين\n",
        "3\tcorpus-7\tFES\tتلاتة\n",
    ]
    write(tmp_path / "MADAR.corpus.Fes.tsv", MADAR_HEADER + "".join(rows))
    options = {"varieties": ["mar"], "splits": ["corpus-6-test-corpus-26-dev"]}
    sentences, rejects = read("madar", tmp_path, **options)
    assert [(s.group, s.split) for s in sentences] == [("2", "validation")]
    assert [r.reason for r in rejects] == ["unknown split 'corpus-7'"]
    with pytest.raises(LahjaError, match=r"splits\.0: .*corpus-26-dev"):
        read("madar", tmp_path, splits=["corpus-26-dev"])


@pytest.mark.parametrize("reader", ["madar", "dial2msa", "nadi-pairs", "flores"])
def test_an_id_stands_for_one_text_and_none_for_no_group(tmp_path, reader):
    rows = [("", "واحد"), ("", "اتنين"), ("7", "تلاتة"), ("7", "تلاتة"), ("7", "اربعة")]
    if reader == "madar":
        lines = "".join(f"{id_}\tcorpus-6-dev\tCAI\t{text}\n" for id_, text in rows)
        write(tmp_path / "MADAR.corpus.Cairo.tsv", MADAR_HEADER + lines)
        # Another city translates it otherwise.
        line = "7\tcorpus-6-dev\tASW\tخمسة\n"
        write(tmp_path / "MADAR.corpus.Aswan.tsv", MADAR_HEADER + line)
    elif reader == "dial2msa":
        lines = "".join(f"{id_},فصحى {n},{text}\n" for n, (id_, text) in enumerate(rows))
        for part in ("train", "dev"):
            write(tmp_path / f"{part}/egy_{part}.csv", "id,msa,tweet\n" + lines * (part == "train"))
    elif reader == "nadi-pairs":
        ids = {"": "", "7": "Egyptain_7"}
        lines = "".join(f"{ids[id_]}\t{text}\tفصحى\n" for id_, text in rows)
        write(tmp_path / "a_subtask3_dev.tsv", "dialect_id\tsource_da\ttarget_msa\n" + lines)
    else:
        frame = pd.DataFrame(rows, columns=["id", "text"]).replace({"id": {"": None}})
        (tmp_path / "devtest").mkdir()
        frame.to_parquet(tmp_path / "devtest/arz_Arab.parquet")
    options = {} if reader == "dial2msa" else {"varieties": ["egy"]}
    sentences, rejects = read(reader, tmp_path, **options)
    groups = {}
    for sentence in (s for s in sentences if s.variety == "egy"):
        groups.setdefault(sentence.group, set()).add(sentence.text)
    own = [{"واحد"}, {"اتنين"}] if reader != "nadi-pairs" else []
    together = {"تلاتة", "خمسة"} if reader == "madar" else {"تلاتة"}
    assert sorted(groups.values(), key=str) == sorted([*own, together], key=str)
    assert [r.reason for r in rejects] == ["repeated id with another text"]


def test_madar_names_what_is_missing(tmp_path):
    write(tmp_path / "MADAR.corpus.Cairo.tsv", "id\tsent\n")
    with pytest.raises(LahjaError, match=r"Cairo\.tsv: lacks the column 'sentID\.BTEC'"):
        read("madar", tmp_path, varieties=["egy"])
    with pytest.raises(
        LahjaError, match=r"no file MADAR\.corpus\.Rabat\.tsv or .*Fes\.tsv \(for mar\)"
    ):
        read("madar", tmp_path, varieties=["mar"])
    with pytest.raises(LahjaError, match=r"Aswan\.tsv: no such file"):
        read("madar", tmp_path, cities=["Aswan"])
    with pytest.raises(LahjaError, match=r"cities\.0: no city of MADAR's .*'Tunis'"):
        read("madar", tmp_path, cities=["Tunis"])


def test_flores_is_aligned_by_line(tmp_path):
    write(tmp_path / "devtest/arz_Arab.devtest", "واحد\nاتنين\n")
    write(tmp_path / "devtest/eng_Latn.devtest", "one\ntwo\n")
    sentences, _ = read("flores", tmp_path, varieties=["egy", "eng"])
    assert facts(sentences) == [
        ("egy", "1", "واحد"),
        ("eng", "1", "one"),
        ("egy", "2", "اتنين"),
        ("eng", "2", "two"),
    ]
    assert {s.split for s in sentences} == {"evaluation"}
    write(tmp_path / "devtest/eng_Latn.devtest", "one\n")
    with pytest.raises(LahjaError, match=r"arz_Arab\.devtest has 2, eng_Latn\.devtest has 1"):
        read("flores", tmp_path, varieties=["egy", "eng"])


def test_a_further_dialect_is_read_by_its_cities_codes_and_country(tmp_path, tunisian):
    write(tmp_path / "MADAR.corpus.Sfax.tsv", MADAR_HEADER + "2\tcorpus-6-train\tSFX\tباهي\n")
    write(tmp_path / "devtest/aeb_Arab.devtest", "برشا\n")
    write(
        tmp_path / "NADI_TWT.tsv",
        "#1_id\t#2_content\t#3_country_label\n7\tتوا نجي\tTunisia\n8\tتوا\tLibya\n",
    )
    assert facts(read("madar", tmp_path, varieties=["tun"])[0]) == [("tun", "2", "باهي")]
    assert facts(read("flores", tmp_path, varieties=["tun"])[0]) == [("tun", "1", "برشا")]
    assert facts(read("nadi", tmp_path)[0]) == [("tun", "7", "توا نجي")]
    # A run of other dialects does without.
    write(tmp_path / "devtest/arz_Arab.devtest", "واحد\n")
    assert facts(read("flores", tmp_path, varieties=["egy"])[0]) == [("egy", "1", "واحد")]


def test_flores_plus_is_parquet_with_codes_of_its_own(tmp_path):
    for code, text in (("apc_Arab_sout3123", "شو"), ("eng_Latn", "what")):
        (tmp_path / "dev").mkdir(exist_ok=True)
        pd.DataFrame({"id": [5], "text": [text]}).to_parquet(tmp_path / f"dev/{code}.parquet")
    codes = {"pse": "apc_Arab_sout3123"}
    sentences, _ = read("flores", tmp_path, split="dev", varieties=["pse", "eng"], codes=codes)
    assert facts(sentences) == [("pse", "5", "شو"), ("eng", "5", "what")]
    assert {s.split for s in sentences} == {"validation"}


def test_bitext_of_any_files(tmp_path):
    write(tmp_path / "x.apc", "هلق\n")
    write(tmp_path / "y.en", "now\n")
    sentences, _ = read("bitext", tmp_path, files={"syr": "x.apc", "eng": "y.en"}, split="train")
    assert facts(sentences) == [("syr", "1", "هلق"), ("eng", "1", "now")]


def test_iwslt_drops_transcription_marks(tmp_path):
    write(tmp_path / "valid.apc", "يعني * هاي <أوكي >+ + شغلة 2+2\n")
    write(tmp_path / "valid.eng", "well\n")
    sentences, _ = read("iwslt", tmp_path)
    assert sentences[0].text.split() == ["يعني", "هاي", "أوكي", "شغلة", "2+2"]


def test_tatoeba_pairs(tmp_path):
    for code in ("arz", "ara"):
        write(tmp_path / f"tatoeba.{code}-eng.{code}", "نص\n")
        write(tmp_path / f"tatoeba.{code}-eng.eng", "text\n")
    assert facts(read("tatoeba", tmp_path)[0])[0] == ("egy", "arz:1", "نص")
    sentences, _ = read("tatoeba", tmp_path, pairs={"ara": "msa"})
    assert facts(sentences) == [("msa", "ara:1", "نص"), ("eng", "ara:1", "text")]


def test_nadi_pairs_knows_the_misspelling(tmp_path):
    file = write(
        tmp_path / "NADI2024_subtask3_dev.tsv",
        "dialect_id\tsource_da\ttarget_msa\nEgyptain_5\tعايز\tأريد\nEmirati_1\tأبا\tأريد\n",
    )
    assert facts(read("nadi-pairs", file)[0]) == [
        ("egy", "Egyptain_5", "عايز"),
        ("msa", "Egyptain_5", "أريد"),
    ]
    translated, _ = read("nadi-pairs", file, varieties=["egy"])
    assert [s.variety for s in translated] == ["egy", "msa"]
    assert not read("nadi-pairs", file, varieties=["pse"])[0]


def test_a_side_that_should_be_there_is_a_sentence_though_it_is_empty(tmp_path):
    write(tmp_path / "sentences" / "a.csv", "darija,eng,darija_ar\nwakha,okay,\nla,,لا\n")
    assert [(s.variety, s.text) for s in read("doda", tmp_path)[0]] == [
        ("mar", ""),
        ("eng", "okay"),
        ("mar", "لا"),
    ]


def test_dial2msa_groups_references_by_tweet(tmp_path):
    header = "egytomsa:confidence,id,msa,tweet,cleanedtweet2\n"
    write(
        tmp_path / "train/egy_train.csv",
        header + '1.0,7,"ما, هذا",ايه ده,ايه ده\n0.6,7,ماذا,ايه ده,ايه ده\n',
    )
    write(tmp_path / "dev/egy_dev.csv", header + "1.0,8.0,نعم,أيوه,أيوه\n")
    sentences, _ = read("dial2msa", tmp_path)
    assert [(s.variety, s.group, s.text, s.split) for s in sentences] == [
        ("egy", "egy:7", "ايه ده", "train"),
        ("msa", "egy:7", "ما, هذا", "train"),
        ("msa", "egy:7", "ماذا", "train"),
        ("egy", "egy:8", "أيوه", "validation"),
        ("msa", "egy:8", "نعم", "validation"),
    ]


# --- single sentences -------------------------------------------------------------------------


def test_nadi_headers_start_with_a_hash(tmp_path):
    write(
        tmp_path / "NADI2021-TWT.tsv",
        "#1_tweet_ID\t#2_tweet_content\t#3_country_label\t#4_province_label\n"
        'T_0\t"""قال \\""لأ\\"" وراح"""\tEgypt\teg_Giza\n'
        "T_1\tشلونك\tIraq\tiq_Basra\n"
        "T_2\tوش تبي\tSaudi_Arabia\tsa_Riyadh\n",
    )
    assert facts(read("nadi", tmp_path)[0]) == [
        ("egy", "T_0", 'قال "لأ" وراح'),
        ("sau", "T_2", "وش تبي"),
    ]
    write(tmp_path / "NADI2023_TWT.tsv", "#1_id\t#2_content\t#3_country_label\n")
    with pytest.raises(LahjaError, match=r"2 files match .* option 'file'"):
        read("nadi", tmp_path)
    assert read("nadi", tmp_path, file="NADI2023_TWT.tsv") == ([], [])


def test_qadi_label_is_the_last_field(tmp_path):
    file = write(tmp_path / "QADI_test.txt", "نص\tفيه فاصل\tSY\nتونسي\tTN\nبلا علامة\nفصحى\tMSA\n")
    sentences, rejects = read("qadi", file)
    assert facts(sentences) == [("syr", "1", "نص\tفيه فاصل"), ("msa", "4", "فصحى")]
    assert [r.line for r in rejects] == [3]
    with pytest.raises(LahjaError, match="a text, a tab and a country label"):
        read("qadi", write(tmp_path / "bad.txt", "بلا\nعلامة\n"))


def test_quoted_fields_may_hold_line_breaks(tmp_path):
    file = write(
        tmp_path / "tweets.csv",
        'tweet,dialect\n"سطر\nثان ""هنا"" ",msa\nعادي,egypt\nخليجي,gulf\n',
    )
    columns = {"text": "tweet", "variety": "dialect"}
    sentences, _ = read("table", file, columns=columns, labels={"msa": "msa", "egypt": "egy"})
    assert [(s.variety, s.line, s.text) for s in sentences] == [
        ("msa", 2, 'سطر\nثان "هنا" '),
        ("egy", 4, "عادي"),
    ]


def test_habibi_is_labelled_by_the_singer(tmp_path):
    header = "\ufeff,songID,Singer,SongTitle,SongWriter,Composer,LyricsOrder,Lyrics,SingerNationality,SongDialect\n"
    write(
        tmp_path / "Egypt.csv",
        header
        + "0,61,مغن,أغنية,,,1,يا ليل,Egypt,Egyptian\n"
        + "1,62.0,مغن,أغنية,,,1,يا عين,Saudi Arabia,Gulf\n"
        + "2,63,مغن,أغنية,,,1,كويتي,Kuwait,Gulf\n"
        + ",,,,,,,,,\n",
    )
    sentences, rejects = read("habibi", tmp_path)
    assert facts(sentences) == [("egy", "61", "يا ليل"), ("sau", "62", "يا عين")]
    assert not rejects


def test_doda_column_orders_and_scripts(tmp_path):
    write(tmp_path / "ongoing/02.csv", "darija,eng,darija_ar\nsalam,,سلام\nbzzaf,a lot,بزاف\n")
    write(tmp_path / "x-tra/idioms.csv", "darija,darija_ar,eng\nzwin,زوين,nice\n")
    assert facts(read("doda", tmp_path)[0]) == [
        ("mar", "ongoing/02.csv:2", "سلام"),
        ("mar", "ongoing/02.csv:3", "بزاف"),
        ("eng", "ongoing/02.csv:3", "a lot"),
        ("mar", "x-tra/idioms.csv:2", "زوين"),
        ("eng", "x-tra/idioms.csv:2", "nice"),
    ]
    latin, _ = read("doda", tmp_path, script="latin", folders=["x-tra"], varieties=["mar"])
    assert facts(latin) == [("mar", "x-tra/idioms.csv:2", "zwin")]


# --- AL-QASIDA and preference pairs -----------------------------------------------------------


def test_prompts_of_both_tasks(tmp_path):
    write(
        tmp_path / "mono/egy.csv",
        ',prompt,language,source\n0,"""كمل"" دي",Egyptian Arabic,HABIBI\n',
    )
    write(
        tmp_path / "xling/mar.csv",
        'prompt,location,phrasing,language,source\n"Reply in Moroccan Arabic.\nWhy?",Start,x,ar,okapi\n',
    )
    write(tmp_path / "xling/dza.csv", "prompt,location,phrasing,language,source\na,b,c,d,e\n")
    prompts = list(read_prompts(tmp_path, {}))
    assert prompts == [
        Prompt('"كمل" دي', "egy", "monolingual", "HABIBI"),
        Prompt("Reply in Moroccan Arabic.\nWhy?", "mar", "crosslingual", "okapi"),
    ]


def test_outputs_in_both_layouts(tmp_path):
    turns = [{"role": "User", "content": [{"type": "text", "text": "Translate\nit's"}]}]
    translation = pd.DataFrame(
        {
            "completion": ["ref"],
            "generations": [repr(["ناتج 'هنا'"])],
            "finish_reasons": ["['COMPLETE']"],
            "_raw_turns": [repr(turns)],
            "dialectid_score": ["0.25"],
            "response_chrF": ["nan?"],
        }
    )
    (tmp_path / "command_r+_mt").mkdir()
    translation.to_csv(
        tmp_path / "command_r+_mt/DialectMT_BTEC_eng_to_sau_samples.csv", index=False
    )
    llama = pd.DataFrame({"prompts": ["كمل"], "generations": ["['مش قائمة"], "prob": [0.5]})
    (tmp_path / "llama_monolingual").mkdir()
    llama.to_csv(tmp_path / "llama_monolingual/DialectID_TWEET_pse_samples.csv", index=False)
    first, second = read_outputs(tmp_path, {})
    assert first._replace(scores={}) == Output(
        name=OutputsName("command_r+", "translation", "BTEC", "eng", "sau"),
        file="command_r+_mt/DialectMT_BTEC_eng_to_sau_samples.csv",
        line=2,
        number=1,
        prompt="Translate\nit's",
        response="ناتج 'هنا'",
        reference="ref",
        finish_reason="complete",
        countries=None,
        scores={},
    )
    assert first.scores == pytest.approx({"adi2": 0.25, "chrf_plus_plus": nan}, nan_ok=True)
    assert (second.prompt, second.response, second.finish_reason) == ("كمل", "['مش قائمة", None)
    assert second.scores == {"p_country": 0.5}
    assert [o.name.model for o in read_outputs(tmp_path, {"tasks": ["monolingual"]})] == ["llama"]


def test_an_output_that_is_no_literal_is_a_reject(tmp_path):
    file = write(
        tmp_path / "gpt-4o_monolingual/DialectID_BTEC_egy_samples.csv",
        "_raw_turns,generations\n\"[{'role'\",['x']\n",
    )
    (item,) = read_outputs(file, {})
    assert isinstance(item, Reject)
    assert item.line == 2


def test_templates(tmp_path):
    file = write(
        tmp_path / "dial8.json", json.dumps({"egy": {"all": ["كمل {}"]}, "dza": {"all": ["x"]}})
    )
    assert read_templates(file) == {"egy": ["كمل {}"]}
    write(file, json.dumps({"egy": {"all": ["كمل {}", "بلا مكان"]}}))
    with pytest.raises(LahjaError, match=r"egy template 2 must hold one \{\}"):
        read_templates(file)


def test_few_shot_prefixes(tmp_path):
    prefix = "Q: شو رأيك\nبالفيلم؟\nA: حلو كتير.\n\nQ: عيد الجملة: Q: و A:\nA: سطر\nوسطر\n\nQ: "
    file = write(tmp_path / "5shot_prefixes.json", json.dumps({"monolingual": {"syr": prefix}}))
    expected = [("شو رأيك\nبالفيلم؟", "حلو كتير."), ("عيد الجملة: Q: و A:", "سطر\nوسطر")]
    # Its own file has none for cross-lingual prompts.
    assert read_few_shot(file) == {
        "monolingual": {"syr": expected},
        "crosslingual": {"syr": expected},
    }
    own = {"monolingual": {"syr": prefix}, "crosslingual": {"syr": ""}}
    assert read_few_shot(write(file, json.dumps(own)))["crosslingual"] == {"syr": []}
    with pytest.raises(LahjaError, match=r"5shot_prefixes\.json: expected \{task"):
        read_few_shot(write(file, json.dumps({"monolingual": [prefix]})))


def test_preference_pairs_in_both_forms(tmp_path):
    records = [
        {
            "conversations": [{"from": "human", "value": "س"}],
            "chosen": {"from": "gpt", "value": "ج"},
            "rejected": {"from": "gpt", "value": "خ"},
        },
        {"instruction": "ترجم", "input": "hi", "chosen": "أهلا", "rejected": "hi"},
        {
            "conversations": [{"from": "human", "value": "س"}],
            "chosen": {"from": "gpt", "value": "ج"},
        },
    ]
    file = write(tmp_path / "pairs.json", json.dumps(records))
    first, second, third = read_preferences(file)
    assert (first.prompt, first.chosen, first.rejected) == ("س", "ج", "خ")
    assert (second.prompt, second.chosen, second.rejected) == ("ترجم\nhi", "أهلا", "hi")
    assert isinstance(third, Reject)
    assert "rejected" in third.reason
    with pytest.raises(LahjaError, match="expected a JSON array"):
        list(read_preferences(write(file, "{}")))
