from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.generation.backend import NOT_RECORDED, Request, Sampling
from lahja.generation.generators import parse_generator
from lahja.generation.recorded import RecordedBackend, read_recordings

TURNS = (
    "_raw_turns,generations,finish_reasons\n"
    "\"[{'role': 'User', 'content': [{'type': 'text', 'text': 'قول\\nصباح'}]}]\","
    "\"['صباح الفل']\",\"['COMPLETE']\"\n"
)
BARE = 'prompts,generations\nاكتب سطر," سطر\nثاني "\n'


def _ask(backend: RecordedBackend, prompt: str):
    (found,) = backend.generate([Request("1", prompt, Sampling())])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "command_mt"
    folder.mkdir()
    for name, text in (("eng_to_egy_samples", TURNS), ("msa_to_egy_samples", BARE)):
        (folder / f"DialectMT_BTEC_{name}.csv").write_text(text, encoding="utf-8")
    (folder / "DialectMT_BTEC_eng_to_egy_metrics.csv").write_text("x\n", encoding="utf-8")
    return folder


def test_both_layouts_are_read(folder: Path) -> None:
    backend = RecordedBackend([folder])
    found = _ask(backend, "قول صباح")
    assert (found.text, found.finish_reason) == ("صباح الفل", "stop")
    assert _ask(backend, " اكتب  سطر").text == "سطر\nثاني"


def test_a_prompt_that_was_not_recorded_gets_no_text(folder: Path) -> None:
    found = _ask(RecordedBackend([folder]), "غيره")
    assert (found.text, found.finish_reason) == (None, NOT_RECORDED)


def test_a_file_of_another_layout_is_named_and_passed_over(folder: Path, capsys) -> None:
    file = folder / "DialectMT_BTEC_eng_to_mar_samples.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert len(list(read_recordings(folder))) == 2
    assert "samples.csv: lacks the column 'generations' or 'text'" in capsys.readouterr().err


def test_answers_without_their_prompts_answer_none(folder: Path) -> None:
    for file in folder.glob("*_samples.csv"):
        file.write_text("text\nماشي\n", encoding="utf-8")
    with pytest.raises(LahjaError, match="command_mt: no recorded answers with their prompts"):
        RecordedBackend([folder])


def test_few_shot_examples_are_no_part_of_the_prompt(folder: Path) -> None:
    shot = "{'role': 'User', 'content': [{'type': 'text', 'text': 'مثال'}]}, "
    file = folder / "DialectMT_BTEC_eng_to_egy_samples.csv"
    file.write_text(TURNS.replace("[{'role", f"[{shot}{{'role", 1), encoding="utf-8")
    assert _ask(RecordedBackend([folder]), "قول صباح").text == "صباح الفل"


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match="no recorded answers"):
        RecordedBackend([tmp_path])


def test_the_recordings_of_al_qasida_are_read(corpora: Path) -> None:
    outputs = corpora / "al-qasida" / "llm_outputs"
    for name, count in (
        ("gpt-4o_mt", 4800),
        ("gpt-4o_monolingual", 1978),
        ("llama_monolingual", 1978),
    ):
        rows = list(read_recordings(outputs / name))
        assert len(rows) == count
        assert all(prompt.strip() for prompt, _, _ in rows)
    assert not any(text.startswith("['") for _, text, _ in rows)


def test_an_unknown_sampling_key_is_named() -> None:
    with pytest.raises(LahjaError, match="'top_q'"):
        parse_generator({"name": "gpt", "sampling": {"top_q": 1}})
