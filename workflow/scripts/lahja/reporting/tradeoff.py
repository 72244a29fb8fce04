"""The headline's chart: dialectness against translation quality, as a Vega-Lite specification."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lahja.reporting.artifacts import Table
from lahja.reporting.directions import TITLES
from lahja.reporting.style import Style
from lahja.reporting.vega import base, spec_of

MEAN_OF_FOUR = "mean of the four"
_DIGITS = 4


def tradeoff_chart(
    table2: Table, starts: Mapping[str, str], styles: Mapping[str, Style], with_paper: bool
) -> dict[str, Any] | None:
    """Return ADI2 against chrF++ with intervals, a line to each model from the one it started from.

    The reader picks a direction or the mean of the four; the interval of that mean is the mean of
    the four intervals, which is never too narrow. Rows of the paper, if wanted, are hollow. None
    where no model has both scores.
    """
    import altair as alt

    rows = _tradeoff_rows(table2)
    ours = [row for row in rows if row["is_ours"]]
    if not ours:
        return None
    there = {row["direction"] for row in ours}
    options = [name for name in (MEAN_OF_FOUR, *TITLES.values()) if name in there]
    bind = alt.binding_select(options=options, name="chrF++ of translation ")
    direction = alt.param(name="direction", value=options[0], bind=bind)
    shown = alt.datum.direction == direction
    step_rows = _step_rows(ours, starts)
    steps = base(alt, step_rows).transform_filter(shown)
    points = base(alt, ours).transform_filter(shown)
    paper = base(alt, [row for row in rows if not row["is_ours"]]).transform_filter(shown)
    colour, shape = _model_scales(alt, [row["model"] for row in ours], styles)
    layers = _model_layers(alt, steps, points, colour, shape)
    description = "Dialectness against translation quality: overall ADI2 and chrF++ of every model."
    # A layer without rows has no extent, of which Vega warns.
    layers = layers if step_rows else layers[1:]
    layers += _paper_layers(alt, paper) if with_paper else []
    chart = alt.layer(*layers).add_params(direction)
    return spec_of(chart, description, width="container", height=420)


def _model_layers(alt: Any, steps: Any, points: Any, colour: Any, shape: Any) -> list[Any]:
    x, y = _axes(alt)
    # A click on the legend brings one model out.
    picked = alt.selection_point(name="picked", fields=["model"], bind="legend")
    opacity = alt.condition(picked, alt.value(1), alt.value(0.12))
    faint = alt.condition(picked, alt.value(0.45), alt.value(0.08))
    width = alt.Size("width:Q", scale=None, legend=None)
    rule = points.mark_rule(strokeWidth=1.2)
    return [
        steps.mark_trail().encode(x, y, width, colour, alt.Detail("model:N"), opacity=faint),
        rule.encode(alt.X("x_low:Q"), y, alt.X2("x_high:Q"), colour, opacity=opacity),
        rule.encode(x, alt.Y("y_low:Q"), colour, alt.Y2("y_high:Q"), opacity=opacity),
        points.mark_point(filled=True, size=130)
        .encode(x, y, colour, shape, tooltip=_tooltip(alt), opacity=opacity)
        .add_params(picked),
    ]


def _paper_layers(alt: Any, paper: Any) -> list[Any]:
    x, y = _axes(alt)
    marks = paper.mark_point(filled=False, size=110, shape="diamond", strokeWidth=2)
    return [
        marks.encode(x, y, tooltip=_tooltip(alt)),
        paper.mark_text(dy=-13, fontSize=11).encode(x, y, alt.Text("label:N")),
    ]


def _axes(alt: Any) -> tuple[Any, Any]:
    # The padding reaches below 0, where no score lies.
    axis = alt.Axis(tickCount=7, labelExpr="datum.value < 0 ? '' : datum.label")
    scale = alt.Scale(zero=False, padding=36)
    return (
        alt.X("x:Q", title="Overall ADI2", scale=scale, axis=axis),
        alt.Y("y:Q", title="chrF++", scale=scale, axis=axis),
    )


def _tooltip(alt: Any) -> list[Any]:
    shown = {"model": "model", "adi2": "ADI2", "chrf": "chrF++", "direction": "direction"}
    return [alt.Tooltip(f"{key}:N", title=title) for key, title in shown.items()]


def _tradeoff_rows(table2: Table) -> list[dict[str, Any]]:
    rows = []
    for record in table2.records():
        quality = {name: _score(record, key) for key, name in TITLES.items()}
        known = [score for score in quality.values() if score]
        if len(known) == len(TITLES):
            quality[MEAN_OF_FOUR] = tuple(_mean(part) for part in zip(*known, strict=True))
        adi2 = _score(record, "adi2")
        origin = record.get("origin") or ""
        for name, score in quality.items():
            if adi2 and score:
                rows.append({
                    "model": record["model"], "origin": origin, "is_ours": origin == "this run",
                    "label": f"{record['model']} (paper)", "direction": name,
                    **_placed("x", adi2), **_placed("y", score),
                    "adi2": _shown(adi2, 3), "chrf": _shown(score, 1),
                })  # fmt: skip
    return rows


def _score(record: Mapping[str, Any], key: str) -> tuple[float, float | None, float | None] | None:
    if pd.isna(record.get(key)):
        return None
    low, high = record.get(f"{key}_low"), record.get(f"{key}_high")
    return (record[key], None if pd.isna(low) else low, None if pd.isna(high) else high)


def _mean(values: tuple[float | None, ...]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _placed(axis: str, score: tuple[float | None, ...]) -> dict[str, float | None]:
    names = (axis, f"{axis}_low", f"{axis}_high")
    return {
        name: None if value is None else round(value, _DIGITS)
        for name, value in zip(names, score, strict=True)
    }


def _shown(score: tuple[float | None, ...], digits: int) -> str:
    value, low, high = (None if part is None else f"{part:.{digits}f}" for part in score)
    return f"{value} [{low}, {high}]" if low else f"{value}"


def _step_rows(ours: list[dict[str, Any]], starts: Mapping[str, str]) -> list[dict[str, Any]]:
    by_name = {(row["model"], row["direction"]): row for row in ours}
    rows = []
    for (model, direction), row in by_name.items():
        start = by_name.get((starts.get(model, ""), direction))
        for width, end in ((0.5, start), (7, row)) if start else ():
            place = {"x": end["x"], "y": end["y"], "width": width}
            rows.append({"model": model, "direction": direction, **place})
    return rows


def _model_scales(alt: Any, models: list[str], styles: Mapping[str, Style]) -> tuple[Any, Any]:
    names = list(dict.fromkeys(models))
    legend = alt.Legend(title=None)
    colours = alt.Scale(domain=names, range=[styles[name].colour for name in names])
    shapes = alt.Scale(domain=names, range=[styles[name].shape for name in names])
    return (
        alt.Color("model:N", scale=colours, legend=legend),
        alt.Shape("model:N", scale=shapes, legend=legend),
    )
