"""The translation prompt, word for word AL-QASIDA's."""

from lahja.varieties import get_variety


def translation_prompt(source: str, target: str, text: str) -> str:
    """Return the request to translate a text between two varieties, given by their codes."""
    return (
        f"Translate from {get_variety(source).name} into {get_variety(target).name}. "
        "Output only the translation, do NOT output anything else before nor after it.\n"
        f"{text}\nTranslation:"
    )
