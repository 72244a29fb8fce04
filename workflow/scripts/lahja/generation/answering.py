"""Answer requests from the store, and ask the backend only for what is missing there."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.generation.backend import Answer, Backend, Request, Sampling, request_key
from lahja.generation.store import AnswerStore
from lahja.progress import Progress
from lahja.tables import RESPONSES, SAMPLED_RESPONSES

_MOST_SAMPLES = 100_000


def answer(requests: list[Request], backend: Backend, store: Path) -> list[Answer]:
    """Return the answers in the order of the requests.

    Requests that ask the same are asked once. What the backend has no answer to is not stored,
    so a later run asks again.
    """
    keys = [request_key(backend.identity, request) for request in requests]
    with AnswerStore(store) as known:
        missing = {
            key: replace(request, id=key)
            for key, request in zip(keys, requests, strict=True)
            if key not in known.answers
        }
        unanswered = {}
        total = len({*keys})
        with Progress(total, "prompts", done=total - len(missing)) as progress:
            for found in backend.generate([*missing.values()]):
                if found.id not in missing:
                    raise LahjaError(f"the backend answered {found.id}, which was not asked")
                if found.text is None:
                    unanswered[found.id] = found
                else:
                    known.add(found.id, found)
                # A backend that is paid for says what it has cost so far.
                progress.cost = getattr(backend, "cost", None)
                progress.advance()
        answers = {**known.answers, **unanswered}
    return [
        replace(_found(answers, key, request), id=request.id)
        for key, request in zip(keys, requests, strict=True)
    ]


def respond(
    prompts: pd.DataFrame, generator: str, sampling: Sampling, backend: Backend, store: Path
) -> pd.DataFrame:
    """Return the RESPONSES of one generator to a table of prompts (`prompt_id`, `prompt`)."""
    twice = prompts["prompt_id"][prompts["prompt_id"].duplicated()]
    if not twice.empty:
        raise LahjaError(f"prompt_id {twice.iloc[0]} occurs twice among the prompts")
    requests = [
        Request(str(row.prompt_id), row.prompt, sampling)
        for row in prompts[["prompt_id", "prompt"]].itertuples()
    ]
    rows = [
        {
            "prompt_id": found.id,
            "generator": generator,
            "response": found.text,
            "finish_reason": found.finish_reason,
            "n_tokens": found.n_tokens,
        }
        for found in answer(requests, backend, store)
    ]
    return pd.DataFrame(rows, columns=RESPONSES.names)


def respond_often(
    prompts: pd.DataFrame,
    generator: str,
    sampling: Sampling,
    backend: Backend,
    store: Path,
    samples: int,
    greedy_first: bool = False,
) -> pd.DataFrame:
    """Return SAMPLED_RESPONSES: so many answers to each prompt, each drawn from its own seed.

    With `greedy_first` the first of them is not drawn but the likeliest.
    """
    # Runs of neighbouring seeds share no sample.
    drawn = [replace(sampling, seed=sampling.seed * _MOST_SAMPLES + n) for n in range(samples)]
    if greedy_first:
        drawn[0] = replace(drawn[0], temperature=0.0, top_p=1.0)
    asked = [
        (row.prompt_id, number, Request(f"{row.prompt_id}:{number}", row.prompt, how))
        for row in prompts[["prompt_id", "prompt"]].itertuples()
        for number, how in enumerate(drawn)
    ]
    found = answer([request for _, _, request in asked], backend, store)
    rows = [
        (name, number, generator, said.text, said.finish_reason, said.n_tokens)
        for (name, number, _), said in zip(asked, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=SAMPLED_RESPONSES.names)


def _found(answers: dict[str, Answer], key: str, request: Request) -> Answer:
    if key not in answers:
        raise LahjaError(f"the backend gave no answer to prompt {request.id}")
    return answers[key]
