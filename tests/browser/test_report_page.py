"""The report page in a headless Chromium: charts, sorting, samples, both widths and schemes.

Every test fails if the page logs an error, opens a dialog or asks anything of a network.
"""

import pytest
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
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (lightness > 600) == (scheme == "light")


def test_charts_follow_the_colour_scheme(open_page):
    page = open_page()
    label = page.locator("#tradeoff .role-axis-label text").first
    light = label.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "light => document.querySelector('#tradeoff .role-axis-label text')"
        "?.getAttribute('fill') !== light",
        arg=light,
    )


def test_the_trade_off_has_every_model_and_each_direction(open_page):
    page = open_page()
    assert page.locator("#tradeoff .role-legend-label text").all_text_contents() == list(MODELS)
    select = page.locator("#tradeoff select")
    assert select.locator("option").count() == 5
    before = page.locator("#tradeoff svg").inner_html()
    select.select_option("DA→ENG")
    assert page.locator("#tradeoff svg").inner_html() != before
    assert "NUS-IDS (paper)" not in page.locator("#tradeoff svg").inner_html()
    page.locator("[data-instead]").check()
    page.locator("#tradeoff svg", has_text="NUS-IDS (paper)").wait_for()
    assert select.input_value() == "DA→ENG"


def test_tables_sort_by_keyboard_and_keep_the_papers_rows_below(open_page):
    page = open_page()
    button = page.locator("#table2 th:nth-child(2) button")
    button.focus()
    page.keyboard.press("Enter")
    values = [float(value) for value in column(page, "table2", 2)]
    assert values == sorted(values, reverse=True)
    page.keyboard.press("Enter")
    assert [float(value) for value in column(page, "table2", 2)] == sorted(values)
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
    assert page.locator(".sample").first.locator(".output").count() == 2
    form.locator("[name=task]").select_option("translation")
    form.locator("[name=direction]").select_option("English → Moroccan")
    assert "5 of " in page.locator("#samples .status").inner_text()
    assert {h.split("\n")[0] for h in page.locator(".sample h3").all_inner_texts()} == {
        "English → Moroccan translation, FLORES"
    }
    form.locator("[value=qwen]").check()
    assert page.locator(".sample").first.locator(".output").count() == 3
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


def test_an_attack_is_text(open_page):
    page = open_page()
    page.locator("[name=search]").fill("<script>alert(1)")
    assert page.locator(".sample").count() > 0
    assert "<script>alert(1)</script></script><!--" in page.locator(".output p").first.inner_text()
    assert page.locator(".sample script, .sample img, .sample b[onclick]").count() == 0


def test_without_scripts_the_tables_and_the_headline_remain(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator(".findings li").count() > 0
    assert page.locator("#table2 tbody tr").count() > len(MODELS)
    assert page.locator("form.filters").is_hidden()
    assert page.locator("noscript p").first.is_visible()


def test_the_print_has_no_controls(open_page):
    page = open_page()
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator("form.filters").is_hidden()
