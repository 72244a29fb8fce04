"""Compare a study's rows: tables, answers and the plot of dialect against translation."""

from itertools import chain
from pathlib import Path

from lahja.core.command import run
from lahja.core.files import write_text
from lahja.core.statistics import Resampling
from lahja.evaluation.metrics.evaluation import evaluate_models
from lahja.evaluation.metrics.slices import ALL
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.charts import save_picture
from lahja.report.formats import to_markdown, write_table_files
from lahja.report.study import Study, find, study_rows, study_tables, verdict
from lahja.report.tradeoff import pareto_chart
from lahja.scoring.translation import load_spbleu


def main(scores: Path, settings: dict, output: Path) -> None:
    """Write the tables of each corpus as CSV, Parquet and LaTeX, `study.md` and `pareto.{svg,png}`.

    Of several corpora there are tables of all sentences together besides, named "all".

    Settings: rows ([name, models] in their order), start, baseline and recipe (names of rows), the
    tables' note, corpora, resamples, confidence, seed, spbleu_model; left_out, a note on corpora.
    """
    rows = {name: tuple(models) for name, models in settings["rows"]}
    scored = read_scores(scores, [*dict.fromkeys(chain.from_iterable(rows.values()))])
    names = ("start", "baseline", "recipe", "confidence")
    study = Study(rows, *(settings[name] for name in names))
    model = settings["spbleu_model"]
    resampling = Resampling(settings["resamples"], settings["seed"])
    spbleu = load_spbleu(Path(model) if model else None)
    evaluations = evaluate_models(scored, resampling, spbleu)
    corpora = settings["corpora"]
    shown = [*corpora, ALL] if len(corpora) > 1 else corpora
    findings = [find(study, study_rows(study, evaluations, name), name) for name in shown]
    page = []
    for found in findings:
        tables, missing = study_tables(study, found), []
        page.append(verdict(study, found, tables[0]))
        for table in tables:
            table.notes.extend(filter(None, [settings["note"], settings.get("left_out")]))
            write_table_files(table, output)
            numbers = [column.key for column in table.columns if column.digits is not None]
            if table.rows[numbers].notna().any(axis=None):
                page.append(to_markdown(table))
            else:
                missing.append(f"{table.caption}: missing, {' '.join(table.notes)}\n")
        page += missing
    write_text(output / "study.md", "\n".join(page))
    save_picture(pareto_chart(study, findings[: len(corpora)]), "pareto", output)


if __name__ == "__main__":
    run(main)
