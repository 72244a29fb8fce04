import textwrap

import pytest

from lahja.code_digest import code_digest, imported_modules
from lahja.errors import LahjaError


@pytest.fixture
def tree(tmp_path):
    files = {
        "train.py": "from lahja.text import clean\nclean('a')\n",
        "score.py": "def main():\n    from lahja.metrics import chrf\n    return chrf\n",
        "lahja/__init__.py": "",
        "lahja/text.py": "from lahja import words\ndef clean(t):\n    '''Clean.'''\n    return t\n",
        "lahja/words.py": "N = 1\n",
        "lahja/metrics/__init__.py": "",
        "lahja/metrics/chrf.py": "ORDER = 6\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return tmp_path


def digest(path):
    code_digest.cache_clear()
    imported_modules.cache_clear()
    return code_digest(path)


def names(script):
    imported_modules.cache_clear()
    return {path.name for path in imported_modules(script)}


def test_imports_are_followed_and_only_those(tree):
    assert names(tree / "train.py") == {"train.py", "__init__.py", "text.py", "words.py"}
    assert "chrf.py" in names(tree / "score.py")
    assert "text.py" not in names(tree / "score.py")


@pytest.mark.parametrize(
    ("edited", "reruns_train", "reruns_score"),
    [
        ("lahja/words.py", True, False),
        ("lahja/metrics/chrf.py", False, True),
        ("train.py", True, False),
    ],
)
def test_an_edit_reaches_the_scripts_that_import_it(tree, edited, reruns_train, reruns_score):
    before = digest(tree / "train.py"), digest(tree / "score.py")
    with (tree / edited).open("a") as file:
        file.write("EDITED = 2\n")
    after = digest(tree / "train.py"), digest(tree / "score.py")
    assert (before[0] != after[0], before[1] != after[1]) == (reruns_train, reruns_score)


def test_comments_docstrings_and_layout_do_not_count(tree):
    before = digest(tree / "train.py")
    (tree / "lahja/text.py").write_text(
        '"""Text."""\nfrom lahja import words\n\n# A reason.\ndef clean(t):\n    return (t)\n'
    )
    assert digest(tree / "train.py") == before


def test_a_missing_script_is_named(tmp_path):
    with pytest.raises(LahjaError, match="no such script"):
        digest(tmp_path / "gone.py")
