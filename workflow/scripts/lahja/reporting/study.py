"""A study's tables: scores, changes from the start, faults, and what is to be said of each row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lahja.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.directions import TITLES
from lahja.reporting.faults import FAULT_TITLES
from lahja.statistics import Estimate
from lahja.study.answers import Answer, Change, shows_tradeoff
from lahja.study.rows import Row, Study, quality_column

_DIALECT = {"adi2": "ADI2", "adi2_macro": "ADI2 macro", LABEL_ACCURACY: "Label accuracy"}
_SHARE = Column("share_kept", "Share of the gain", 2)
_METRICS = {"chrf_plus_plus": "chrF++", "spbleu": "spBLEU"}


def scores_table(corpus: str, rows: Mapping[str, Row], confidence: float) -> Table:
    """Return each row's scores into dialect and its chrF++ in four directions."""
    columns = [Column("row", "Row"), Column("n_models", "Seeds", 0)]
    columns += [Column(key, title, 3) for key, title in _DIALECT.items()]
    columns += _quality_columns("chrf_plus_plus", 1)
    notes = [
        f"{confidence:.0%} bootstrap intervals over sentences; of several seeds the mean, and in "
        "parentheses the lowest and the highest. ADI2 and label accuracy are means of ENG→DA and "
        "MSA→DA over the dialects; chrF++ is a mean over the dialects."
    ]
    return _table("scores", f"Scores on {corpus}", columns, rows, confidence, notes)


def spbleu_table(corpus: str, rows: Mapping[str, Row], confidence: float) -> Table:
    """Return each row's spBLEU in four directions; where there is none, the note says why."""
    columns = [Column("row", "Row"), *_quality_columns("spbleu", 1)]
    reasons = {
        score
        for row in rows.values()
        for name in TITLES
        if isinstance(score := row.scores[quality_column("spbleu", name)], str)
    }
    return _table("spbleu", f"spBLEU on {corpus}", columns, rows, confidence, sorted(reasons))


def faults_table(corpus: str, rows: Mapping[str, Row], confidence: float) -> Table:
    """Return how often each row's translations have each fault, in per cent."""
    columns = [Column("row", "Row")]
    columns += [Column(name, FAULT_TITLES[name], 2) for name in FAULTS]
    notes = ["Shares of all translations in per cent, means over directions and dialects."]
    return _table("faults", f"Faults on {corpus}", columns, rows, confidence, notes, scale=100)


def changes_table(
    corpus: str, study: Study, found: Mapping[str, Mapping[str, Change]], confidence: float
) -> Table:
    """Return each row's changes from the start with intervals; a star marks the significant."""
    columns = [Column("row", "Row"), Column("adi2", "Δ ADI2", 3, is_signed=True)]
    columns += [
        Column(quality_column("chrf_plus_plus", name), f"Δ {title}", 2, is_signed=True)
        for name, title in TITLES.items()
    ]
    records = []
    for name, own in found.items():
        record: dict[str, Any] = {"row": name}
        for key, change in own.items():
            record |= _shown(key, change.estimate, confidence)
            record[f"{key}_p"] = change.p_value
            record[f"{key}_p_holm"] = change.p_holm
            if change.is_significant(confidence):
                record[f"{key}_note"] = "*"
        records.append(record)
    notes = [
        f"Paired with {study.start} on the same sentences, {confidence:.0%} intervals; chrF++ in "
        "four directions. (*) p below 0.05 with Holm's correction over the rows."
    ]
    caption = f"Changes from {study.start} on {corpus}"
    return Table(f"changes_{corpus}", caption, columns, pd.DataFrame(records), notes)


def answers_table(corpus: str, study: Study, found: Mapping[str, Answer]) -> Table:
    """Return what is to be said of each row: the gain it keeps, what it loses, (b) and (c)."""
    columns = [
        Column("row", "Row"),
        _SHARE,
        Column("lost", "chrF++ lost in"),
        Column("gained", "chrF++ gained in"),
        Column("more_faults", "More faults"),
        Column("keeps", "(b)"),
        Column("surpasses", "(c)"),
    ]
    records = [
        {
            "row": name,
            **_shown("share_kept", own.share_kept, 0.95),
            "lost": _named(own.lost) or "none",
            "gained": _named(own.gained) or "none",
            "more_faults": ", ".join(FAULT_TITLES[f].lower() for f in own.more_faults) or "none",
            "keeps": "yes" if own.keeps else "no",
            "surpasses": "yes" if own.surpasses else "no",
        }
        for name, own in found.items()
    ]
    notes = [
        f"Share of {study.baseline}'s gain in ADI2, with its 95% interval. Lost: significantly "
        f"below {study.start} by the row's own paired test. (b): at least 0.90 of the gain, no "
        f"chrF++ lost, no fault more frequent than in {study.start}. (c): ADI2 not below "
        f"{study.baseline}'s, chrF++ above {study.start}'s in every direction."
    ]
    return Table(f"answers_{corpus}", f"Answers on {corpus}", columns, pd.DataFrame(records), notes)


def has_values(table: Table) -> bool:
    """Whether any number of a table is there."""
    keys = [column.key for column in table.columns if column.digits is not None]
    return bool(table.rows[keys].notna().any(axis=None))


def _quality_columns(metric: str, digits: int) -> list[Column]:
    return [
        Column(quality_column(metric, name), f"{_METRICS[metric]} {title}", digits)
        for name, title in TITLES.items()
    ]


def _table(
    name: str,
    caption: str,
    columns: list[Column],
    rows: Mapping[str, Row],
    confidence: float,
    notes: list[str],
    scale: float = 1,
) -> Table:
    records = []
    for row in rows.values():
        record: dict[str, Any] = {"row": row.name, "n_models": len(row.models)}
        for column in columns:
            if column.key in row.scores:
                record |= _shown(column.key, row.scores[column.key], confidence, scale)
                if spread := row.spread(column.key):
                    low, high = (Table.number(scale * value, column) for value in spread)
                    record[f"{column.key}_note"] = f"{low} to {high}"
        records.append(record)
    corpus = caption.split(" on ")[-1]
    return Table(f"{name}_{corpus}", caption, columns, pd.DataFrame(records), notes)


def _shown(
    key: str, score: Estimate | str, confidence: float, scale: float = 1
) -> dict[str, float | None]:
    if isinstance(score, str) or not np.isfinite(score.value):
        return {key: None, f"{key}_low": None, f"{key}_high": None}
    low, high = score.interval(confidence)
    if not np.isfinite([low, high]).all():
        return {key: scale * score.value, f"{key}_low": None, f"{key}_high": None}
    return {key: scale * score.value, f"{key}_low": scale * low, f"{key}_high": scale * high}


def _named(columns: tuple[str, ...]) -> str:
    names = {quality_column("chrf_plus_plus", name): title for name, title in TITLES.items()}
    return ", ".join(names[column] for column in columns)


def verdict_lines(
    corpus: str,
    study: Study,
    found: Mapping[str, Mapping[str, Change]],
    said: Mapping[str, Answer],
    confidence: float,
) -> list[str]:
    """Return the answers to (a), (b) and (c) on one corpus in words, as Markdown."""
    shows, lost = shows_tradeoff(found[study.baseline], confidence)
    gain = found[study.baseline]["adi2"]
    recipe = said[study.recipe]
    share = Table.number(recipe.share_kept.value, _SHARE)
    low, high = recipe.share_kept.interval(confidence)
    if np.isfinite([low, high]).all():
        share += f" [{Table.number(low, _SHARE)}, {Table.number(high, _SHARE)}]"
    return [
        f"## {corpus}\n",
        f"(a) {'Yes' if shows else 'No'}: {study.baseline} changes ADI2 by "
        f"{gain.estimate.value:+.3f} (p {gain.p_holm:.3f}) and loses chrF++ significantly in "
        f"{_named(lost) or 'no direction'}.\n",
        f"(b) {'Yes' if recipe.keeps else 'No'}: {study.recipe} keeps "
        f"{share} of that gain, loses chrF++ in "
        f"{_named(recipe.lost) or 'no direction'}, and has more of these faults: "
        f"{', '.join(FAULT_TITLES[f].lower() for f in recipe.more_faults) or 'none'}.\n",
        f"(c) {'Yes' if recipe.surpasses else 'No'}. Rows that reach it: "
        f"{', '.join(name for name, own in said.items() if own.surpasses) or 'none'}.\n",
    ]
