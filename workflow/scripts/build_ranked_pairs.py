"""Prefer the best of a model's own translations to the worst, by reference and dialectness."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: list[Path],
    responses: list[Path],
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    pairs: Path,
    funnel_counts: Path,
) -> None:
    """Write PAIRS and FUNNEL; the scorers' folders give the reward's ADI2.

    Settings: those of `RankSettings`, the gates' as JSON under `limits`, and `batch`.
    """
    import pandas as pd

    from lahja.gates.settings import parse_gate_settings
    from lahja.metrics.dialectness import score_dialectness
    from lahja.preferences.ranked import RankSettings, rank_pairs, rewards, target_of
    from lahja.scorers.aldi import AldiScorer
    from lahja.scorers.country import CountryScorer
    from lahja.scorers.language import LanguageIdentifier
    from lahja.scorers.responses import score_samples
    from lahja.scorers.sequence import ScorerSettings
    from lahja.settings import parse_settings
    from lahja.tables import FUNNEL, PAIRS, PROMPTS, RESPONSES, read_table, write_table

    how = ScorerSettings(batch=settings.pop("batch"))
    limits = parse_gate_settings(settings.pop("limits"))
    options = parse_settings(RankSettings, settings | {"limits": limits})
    asked = pd.concat([read_table(path, PROMPTS) for path in prompts], ignore_index=True)
    answers = pd.concat([read_table(path, RESPONSES) for path in responses], ignore_index=True)
    answers["response"] = answers["response"].fillna("")
    by_id = asked.set_index("prompt_id")
    answers = answers.join(by_id[["dialect", "kind", "reference"]], on="prompt_id")
    answers["target"] = list(map(target_of, answers["kind"], answers["dialect"]))
    judges = (AldiScorer(aldi, how), CountryScorer(country, how), LanguageIdentifier(language))
    scored = score_samples(answers, "generator", *judges)
    dialectness = score_dialectness(scored, answers["target"], answers["kind"])
    answers["reward"] = rewards(answers, dialectness["adi2"].to_numpy(), options.dialect_weight)
    formed, counts = rank_pairs(asked, answers, options)
    write_table(pairs, formed, PAIRS)
    write_table(funnel_counts, counts, FUNNEL)


if __name__ == "__main__":
    run(main)
