"""Answer requests from the store, and ask the backend only for what is missing there."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.journal import Journal, is_sealed, row_of
from lahja.core.progress import Progress
from lahja.core.tables import GENERATIONS, WEIGHED_GENERATIONS
from lahja.generation.backend import NOT_RECORDED, Answer, Backend, Request, Sampling, request_key

_MAX_SAMPLES = 100_000
# Of fewer prompts all may be refused.
_MIN_ASKED = 10
# What a line of a store starts with, before its key.
_START = b'{"key": "'


class AnswerStore(Journal, AbstractContextManager):
    """Answers by key, in a JSON Lines file that one process at a time has open."""

    def __init__(self, path: Path):
        """Open, lock and read the file; raise `LahjaError` where another process holds it."""
        # A line, or the answer that it holds: few of a large store's are asked for.
        self._kept: dict[str, bytes | Answer] = {}
        # What is damaged is asked again.
        super().__init__(path, self._take, can_lose=True)

    def __exit__(self, *_: object) -> None:
        """Unlock and close the file."""
        self.close()

    def add(self, answers: dict[str, Answer]) -> None:
        """Append answers by their keys; they are on disk when this returns."""
        self.append({"key": key, **asdict(answer)} for key, answer in answers.items())
        self._kept.update(answers)

    def known(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Return the answers to those keys that have one, in the order of the keys."""
        found = {}
        for key in filter(self._kept.__contains__, keys):
            kept = self._kept[key]
            # A line of a version that knows more of an answer counts for nothing.
            with suppress(TypeError):
                found[key] = kept if isinstance(kept, Answer) else _answer_of(kept)[1]
        return found

    def _take(self, line: bytes) -> None:
        if is_sealed(line) and line.startswith(_START):
            key, answer = line[len(_START) : line.index(b'"', len(_START))].decode(), line
        else:
            key, answer = _answer_of(line)
        self._kept[key] = answer


def _answer_of(line: bytes) -> tuple[str, Answer]:
    row = row_of(line)
    return row.pop("key"), Answer(**row)


def answer(requests: list[Request], backend: Backend, store: Path) -> list[Answer]:
    """Return the answers in the order of the requests.

    Requests that ask the same are asked once. What the backend has no answer to is not stored,
    so a later run asks again. Raises `LahjaError` where a model or server answers none of many.
    """
    keys = [request_key(backend.identity, request) for request in requests]
    asked = {key: replace(request, id=key) for key, request in zip(keys, requests, strict=True)}
    with AnswerStore(store) as kept:
        answers, unanswered = kept.known(asked), {}
        missing = [request for key, request in asked.items() if key not in answers]
        with Progress(len(asked), "prompts", done=len(asked) - len(missing)) as progress:
            for found in backend.generate(missing):
                if found.id not in asked:
                    raise LahjaError(f"the backend answered {found.id}, which was not asked")
                if found.text is None:
                    unanswered[found.id] = found
                else:
                    kept.add({found.id: found})
                answers[found.id] = found
                # What a server that is paid has cost so far.
                progress.cost = getattr(backend, "cost", None)
                progress.advance()
        if lacking := asked.keys() - answers.keys():
            raise LahjaError(f"the backend gave no answer to {len(lacking)} of its prompts")
    reasons = Counter(found.finish_reason for found in unanswered.values())
    if len(unanswered) == len(asked) >= _MIN_ASKED and NOT_RECORDED not in reasons:
        told = ", ".join(f"{reason} ({number})" for reason, number in reasons.most_common())
        cure = "; raise decoding.max_new_tokens if it thinks" if reasons["length"] else ""
        raise LahjaError(f"none of {len(unanswered)} prompts got an answer: {told}{cure}")
    return [replace(answers[key], id=asked.id) for key, asked in zip(keys, requests, strict=True)]


def with_examples(prompts: pd.DataFrame, examples: pd.DataFrame) -> pd.DataFrame:
    """Return prompts with the column `examples`: those of each one's task and direction.

    Both are EVALUATION_PROMPTS, examples with answers as references.
    """
    before = defaultdict(tuple)
    for row in examples.itertuples():
        before[row.task, row.source_variety, row.target_variety] += ((row.prompt, row.reference),)
    tasks = prompts["task"].str.removeprefix("validation_")
    keys = zip(tasks, prompts["source_variety"], prompts["target_variety"], strict=True)
    return prompts.assign(examples=[before[key] for key in keys])


def respond(
    prompts: pd.DataFrame, generator: str, sampling: Sampling, backend: Backend, store: Path,
    samples: int = 0, greedy_first: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Return GENERATIONS: a generator's response to each prompt, or so many samples of them.

    Where their probabilities are asked for, they are WEIGHED_GENERATIONS. `prompts` has prompt_id,
    prompt and, where they are asked for dialect by dialect, dialect; examples and system if these
    go before (`with_examples`, `with_system_prompt`). Each sample is drawn from its own seed; with
    `greedy_first` the first is not drawn but the likeliest.
    """
    twice = prompts["prompt_id"][prompts["prompt_id"].duplicated()]
    if not twice.empty:
        raise LahjaError(f"prompt_id {twice.iloc[0]} occurs twice among the prompts")
    # Runs of neighbouring seeds share no sample.
    drawn = {n: replace(sampling, seed=sampling.seed * _MAX_SAMPLES + n) for n in range(samples)}
    drawn = drawn or {None: sampling}
    if samples and greedy_first:
        drawn[0] = replace(drawn[0], temperature=0.0, top_p=1.0)
    columns = ["prompt_id", "dialect", "prompt", "examples", "system"]
    asked = prompts.reindex(columns=columns).astype(object)
    asked = asked.where(asked.notna(), None)
    asked = asked.merge(pd.DataFrame({"sample": [*drawn]}, dtype=object), how="cross")
    requests = [
        Request(str(i), prompt, drawn[sample], dialect or "", examples or (), system or "")
        for i, _, dialect, prompt, examples, system, sample in asked.itertuples(name=None)
    ]
    found = answer(requests, backend, store)
    asked["generator"] = generator
    asked["response"] = pd.Series([one.text for one in found], dtype=object)
    asked["finish_reason"] = [one.finish_reason for one in found]
    asked["n_tokens"] = pd.Series([one.n_tokens for one in found], dtype=object)
    if not sampling.with_probability:
        return asked[GENERATIONS.names]
    asked["mean_log_probability"] = [one.mean_log_probability for one in found]
    return asked[WEIGHED_GENERATIONS.names]
