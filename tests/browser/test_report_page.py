"""The report page in a headless Chromium: charts, sorting, samples, both widths and schemes.

Every test fails if the page logs an error, opens a dialog or asks anything of a network.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from reporting_data import MODELS

pytestmark = pytest.mark.browser

SIZES = [(1400, "light"), (1400, "dark"), (390, "light"), (390, "dark")]


def column(page, table: str, number: int) -> list[str]:
    cells = page.locator(f"#{table} tbody tr:not(.last) td:nth-child({number})")
    return [text.split()[0] for text in cells.all_inner_texts()]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_the_page_fits_its_window_and_draws_its_charts(open_page, width, scheme):
    page = open_page(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".chart").count()
    assert boxes >= 7
    assert page.locator(".chart svg").count() == boxes
    for number in range(boxes):
        size = page.locator(".chart svg").nth(number).bounding_box()
        assert size["width"] > 100 and size["height"] > 50
        # A legend too long for its chart would be cut off.
        assert size["width"] <= page.locator(".chart").nth(number).bounding_box()["width"] + 1
    header = page.locator("#faults th:nth-child(2)").bounding_box()
    assert header["x"] + header["width"] <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (lightness > 600) == (scheme == "light")


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_no_serious_fault_of_access_by_axe(open_page, width, scheme):
    found = Axe().run(open_page(width, scheme)).response
    assert len(found["passes"]) > 30
    faults = [
        (fault["id"], fault["help"], [node["html"][:120] for node in fault["nodes"]])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert faults == []


@pytest.mark.parametrize("width", [1400, 390])
def test_a_sentence_a_picture_and_three_cards_come_first_and_the_rest_is_folded(open_page, width):
    page = open_page(width, folded=True)
    assert page.locator("h1").inner_text().startswith("Our recipe makes none of 1 model clearly")
    points = page.locator("#changes-chart svg .mark-symbol path[aria-label*='start: ']")
    assert points.count() == 10
    # Panels within the figure, on a phone one below the other.
    chart = page.locator("#changes-chart .chart").bounding_box()
    drawn = page.locator("#changes-chart svg").bounding_box()
    assert drawn["x"] + drawn["width"] <= chart["x"] + chart["width"] + 1
    cards = page.locator(".card h2").all_inner_texts()
    assert cards == ["The paper's recipe", "Our recipe", "What it cost"]
    questions = page.locator("details.question > summary h2")
    assert questions.count() == page.locator("main > details").count() == 9
    assert all(text.endswith("?") for text in questions.all_inner_texts())
    assert page.locator("details[open]").count() == 0
    if width == 1400:
        assert page.locator(".cards").bounding_box()["y"] < 900
    page.locator("#dialects > summary").click()
    page.locator("#figure2 svg").wait_for()
    assert page.locator("#figure4 svg").count() == 1
    assert page.locator("#tradeoff svg").count() == 0


def test_charts_follow_the_colour_scheme(open_page):
    page = open_page(folded=True)
    label = page.locator("#changes-chart .role-axis-label text").first
    light = label.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "light => document.querySelector('#changes-chart .role-axis-label text')"
        "?.getAttribute('fill') !== light",
        arg=light,
    )


def test_the_trade_off_has_every_model_and_the_numbers_lie_below_the_bars(open_page):
    page = open_page()
    assert page.locator("#tradeoff .role-legend-label text").all_text_contents() == list(MODELS)
    assert page.locator("#figure2 details tbody tr").count() == 2 * len(MODELS)


def test_tables_sort_by_keyboard_and_keep_the_papers_rows_below(open_page):
    page = open_page()
    button = page.locator("#table2 th:nth-child(3) button")
    button.focus()
    page.keyboard.press("Enter")
    values = [float(value) for value in column(page, "table2", 3)]
    assert values == sorted(values, reverse=True)
    page.keyboard.press("Enter")
    assert [float(value) for value in column(page, "table2", 3)] == sorted(values)
    assert page.locator("#table2 th[aria-sort=ascending]").count() == 1
    rows = page.locator("#table2 tbody tr")
    assert "paper" in rows.last.inner_text()
    sums = page.locator("#funnel-made-up tbody tr")
    page.locator("#funnel-made-up th:nth-child(3) button").click()
    assert sums.last.inner_text().startswith("all")


def test_samples_filter_search_and_sort(open_page):
    page = open_page()
    form = page.locator("form.filters")
    assert page.locator(".sample").count() == 10
    assert page.locator(".sample").first.locator(".output").count() == 3
    form.locator("[name=task]").select_option("translation")
    form.locator("[name=direction]").select_option("English → Moroccan")
    assert "5 of " in page.locator("#samples .status").inner_text()
    assert {h.split("\n")[0] for h in page.locator(".sample h3").all_inner_texts()} == {
        "English → Moroccan translation, FLORES"
    }
    form.locator("[value=qwen]").check()
    assert page.locator(".sample").first.locator(".output").count() == 4
    form.locator("[name=sort]").select_option("chrf")
    assert page.locator(".sample").count() == 5
    form.locator("[name=direction]").select_option("")
    form.locator("[name=search]").fill("no such words")
    assert page.locator(".sample").count() == 0


def test_samples_turn_pages(open_page):
    page = open_page()
    first = page.locator(".sample").first.inner_text()
    page.locator("[data-step='1']").click()
    assert "page 2 of" in page.locator(".pager").inner_text()
    assert page.locator(".sample").first.inner_text() != first


def test_differences_are_marked_and_left_out_words_can_be_shown(open_page):
    page = open_page()
    form = page.locator("form.filters")
    form.locator("[name=search]").fill("عايز أروح")
    text = page.locator(".sample").first.locator(".output").nth(1).locator("p")
    plain = text.inner_text()
    assert page.locator(".output ins").count() > 0
    assert page.locator(".output del").count() == 0
    form.locator("[name=left-out]").check()
    assert page.locator(".output del").count() > 0
    form.locator("[name=mark]").select_option("")
    assert page.locator(".output ins, .output del").count() == 0
    assert text.inner_text() == plain


def test_arabic_runs_right_to_left(open_page):
    page = open_page()
    page.locator("[name=search]").fill("السوق دلوقتي")
    reference = page.locator(".given p[lang=arz]").first
    assert reference.get_attribute("dir") == "rtl"
    assert page.locator(".given p[lang=en]").first.get_attribute("dir") == "ltr"


def test_tables_run_right_to_left_where_their_text_does(open_page):
    page = open_page(java_script_enabled=False)
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    arabic = page.locator("#figure6 td", has_text="السوق")
    assert arabic.count() > 4
    for cell in arabic.all():
        looks = cell.evaluate(
            "(c) => [getComputedStyle(c).direction, c.lang, c.scrollWidth - c.clientWidth]"
        )
        assert looks == ["rtl", "ar", 0]
    assert page.locator("#figure6 td", has_text="I do not want").first.get_attribute("dir") is None


def test_an_attack_is_text(open_page):
    page = open_page()
    page.locator("[name=search]").fill("<script>alert(1)")
    assert page.locator(".sample").count() > 0
    assert "<script>alert(1)</script></script><!--" in page.locator(".output p").first.inner_text()
    assert page.locator(".sample script, .sample img, .sample b[onclick]").count() == 0


def test_without_scripts_the_tables_and_the_headline_remain(open_page):
    page = open_page(java_script_enabled=False)
    assert "Our recipe makes" in page.locator("h1").inner_text()
    assert page.locator(".card dd").count() > 4
    page.locator("#paper > summary").click()
    assert page.locator("#table2 tbody tr").nth(len(MODELS)).is_visible()
    assert page.locator("form.filters").is_hidden()
    assert page.locator("noscript p").first.is_visible()


def test_the_print_has_no_controls(open_page):
    page = open_page()
    page.emulate_media(media="print")
    assert page.locator("#samples h2").is_visible()
    assert page.locator("form.filters").is_hidden()
