"""What annotators rate, as AL-QASIDA asks it (Robinson et al. 2025), on its scales.

Adherence goes up to 3 and the others to 5, as in AL-QASIDA's own ratings. The wording of the
questions and of the levels is ours.
"""

from dataclasses import dataclass

GENERATION_TASKS = ("monolingual", "crosslingual")
TASKS = (*GENERATION_TASKS, "translation")


@dataclass(frozen=True)
class Measure:
    """A question about a response, answered with a whole number from 1 to `top`."""

    name: str
    """Header of its column, as in AL-QASIDA's files."""
    arabic: str
    question: str
    lowest: str
    highest: str
    top: int
    tasks: tuple[str, ...]
    """The tasks whose responses are asked about."""

    @property
    def key(self) -> str:
        """The name as a column of our tables."""
        return self.name.lower().replace(" ", "_")


MEASURES: tuple[Measure, ...] = (
    Measure(
        "Adherence",
        "الالتزام بالمطلوب",
        "Does the response do what the prompt asks for?",
        "not at all",
        "fully",
        3,
        GENERATION_TASKS,
    ),
    Measure(
        "Adequacy",
        "مطابقة المعنى",
        "Does the translation say what the source says?",
        "none of its meaning",
        "all of its meaning",
        5,
        ("translation",),
    ),
    Measure(
        "Fluency",
        "سلاسة اللغة",
        "Does the response read as if a native speaker had written it, in whatever variety?",
        "incomprehensible",
        "flawless",
        5,
        TASKS,
    ),
    Measure(
        "Dialectal Accuracy",
        "دقة اللهجة",
        "Is the response in the dialect that was asked for?",
        "not at all, for instance all of it in Standard Arabic",
        "all of it",
        5,
        TASKS,
    ),
)
