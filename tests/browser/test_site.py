"""The documentation site, opened from disk: nothing from the network, search, phone, Arabic."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.browser.conftest import Faults

pytestmark = pytest.mark.browser

PAGES = (
    "index", "tutorial", "how-to/corpus", "how-to/container", "how-to/curves", "reference/configuration",
    "reference/commands", "reference/tables", "reference/metrics", "explanation/flores",
    "architecture", "study", "cluster", "changelog",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    mkdocs = root / ".venv-docs/bin/mkdocs"
    found = str(mkdocs) if mkdocs.exists() else shutil.which("mkdocs")
    if found is None:
        pytest.skip("no MkDocs (make docs-site installs it)")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [found, "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=root, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture
def open_page(browser, site: Path) -> Iterator[Callable]:
    """Open a page of the site; at the end none may have had a fault."""
    contexts, faults = [], Faults()

    def opened(name: str, width: int = 1400, scheme: str = "light"):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme))
        page = contexts[-1].new_page()
        faults.watch(page)
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_asks_for_nothing_else(open_page, name, scheme):
    page = open_page(name, width=390, scheme=scheme)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shown = page.evaluate("document.body.getAttribute('data-md-color-scheme')")
    assert shown == {"light": "default", "dark": "slate"}[scheme]


def test_search_finds_a_key_in_pages_that_are_opened_from_disk(open_page):
    page = open_page("index")
    page.locator(".md-search__input").click()
    page.keyboard.type("near_duplicate_similarity")
    found = page.locator(".md-search-result__link").first
    found.wait_for(timeout=20_000)
    assert "configuration.html" in found.get_attribute("href")


def test_arabic_is_marked_and_shown_right_to_left(open_page):
    page = open_page("architecture")
    quoted = page.locator('bdi[lang="ar"]').first
    assert quoted.inner_text().startswith("«")
    assert quoted.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"
    assert page.locator('td[dir="auto"]').count() > 20
