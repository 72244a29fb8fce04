"""How models look, charts as Vega-Lite specifications, and their files."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, cycle
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lahja.core.artifacts import Table
from lahja.core.files import atomic_path, read_yaml
from lahja.core.varieties import VARIETIES
from lahja.report.formats import is_arabic
from lahja.report.scores import INTERVAL, METRIC_TITLES, OURS

# Letters of Latin and Arabic alike on every machine, and so the same picture.
_FONTS = Path(__file__).parent / "fonts"
_SPECIFICATIONS = Path(__file__).resolve().parents[3] / "workflow" / "report" / "charts.yaml"
# Pixels of a line of text and of a model's row; letters that fit into a line.
_LINE_HEIGHT, _ROW_HEIGHT, _CHARACTERS = 18, 28, 92
_MAX_ROWS = 16
_DIGITS = 4
# The panels of changes, by the keys of OVERALL.
_CHANGES = {"adi2": "Dialect (ADI2)", "mean": "Translation (chrF++)"}
# Begins and ends a text that runs from right to left, whatever it begins with.
_RIGHT_TO_LEFT = "\u202b{}\u202c"


class Style(NamedTuple):
    """The colour of a model in every chart, and the shape of its points."""

    colour: str
    shape: str


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Return the style of each name, by its place among all names in alphabetical order."""
    colours, shapes = (cycle(specifications()["looks"][part]) for part in ("colours", "shapes"))
    return dict(zip(sorted(set(names)), map(Style, colours, shapes), strict=False))


def short_name(variety: str) -> str:
    """Return a variety's name as axes and headers show it."""
    return "MSA" if variety == "msa" else VARIETIES[variety].label


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows, None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def placed(frame: pd.DataFrame, **axes: str) -> pd.DataFrame:
    """Return columns by axis with their intervals, as x, x_low, …, of the rows that have all."""
    names = {f"{column}{end}": f"{axis}{end}" for axis, column in axes.items() for end in INTERVAL}
    found = frame.reindex(columns=[*names]).rename(columns=names).astype(float)
    return found.round(_DIGITS).dropna(subset=[*axes])


def scale(values: Mapping[str, Any] | pd.Series) -> dict[str, list[Any]]:
    """Return the scale that gives each name its colour, shape or dash."""
    values = dict(values)
    return {"domain": [*values], "range": [*values.values()]}


def chart(name: str, description: str, rows: pd.DataFrame, **values: Any) -> dict[str, Any]:
    """Return a Vega-Lite specification of `charts.yaml`, its caption and `$names` filled in."""
    known, datasets = specifications(), {"rows": records(rows)}
    about = {"$schema": known["schema"], "description": description, "datasets": datasets}
    return about | _filled(known[name], values)


@cache
def specifications() -> dict[str, Any]:
    """Return what `workflow/report/charts.yaml` holds: charts, looks, recipes, trainings."""
    return read_yaml(_SPECIFICATIONS)


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(own, values) for key, own in part.items()}
    if isinstance(part, list):
        return [_filled(own, values) for own in part]
    return values[part[1:]] if isinstance(part, str) and part.startswith("$") else part


def save_picture(spec: Mapping[str, Any], name: str, folder: Path) -> None:
    """Write a specification as `<name>.svg` and `<name>.png` into a folder, each atomically."""
    import vl_convert

    vl_convert.register_font_directory(str(_FONTS))
    svg = vl_convert.vegalite_to_svg(dict(spec), config=specifications()["paper"])
    png = vl_convert.svg_to_png(svg, scale=2)
    for kind, content in {"svg": svg.encode("utf-8"), "png": png}.items():
        with atomic_path(folder / f"{name}.{kind}") as draft:
            draft.write_bytes(content)


def changes_chart(changes: Table, recipes: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """Return changes of ADI2 and of mean chrF++ from each model's start as two panels.

    Recipes by title give the colours. None where no model was compared.
    """
    titles = {model: title for title, own in recipes.items() for model in own}
    colours = {known["title"]: known["colour"] for known in specifications()["recipes"].values()}
    recipe = changes.rows["model"].map(titles).fillna([*colours][-1])
    about = changes.rows[["model", "baseline"]].assign(recipe=recipe)
    # Of many models the picture has those of recipes, and their table all.
    is_shown = about["model"].isin(titles) | (len(about) <= _MAX_ROWS)
    about, hidden = about[is_shown], (~is_shown).sum()
    rows = pd.concat(
        placed(changes.rows, x=key).join(about.assign(panel=panel), how="inner")
        for key, panel in _CHANGES.items()
    )
    if rows.empty:
        return None
    ranked = [*chain.from_iterable(recipes.values()), *about["model"]]
    used = {title: own for title, own in colours.items() if title in {*rows["recipe"]}}
    return chart(
        "changes",
        "Change of each model against the one that it started from"
        f"{f'; {hidden} others are among the numbers below' if hidden else ''}.",
        rows, panels=[*_CHANGES.values()], models=ranked,
        height=_ROW_HEIGHT * len(about), colours=scale(used),
    )  # fmt: skip


def bars_chart(table: Table, styles: Mapping[str, Style]) -> dict[str, Any]:
    """Return a figure's data as panels, two a row, of bars grouped by variety."""
    is_ours = table.rows["origin"] == OURS
    rows = table.rows.assign(variety=table.rows["variety"].map(short_name), is_ours=is_ours)
    panels = list(dict.fromkeys(rows["panel"]))
    shown = ["panel", "label", "variety", "value", "low", "high", "is_ours"]
    colours = {row.label: styles[row.bar].colour for row in rows[is_ours].itertuples()}
    references = dict.fromkeys(rows["label"][~is_ours])
    # A lone panel needs no title; Vega draws one all the same where labels are off.
    width, header = (430, {}) if len(panels) > 1 else (620, {"labelExpr": "''"})
    found = chart(
        "bars", table.caption, rows[shown].round(_DIGITS),
        metric=METRIC_TITLES[rows["metric"].iloc[0]],
        varieties=list(dict.fromkeys(rows["variety"])),
        colours=scale(colours), labels=list(colours), panels=panels, columns=min(len(panels), 2),
        references=list(references), width=width, header=header,
    )  # fmt: skip
    if not references:
        del found["spec"]["layer"][-1]
    return found


def samples_chart(table: Table) -> dict[str, Any]:
    """Return a few sample outputs as lines of text (paper, Figure 6), Arabic on the right."""
    lines = []
    for _, sample in table.rows.groupby("sample", sort=False):
        source, target, *texts = sample.iloc[0][
            ["source_variety", "target_variety", "source", "reference"]
        ]
        lines.append((f"{short_name(source)} → {short_name(target)}", "", "heading"))
        labels = ["source", "reference", *sample["model"]]
        for label, text in zip(labels, [*texts, *sample["response"]], strict=True):
            text = text or "—"
            kind, form = ("arabic", _RIGHT_TO_LEFT) if is_arabic(text) else ("latin", "{}")
            for number, line in enumerate(textwrap.wrap(text, _CHARACTERS)[:4] or ["—"]):
                lines.append(("" if number else label, form.format(line), kind))
        lines.append(("", "", "latin"))
    rows = pd.DataFrame(lines, columns=["label", "text", "kind"]).rename_axis("line").reset_index()
    return chart("samples", table.caption, rows, height=_LINE_HEIGHT * len(lines))


def curves_charts(curves: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, dict[str, Any]]:
    """Return small multiples, a panel per model, for each kind of training and measure."""
    charts, known = {}, specifications()
    for (train, measure), rows in curves.groupby(["train", "measure"], sort=False):
        name = "-".join(["curve", train, *re.findall(r"\w+", measure)])
        models = list(dict.fromkeys(rows["model"]))
        colours = {m: styles[m].colour if m in styles else "#888888" for m in models}
        dashes = {part: dash for part, dash in known["dashes"].items() if part in {*rows["part"]}}
        # A share is seen whole; a few high values at the start do not flatten all that follows.
        top = float(rows["value"].quantile(0.98))
        highest = 1.0 if "accuracy" in measure else round(top + 0.1 * abs(top), 3) or 1.0
        values = rows[["model", "part", "step", "value"]].round({"step": 1, "value": _DIGITS})
        # The page takes fewer columns where they do not fit.
        charts[name] = chart(
            "curves", f"{known['trainings'][train]}: {measure}.", values,
            models=models, columns=min(len(models), 5), measure=measure,
            range=[min(0.0, round(float(rows["value"].min()), 3)), highest],
            colours=scale(colours), dashes=scale(dashes),
            legend={"title": None} if len(dashes) > 1 or "held out" in dashes else None,
        )  # fmt: skip
    return charts
