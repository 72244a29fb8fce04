"""Charts of training, run times and rules, as Vega-Lite specifications.

Axes, grids and text take the page's colours when a chart is drawn; only models have colours here.
"""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lahja.reporting.artifacts import Table
from lahja.reporting.curves import CHOSEN, HELD_OUT, REJECTED, TRAINING
from lahja.reporting.rulegraph import Drawing
from lahja.reporting.style import Style
from lahja.reporting.vega import base, records, spec_of

_KINDS = {
    "pretrain": "Pretraining",
    "sft": "Supervised fine-tuning",
    "dpo": "Preference training (DPO)",
}
# Pixels of a box of the rule graph, of its layers, and of a bar with its gap.
_BOX_WIDTH, _LAYER_HEIGHT, _BAR_HEIGHT = 172, 46, 19
_DIGITS = 4
_DASHES = {TRAINING: [1, 0], HELD_OUT: [5, 3], CHOSEN: [1, 0], REJECTED: [5, 3]}


def curves_charts(curves: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, dict[str, Any]]:
    """Return small multiples, a panel per model, for each kind of training and measure."""
    charts = {}
    for (train, measure), rows in curves.groupby(["train", "measure"], sort=False):
        name = "-".join(["curve", train, *re.findall(r"\w+", measure)])
        charts[name] = _curves_chart(rows, f"{_KINDS[train]}: {measure}.", styles)
    return charts


def _curves_chart(
    rows: pd.DataFrame, description: str, styles: Mapping[str, Style]
) -> dict[str, Any]:
    import altair as alt

    measure = rows["measure"].iloc[0]
    models = list(dict.fromkeys(rows["model"]))
    colours = [styles[model].colour if model in styles else "#888888" for model in models]
    parts = [part for part in _DASHES if part in set(rows["part"])]
    dash = alt.StrokeDash(
        "part:N",
        scale=alt.Scale(domain=parts, range=[_DASHES[part] for part in parts]),
        legend=alt.Legend(title=None) if len(parts) > 1 or HELD_OUT in parts else None,
    )
    values = rows[["model", "part", "step", "value"]].round({"step": 1, "value": _DIGITS})
    # A share is seen whole; a few high values at the start do not flatten all that follows.
    most = 1.1 * float(rows["value"].quantile(0.98))
    highest = 1.0 if "accuracy" in measure else round(most, 3)
    scale = alt.Scale(domain=[min(0.0, round(float(rows["value"].min()), 3)), highest])
    line = (
        base(alt, records(values))
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            alt.X("step:Q", title="step", axis=alt.Axis(tickCount=3, grid=False)),
            alt.Y("value:Q", title=measure, scale=scale, axis=alt.Axis(tickCount=4)),
            alt.Color("model:N", scale=alt.Scale(domain=models, range=colours), legend=None),
            dash,
            tooltip=[
                alt.Tooltip("model:N"), alt.Tooltip("part:N"),
                alt.Tooltip("step:Q", format=".0f"), alt.Tooltip("value:Q", format=".4f"),
            ],
        )
    )  # fmt: skip
    facet = alt.Facet("model:N", title=None, sort=models)
    # The page takes fewer columns where they do not fit.
    chart = line.properties(width=200, height=140).facet(facet, columns=min(len(models), 5))
    return spec_of(chart.resolve_scale(x="independent"), description)


def runtimes_chart(runtimes: Table) -> dict[str, Any] | None:
    """Return the wall-clock minutes of each rule as bars, the longest first; None without rules."""
    import altair as alt

    if runtimes.rows.empty:
        return None
    rows = records(runtimes.rows.round(2))
    bar = base(alt, rows).encode(
        alt.Y("rule:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip(
                f"{column.key}:{'N' if column.digits is None else 'Q'}", title=column.header
            )
            for column in runtimes.columns
        ],
    )
    minutes = alt.X("minutes:Q", title="minutes", axis=alt.Axis(tickCount=8))
    bars = bar.mark_bar(cornerRadiusEnd=2).encode(minutes)
    text = bar.mark_text(align="left", dx=4).encode(minutes, alt.Text("minutes:Q", format=".1f"))
    description = "Wall-clock minutes of each rule."
    height = _BAR_HEIGHT * len(rows)
    return spec_of(alt.layer(bars, text), description, width="container", height=height)


def rulegraph_chart(drawing: Drawing, minutes: Mapping[str, float]) -> dict[str, Any]:
    """Return the rule graph, data flowing downwards; a box tells its rule's minutes if known."""
    import altair as alt

    lines = [
        {"edge": f"{first} → {last}", "place": number, "x": round(x, 3), "y": round(y, 3)}
        for (first, last), route in drawing.routes.items()
        for number, (x, y) in enumerate(_joints(route))
    ]
    boxes = [
        {
            "rule": rule, "x": round(x, 3), "y": y, "left": round(x - 0.47, 3),
            "right": round(x + 0.47, 3), "top": y - 0.3, "bottom": y + 0.3,
            "time": f"{minutes[rule]:.1f} minutes" if rule in minutes else "not known",
        }
        for rule, (x, y) in drawing.places.items()
    ]  # fmt: skip
    xs = [x for route in drawing.routes.values() for x, _ in route]
    xs += [x for x, _ in drawing.places.values()]
    low, high = min(xs) - 0.5, max(xs) + 0.5
    depth = max(y for _, y in drawing.places.values()) + 1
    across = alt.Scale(domain=[low, high], nice=False, zero=False)
    down = alt.Scale(domain=[-0.5, depth - 0.5], reverse=True, nice=False, zero=False)
    x, y = alt.X("x:Q", scale=across, axis=None), alt.Y("y:Q", scale=down, axis=None)
    box = base(alt, boxes).mark_rect(cornerRadius=5).encode(
        alt.X("left:Q", scale=across, axis=None), alt.Y("top:Q", scale=down, axis=None),
        alt.X2("right:Q"), alt.Y2("bottom:Q"),
        tooltip=[alt.Tooltip("rule:N"), alt.Tooltip("time:N", title="run time")],
    )  # fmt: skip
    arrows = base(alt, lines).mark_line(
        interpolate="basis", strokeWidth=1.4
    ).encode(x, y, alt.Detail("edge:N"), alt.Order("place:Q"))  # fmt: skip
    names = base(alt, boxes).mark_text(fontSize=11).encode(x, y, alt.Text("rule:N"))
    return spec_of(
        alt.layer(arrows, box, names),
        "The rules of this run and what feeds what, data flowing downwards.",
        width=round((high - low) * _BOX_WIDTH),
        height=round(depth * _LAYER_HEIGHT),
    )


def _joints(route: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a route from the lower edge of its first box to the upper edge of its last."""
    (first_x, first_y), *middle, (last_x, last_y) = route
    return [(first_x, first_y + 0.3), *middle, (last_x, last_y - 0.3)]
