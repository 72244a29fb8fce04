"""Label texts with the dialect classifier, and translate what is not in the wanted dialect."""

from pathlib import Path

import pandas as pd

from lahja.core.tables import CANDIDATES, GENERATIONS, empty_table
from lahja.generation.answering import answer
from lahja.generation.backend import Backend, Request, Sampling
from lahja.models.option_logits import Labeller
from lahja.prompts.wordings import system_prompt, translation_prompt


def label_responses(labeller: Labeller, responses: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Return CANDIDATES: GENERATIONS that have a text, with the label that each gets.

    A batch holds texts of one dialect: what it gets does not depend on the others.
    """
    said = responses[responses["response"].fillna("").str.strip() != ""].assign(origin=origin)
    tables = []
    for _, own in said.groupby("dialect", sort=False):
        options, found = labeller.label([*own["response"]])
        labelled = own.assign(options=[[*options]] * len(own), probabilities=found)
        labelled["probability"] = [max(row) for row in found]
        labelled["label"] = [options[row.index(max(row))] for row in found]
        tables.append(labelled[CANDIDATES.names])
    return pd.concat(tables, ignore_index=True) if tables else empty_table(CANDIDATES)


def translate_mismatches(
    labelled: pd.DataFrame, sampling: Sampling, backend: Backend, store: Path, system: str = ""
) -> pd.DataFrame:
    """Return GENERATIONS: CANDIDATES not labelled as their dialect, translated into it.

    Each is translated from the variety that it was labelled as, and keeps its prompt and its
    generator (paper, section 3). `system` is a system prompt that may name the dialect.
    """
    wrong = labelled[labelled["label"] != labelled["dialect"]]
    prompts = map(translation_prompt, wrong["label"], wrong["dialect"], wrong["response"])
    requests = [
        Request(str(number), prompt, sampling, dialect, (), system_prompt(system, dialect))
        for number, (prompt, dialect) in enumerate(zip(prompts, wrong["dialect"], strict=True))
    ]
    found = answer(requests, backend, store)
    rows = wrong.assign(response=[said.text for said in found])
    rows["finish_reason"] = [said.finish_reason for said in found]
    rows["n_tokens"] = [said.n_tokens for said in found]
    return rows[GENERATIONS.names].reset_index(drop=True)
