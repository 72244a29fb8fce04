"""What the pages name is there: links, targets, commands, options, keys; examples are valid."""

import io
import re
import runpy
import shlex
from contextlib import redirect_stdout
from fnmatch import fnmatch
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
import yaml
from keys import key_rows
from pages import PAGES, ROOT, blocks, prose, text_of
from snakemake.utils import update_config

from lahja import cli
from lahja.core.config import Config
from lahja.core.config.evaluation import Evaluation
from lahja.core.parameters import open_run
from lahja.core.tables import SENTENCE_SCORES
from lahja.scoring.translation import WORD_ORDER, chrf_signature

# It tells of what was removed and renamed.
HISTORY = "CHANGELOG.md"
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")


def slugs(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    plain = (re.sub(r"[^\w\s-]", "", head.replace("`", "")).strip().lower() for head in heads)
    return {re.sub(r"\s+", "-", head) for head in plain}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(root: Path, page: str) -> None:
    for target, anchor in LINK.findall(prose(page)):
        path = (root / page).parent / target if target else root / page
        assert path.resolve().exists(), f"{page}: {target} is not there"
        if anchor:
            assert anchor in slugs(path.read_text(encoding="utf-8")), f"{page}: {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_rows_of_tables_stand_below_a_header(root: Path, page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (root / page).read_text(encoding="utf-8"), flags=re.S | re.M)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.M)
    rules = [table.splitlines()[1:2] for table in tables]
    assert all(rule and re.fullmatch(r"\|[-:| ]+\|", rule[0]) for rule in rules), page


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_are_there(root: Path, page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.M))
    commands = [c for block in blocks(page, "console") for c in block.commands()]
    named = re.findall(r"(?:`|^)make ((?:[a-z-]+ ?)+)", "\n".join([prose(page), *commands]), re.M)
    assert {word for words in named for word in words.split()} <= targets


@cache
def options_of(command: str) -> set[str]:
    """Return the options that a command of lahja says it has."""
    with redirect_stdout(io.StringIO()) as shown, pytest.raises(SystemExit):
        cli.main([command, "--help"])
    return set(re.findall(r"--[a-z][a-z-]*", shown.getvalue()))


@pytest.mark.parametrize("page", [page for page in PAGES if page != HISTORY])
def test_commands_of_lahja_and_their_options_are_there(page: str) -> None:
    commands = [c for block in blocks(page, "console") for c in block.commands()]
    named = re.findall(r"`(?:\.venv/bin/)?(lahja [a-z][^`]*)`", prose(page))
    for command in [*named, *(c for c in commands if c.startswith(".venv/bin/lahja"))]:
        _, name, *words = shlex.split(command)
        assert name in cli.SUBCOMMANDS, f"{page}: {command}"
        # What follows two dashes goes to Snakemake.
        own = takewhile(lambda word: word != "--", words)
        for option in (word for word in own if word.startswith("--")):
            assert option in options_of(name), f"{page}: {command} has no {option}"


def expand(token: str) -> list[str]:
    """Return what braces stand for: `a.{b,c}` is `a.b` and `a.c`."""
    found = re.fullmatch(r"(.*)\{(.*)\}(.*)", token)
    return [f"{found[1]}{part}{found[3]}" for part in found[2].split(",")] if found else [token]


@pytest.mark.parametrize("page", [page for page in PAGES if page != HISTORY])
def test_keys_of_the_configuration_are_there(page: str) -> None:
    keys = [key.strip("`").split(".") for key, *_ in key_rows()]
    first = "|".join(Config.model_fields)
    named = re.findall(rf"`((?:{first})\.[\w.<>{{}},+*-]+)`", prose(page))
    for key in (key for token in named for key in expand(token) if not key.endswith(".smk")):
        parts = key.split(".")
        assert any(
            len(known) >= len(parts) and all(map(is_part, known, parts)) for known in keys
        ), f"{page}: no key {key}"


def is_part(known: str, part: str) -> bool:
    """Whether a part of a key is named by a page's, which may stand for several."""
    return known.startswith("<") or part == "<step>" or fnmatch(known, part)


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_configuration_are_valid(root: Path, page: str) -> None:
    for block in blocks(page, "yaml"):
        indented = block.body.startswith("  ")
        example = yaml.safe_load(f"models:\n{block.body}" if indented else block.body)
        if not example.keys() <= set(Config.model_fields):
            continue
        config = yaml.safe_load((root / "config/config.yaml").read_text(encoding="utf-8"))
        update_config(config, example)
        open_run(config, root)


def test_what_pages_say_of_code_is_made_from_it(root: Path) -> None:
    made = runpy.run_path(str(root / "docs/site/reference.py"))
    filled, schema = made["filled"], root / "workflow/schemas/config.schema.json"
    assert schema.read_text(encoding="utf-8") == made["schema"](), "run make docs"
    pages = [page for page in PAGES if "<!-- made: " in text_of(page)]
    assert len(pages) == 4
    for page in pages:
        assert filled(text_of(page)) == text_of(page), f"{page} is not up to date: run make docs"


def test_every_page_is_in_the_sites_navigation(root: Path) -> None:
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r": ([\w/-]+\.md)$", text, re.M))
    made = {"reference/configuration.md", "changelog.md", "contributing.md"}
    assert named - made == {p.removeprefix("docs/") for p in PAGES if p.startswith("docs/")}


@cache
def artifacts() -> set[str]:
    """Return the tables that rules write into a run's folder, wildcards as `<>`."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").iterdir())
    text = text.replace("{paths.policy}", "{paths.results}/policies/<>.<>")
    found = re.findall(r"\{paths\.results\}/([^\"\s]+\.parquet)", text)
    return {re.sub(r"\{+\w+\}+", "<>", path) for path in found}


@pytest.mark.parametrize("page", [page for page in PAGES if page != HISTORY])
def test_tables_that_pages_name_are_written_by_rules(page: str) -> None:
    folders = "|".join({path.split("/")[0] for path in artifacts() if "/" in path})
    named = re.findall(rf"`(?:results/<run>/)?((?:{folders})/[^`\s]+\.parquet)`", prose(page))
    for path in named:
        assert any(
            fnmatch(re.sub("<[^>]*>", "X", path), re.sub("<>", "*", known)) for known in artifacts()
        ), f"{page}: no rule writes {path}"


def test_the_sentences_way_names_rules_scripts_and_modules_that_are_there(root: Path) -> None:
    rules = (path.read_text(encoding="utf-8") for path in (root / "workflow/rules").iterdir())
    known = set(re.findall(r"^(?:rule|use rule \w+ as) (\w+)", "".join(rules), re.M))
    cells = r"^\| [^|]+ \| `(\w+)` \| (?:`(\w+\.py)`|as above) \| ([^|]+) \| [^|]+ \|$"
    rows = re.findall(cells, text_of("docs/architecture.md"), re.M)
    assert len(rows) > 10
    for rule, script, modules in rows:
        assert rule in known, rule
        assert (root / "workflow/scripts" / script).exists(), script
        for module in re.findall(r"`(\w+/[\w/*]+)`", modules):
            assert [*(root / "src/lahja").glob(f"{module}*")], module


def test_the_page_of_metrics_has_every_metric_and_its_signature() -> None:
    page = text_of("docs/reference/metrics.md")
    scores = {field.name for field in SENTENCE_SCORES if str(field.type) == "double"}
    for metric in scores - {"p_country", "p_region"}:
        assert f"| `{metric}` |" in page, metric
    assert chrf_signature(WORD_ORDER).split("|version")[0] in page
    assert f"bs:{Evaluation().resamples}|seed:" in page
