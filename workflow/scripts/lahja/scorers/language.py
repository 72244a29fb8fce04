"""The language identifier: fastText, with FLORES codes as labels, as AL-QASIDA uses it."""

from pathlib import Path

from lahja.errors import LahjaError
from lahja.scorers.sequence import one_line
from lahja.varieties import ARABIC_LANGUAGE_CODES

MODEL_FILE = "model.bin"
_LABEL = "__label__"


class LanguageIdentifier:
    """A fastText model of the layout of facebook/fasttext-language-identification."""

    def __init__(self, folder: Path):
        """Load `model.bin` of the folder."""
        import fasttext

        file = folder / MODEL_FILE
        if not file.is_file():
            raise LahjaError(f"{folder}: no language identifier there ({MODEL_FILE} is missing)")
        self._model = fasttext.load_model(str(file))

    def identify(self, texts: list[str | None]) -> list[str | None]:
        """Return each text's language code without its script, such as arz; None if empty."""
        return [self._code(one_line(text)) for text in texts]

    def _code(self, line: str) -> str | None:
        if not line.strip():
            return None
        # The whole model's answer: `predict` of a list takes another path inside fastText.
        labels, _ = self._model.predict(line)
        return labels[0].removeprefix(_LABEL).split("_")[0] if labels else None


def is_arabic(code: str | None) -> bool:
    """Whether AL-QASIDA counts a language code as Arabic."""
    return code in ARABIC_LANGUAGE_CODES
