"""Write all demo corpora: sentences, dialectness labels, templates, prompts, instructions."""

from dataclasses import asdict
from pathlib import Path

from lahja.demo.corpora import write_corpora, write_lines
from lahja.demo.dialectness import labelled_sentences
from lahja.demo.expansion import (
    DEVELOPMENT,
    HELD_OUT,
    TEST,
    TRAIN,
    Settings,
    distinct_sentences,
    expand,
)
from lahja.demo.prompts import instructions, write_evaluation
from lahja.demo.source import Source, load_source
from lahja.files import atomic_path, write_json, write_jsonl


def build_demo(folder: Path, settings: Settings, output: Path) -> None:
    """Expand the hand-written sources into corpora below `output`, which appears when complete.

    `manifest.json` there tells the settings, and the rows of every corpus.
    """
    source = load_source(folder)
    scenes = expand(source, settings)
    sentences = distinct_sentences(scenes)
    with atomic_path(output) as draft:
        rows = write_corpora(sentences, settings, draft)
        labels = labelled_sentences(sentences, settings)
        lines = [f"{text}\t{label}" for text, label in labels]
        rows["aldi"] = write_lines(draft / "aldi" / "aldi.tsv", lines, "sentence\tALDi")
        _write_templates(source, draft / "al-qasida" / "prompt_templates" / "json")
        rows |= write_evaluation(source, scenes, settings, draft / "al-qasida")
        examples = list(instructions(source, scenes, settings))
        write_jsonl(draft / "instructions.jsonl", examples)
        rows["instructions"] = len(examples)
        parts = {
            part: sum(sentence.part == part for sentence in sentences)
            for part in (TRAIN, DEVELOPMENT, TEST, HELD_OUT)
        }
        frames = {
            "training": sum(not frame.is_held_out for frame in source.frames),
            "held_out": sum(frame.is_held_out for frame in source.frames),
        }
        manifest = {
            "settings": asdict(settings),
            "frames": frames,
            "distinct_parallel_sentences": len(sentences),
            "sentences_by_part": parts,
            "rows": rows,
        }
        write_json(draft / "manifest.json", manifest)


def _write_templates(source: Source, folder: Path) -> None:
    layout = {dialect: {"all": templates} for dialect, templates in source.templates.items()}
    write_json(folder / "dial8.json", layout)
    write_json(folder / "template_kinds.json", source.template_kinds)
