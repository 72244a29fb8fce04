"""A headless Chromium, and a page of a made-up run for it to open."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import MODELS, evaluation_prompts
from reporting_run import made_up_run, sentence_scores

from lahja.core.tables import EVALUATION_PROMPTS, SENTENCE_SCORES, write_table
from lahja.report.page import build_report
from lahja.report.samples import read_outputs

ATTACK = (
    "<script>alert(1)</script></script><!-- <img src=x onerror=alert(2)> "
    "<b onclick='alert(3)'>\u2028 جملة"
)
ARGUMENTS = (
    "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def page_file(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a made-up run in which some texts attack the page."""
    scores = sentence_scores(MODELS, 6)
    for table in scores:
        attacked = table.index[::7]
        table.loc[attacked, ["source", "response"]] = ATTACK
    folder = tmp_path_factory.mktemp("report")
    paths = folder / "inputs" / "scores.parquet", folder / "inputs" / "prompts.parquet"
    write_table(paths[0], pd.concat(scores), SENTENCE_SCORES)
    write_table(paths[1], evaluation_prompts(6), EVALUATION_PROMPTS)
    scores = read_outputs(paths[0], MODELS, paths[1:])
    run = made_up_run(scores, folder, root / "resources" / "paper")
    run = replace(run, recipes={"paper": ["llama+RL", "llama-T+RL"], "ours": ["llama-T"]})
    path = folder / "index.html"
    path.write_text(build_report(run, root / "workflow" / "report"))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """The machine's Chromium; skips the tests where there is none.

    Of one module, for Playwright keeps an event loop running until it is closed, and tests of
    servers start their own.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


class Faults(list):
    """What a page must not do: console errors, exceptions, dialogs, requests to a network."""

    def watch(self, page) -> None:
        """Note the page's faults from now on."""
        page.on("console", lambda m: self.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("dialog", lambda dialog: (self.append(dialog.message), dialog.dismiss()))

    def _note_request(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.append(url)


@pytest.fixture
def open_page(browser, page_file: Path) -> Iterator[Callable]:
    """Open the page, and all that it folds, at a width and in a colour scheme.

    At the end it must have no faults.
    """
    contexts, faults = [], Faults()

    def opened(width: int = 1400, scheme: str = "light", folded: bool = False, **options):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme, **options))
        page = contexts[-1].new_page()
        faults.watch(page)
        page.goto(page_file.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-charts=drawn]", timeout=30_000)
            if not folded:
                page.evaluate(
                    "document.querySelectorAll('details').forEach((d) => (d.open = true))"
                )
                page.wait_for_function(
                    "[...document.querySelectorAll('.chart')].every((box) => box.querySelector('svg'))"
                )
                page.wait_for_selector("html[data-charts=drawn]", timeout=30_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
