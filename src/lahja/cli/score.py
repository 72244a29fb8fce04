"""Score texts as AL-QASIDA does: ALDi, P(country), ADI2, ADI2 macro, chrF, chrF++, spBLEU.

TEXTS is a table (.csv, .tsv, .parquet), JSON Lines (.jsonl), or a folder of AL-QASIDA's output
files in either of its layouts. A table needs a column `response` and the variety asked for
(`target_variety`, or --target for all rows); `reference`, `source`, `source_variety`, `task`,
`corpus`, `model`, `prompt_id` are used where they are there. --columns '{"response": "output"}'
says what the table calls them.

ALDi and ADI2 come from three scorers (--scorers FOLDER with aldi/, country/ and language/ in it,
or each by itself, as a folder or as owner/name@commit on the hub), or with --recorded from the
scores that stand beside the texts. What cannot be had is reported as missing, with the reason.

Writes into --output: sentences (CSV, Parquet), metrics with 95% intervals and signatures,
comparisons (with --against), scoreboards (CSV, Parquet, LaTeX, SVG, PNG), and under al-qasida/
that benchmark's own _samples.csv and _metrics.csv: as it published them in 2025, which its analysis
code reads, or with --layout evaluator as its evaluator writes them (eng-egy, text, chrF2).
"""

from pathlib import Path

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling
from lahja.core.tables import COMPARISONS, METRICS, SENTENCE_SCORES
from lahja.evaluation.alqasida import output_stems, write_outputs
from lahja.evaluation.metrics import evaluation
from lahja.evaluation.metrics.slices import ALL
from lahja.evaluation.scored_texts import read_texts
from lahja.evaluation.sentence_scores import scorer_folders, sentence_scores
from lahja.report.charts import Style, bars_chart, save_picture, styles
from lahja.report.figures import scoreboards
from lahja.report.formats import to_text, write_frame, write_table_files
from lahja.scoring.judges import PRECISION
from lahja.scoring.signature import scorers_signature
from lahja.scoring.translation import load_spbleu


def main(
    texts: Path,
    /,
    *,
    output: Path,
    target: str | None = None,
    source: str | None = None,
    columns: dict | None = None,
    recorded: bool = False,
    scorers: Path | None = None,
    aldi: str | None = None,
    country: str | None = None,
    language: str | None = None,
    spbleu_model: Path | None = None,
    spbleu_download: bool = False,
    against: str | None = None,
    genres: dict | None = None,
    layout: str = "published",
    resamples: int = 1000,
    seed: int = 42,
    batch: int = 64,
) -> None:
    """Read the texts, score them, write everything into `output` and print the scoreboards."""
    given = {"target_variety": target, "source_variety": source}
    rows = read_texts(texts, columns or {}, {k: v for k, v in given.items() if v})
    stems = output_stems(rows, genres or {}, layout, output / "al-qasida")
    folders = scorer_folders(scorers, aldi=aldi, country=country, language=language)
    if recorded and folders is not None:
        raise LahjaError("--recorded takes the scores beside the texts: give no scorers with it")
    if recorded and not rows.reindex(columns=["aldi", "p_country"]).notna().all(axis=None):
        raise LahjaError(f"{texts}: --recorded needs aldi and p_country in every row")
    if folders is None and not recorded:
        # Nothing is taken for ADI2 that was not asked for.
        rows = rows.drop(columns=["aldi", "p_country", "p_region"], errors="ignore")
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    scores = sentence_scores(rows, folders, spbleu, batch)
    resampling = Resampling(resamples, seed)
    evaluations = {
        name: evaluation.evaluate_model(part.reset_index(drop=True), resampling, spbleu)
        for name, part in scores.groupby("model", sort=True)
    }
    names = "scorers:recorded" if recorded else "scorers:none"
    if folders is not None:
        names = scorers_signature(**folders, precision=PRECISION)
    signatures = evaluation.metric_signatures(spbleu, names, resampling)
    metrics = evaluation.metrics_table(evaluations.values(), 0.95, signatures)
    write_frame(scores, output, "sentences", SENTENCE_SCORES)
    write_frame(metrics, output, "metrics", METRICS)
    if against is not None:
        _compare(scores, evaluations, against, output)
    write_outputs(rows, scores, spbleu, resampling, stems, layout)
    _show_boards(metrics, signatures, styles(evaluations), output / "scoreboard")
    missing = metrics[metrics["reason"].notna() & (metrics["corpus"] == ALL)]
    for metric, reason in missing[["metric", "reason"]].drop_duplicates().itertuples(index=False):
        print(f"{metric} is missing: {reason}")
    print(f"written: {output}")


def _show_boards(
    metrics: pd.DataFrame, signatures: dict[str, str], looks: dict[str, Style], folder: Path
) -> None:
    boards = [*scoreboards(metrics, signatures)]
    for table, figure in boards:
        write_table_files(table, folder)
        save_picture(bars_chart(figure, looks), figure.name, folder)
    print("\n\n".join(to_text(table) for table, _ in boards))


def _compare(
    scores: pd.DataFrame, evaluations: dict[str, evaluation.Evaluation], against: str, output: Path
) -> None:
    if against not in evaluations:
        names = " ".join(evaluations)
        raise LahjaError(f"--against {against}: no such model among the texts ({names})")
    evaluation.check_same_prompts(part for _, part in scores.groupby("model", sort=True))
    baselines = {name: against for name in evaluations if name != against}
    compared = evaluation.comparisons_table(evaluations, baselines, 0.95)
    write_frame(compared, output, "comparisons", COMPARISONS)
