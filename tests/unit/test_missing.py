"""Runs without the corpora whose files are absent: what goes, what cannot, what is told of it."""

import json
import runpy

import pytest
import yaml

from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError
from lahja.core.parameters import open_run
from lahja.corpora.retrieval import leave_out_missing

ABSENT = [
    "masc-political", "edgad", "asr-egarbcsc", "madar", "atlaset", "saudial", "sadlyc",
    "saudi-tweet-corpus", "ufal-syr",
]  # fmt: skip
LOCAL = "{access: local, path: absent}"


@pytest.fixture
def paper(root, tmp_path):
    """Return the paper's configuration, with Maknuune alone of the corpora by hand."""
    (tmp_path / "maknuune-v1.0.1").mkdir()
    (tmp_path / "maknuune-v1.0.1/maknuune-v1.0.1.tsv").touch()

    def resolved(*changes, missing="leave-out"):
        given = [f"corpora_dir={tmp_path}", f"missing_corpora={missing}", *changes]
        return resolve(merge_config([root / "config/config.yaml"], given))

    return resolved


def test_absent_corpora_are_left_out_and_listed(paper):
    before = paper()
    config = leave_out_missing(before)
    assert config["corpora_left_out"] == ABSENT
    assert config["corpora_in_use"] == [n for n in before["corpora_in_use"] if n not in ABSENT]
    changed = {key for key in config if config[key] != before[key]}
    assert changed == {"corpora_in_use", "corpora_left_out"}
    # What a run records can be run: nothing more goes, and what went is still told.
    assert leave_out_missing(resolve(config)) == config


def test_by_default_nothing_is_left_out(paper):
    config = paper(missing="stop")
    assert leave_out_missing(config) is config
    assert config["corpora_left_out"] == []
    with pytest.raises(LahjaError, match="missing_corpora: expected 'stop' or 'leave-out'"):
        paper(missing="leave_out")


def test_without_any_corpus_by_hand_the_paper_has_no_msa_to_train(paper):
    config = paper("corpora_dir=nowhere")
    told = r"leaves nothing of the corpora that train msa: madar, maknuune, saudial, ufal-syr are"
    with pytest.raises(LahjaError, match=told):
        leave_out_missing(config)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        (f"corpora={{FLORES+: {LOCAL}}}", r"evaluation\.translation: FLORES\+ are absent"),
        (f"corpora={{al-qasida-prompts: {LOCAL}}}", r"evaluation\.prompts: al-qasida-prompts are"),
        (f"corpora={{al-qasida-templates: {LOCAL}}}", r"prompts\.templates: al-qasida-templates"),
        (f"corpora={{al-qasida-scores: {LOCAL}}}", r"role scorer: al-qasida-scores are absent"),
        (
            f"corpora={{shami-pse: {LOCAL}, casablanca-pse: {LOCAL}, maknuune: {LOCAL}}}",
            "that train pse: casablanca-pse, madar, maknuune, shami-pse are absent",
        ),
    ],
)
def test_what_a_run_cannot_be_without_is_refused(paper, changes, lost):
    with pytest.raises(LahjaError, match=f"missing_corpora: leave-out leaves nothing of .*{lost}"):
        leave_out_missing(paper(changes))


def test_one_of_two_evaluation_corpora_can_go(paper):
    more = "{reader: lines, role: evaluation, path: more, options: {variety: egy}}"
    in_use = [*paper()["corpora_in_use"], "more"]
    config = leave_out_missing(
        paper(
            f"corpora={{more: {more}}}",
            f"corpora_in_use={json.dumps(in_use)}",
            "evaluation={translation: [more, FLORES+]}",
        )
    )
    assert config["evaluation"]["translation"] == ["FLORES+"]
    assert config["corpora_left_out"] == [*ABSENT, "more"]


def test_recorded_answers_cannot_go(paper):
    recorded = "{reader: al-qasida-outputs, role: recorded, access: local, path: absent}"
    config = paper(
        f"corpora={{other: {recorded}, al-qasida-outputs: {{access: download}}}}",
        f"corpora_in_use={json.dumps([*paper()['corpora_in_use'], 'other', 'al-qasida-outputs'])}",
        "generators={old: {backend: recorded, corpus: other, folders: [a]}}",
    )
    with pytest.raises(LahjaError, match=r"nothing of generators\.old\.corpus: other are absent"):
        leave_out_missing(config)


def test_the_decision_of_the_start_stands(paper, tmp_path):
    for name in ("sadlyc/SADSLyC.jsonl", "edgad/a.txt"):
        (tmp_path / name).parent.mkdir()
    (tmp_path / "sadlyc/SADSLyC.jsonl").touch()
    config = leave_out_missing(paper())
    started = tmp_path / "config.json"
    started.write_text(json.dumps(config))
    # One came and one went since.
    (tmp_path / "edgad/a.txt").touch()
    (tmp_path / "sadlyc/SADSLyC.jsonl").unlink()
    assert leave_out_missing(paper(), started) == config
    anew = leave_out_missing(paper())["corpora_left_out"]
    assert {*anew} ^ {*config["corpora_left_out"]} == {"edgad", "sadlyc"}


def test_tables_and_report_get_one_note(paper, root):
    *_, parameters = open_run(leave_out_missing(paper()), root)
    note = parameters.left_out()["left_out"]
    assert note.startswith("Made without 9 of 24 corpora of the configuration")
    assert note.endswith(f"absent: {', '.join(ABSENT)}.")
    *_, parameters = open_run(paper(missing="stop"), root)
    assert parameters.left_out() == {}


def test_a_run_records_what_was_left_out(paper, root, tmp_path):
    record = runpy.run_path(str(root / "workflow/scripts/record_run.py"))["main"]
    for name, config in (("with", paper(missing="stop")), ("without", leave_out_missing(paper()))):
        (tmp_path / f"{name}.json").write_text(json.dumps(config))
        record(
            tmp_path / f"{name}.json", tmp_path / "none", [], [], tmp_path / f"{name}.yaml",
            tmp_path / f"{name}.provenance",
        )  # fmt: skip
    provenance = json.loads((tmp_path / "without.provenance").read_text())
    assert [*provenance["corpora left out"]] == [*ABSENT]
    assert yaml.safe_load((tmp_path / "without.yaml").read_text())["corpora_left_out"] == ABSENT
    provenance = json.loads((tmp_path / "with.provenance").read_text())
    assert provenance["corpora left out"] == {}
    # The page shows all of it, one section each.
    assert all(isinstance(section, dict) for section in provenance.values())
