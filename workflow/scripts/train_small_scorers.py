"""Train small scorers that stand in for Sentence-ALDi, the country model and the identifier."""

from pathlib import Path

from lahja.core.command import run


def main(teacher: Path, sentences: Path, settings: dict, output: list[Path]) -> None:
    """Learn from TEACHER_SCORES and SENTENCES; write folders of the hub models' interfaces.

    Each folder has a scorer's name, aldi, country or language, the first two also after
    "selecting_"; `settings` are by these names.
    """
    from lahja.demo.scorers import train_small_language, train_small_scorer

    for folder in output:
        own = settings[folder.name]
        if folder.name == "language":
            train_small_language(sentences, own, folder)
        else:
            kind = folder.name.removeprefix("selecting_")
            train_small_scorer(kind, teacher, sentences, own, folder)


if __name__ == "__main__":
    run(main)
