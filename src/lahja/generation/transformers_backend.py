"""Generation with transformers, on whatever device there is."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from lahja.core.stages import version
from lahja.generation.backend import EMPTY, Answer, Request, Sampling, repeating_tokens
from lahja.models.device import pick_dtype, sorted_batches, use_device
from lahja.models.folder import load_model, load_tokenizer, model_digest
from lahja.prompts.chat import plain_tokens, prompt_tokens, without_thoughts

# Of this code an answer depends on: drawing it, loading the model, the chat's tokens.
CODE_STAGES = ("generation", "models", "chat")


class TransformersBackend:
    """A root checkpoint, with its adapter where one is given, run by transformers.

    A sampled answer depends on the seed and its own prompt alone, not on its batch.
    """

    def __init__(
        self, root: Path, adapter: Path | None = None, batch: int = 64,
        precision: str | None = None, chat_template: bool = True,
    ):  # fmt: skip
        """Note what to load; the model is loaded when the first prompt is answered.

        Without its chat template the model reads prompts as plain text.
        """
        self.root, self.adapter, self.batch = root, adapter, batch
        self.device = use_device()
        self.dtype = pick_dtype(precision, self.device)
        self.identity = f"{model_digest(root, adapter)} {self.dtype} {version(*CODE_STAGES)}"
        self.identity += "" if chat_template else " plain"
        self.tokens_of = prompt_tokens if chat_template else plain_tokens

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the answers batch by batch, the longest prompts first."""
        if not requests:
            return
        tokenizer = load_tokenizer(self.root)
        model = load_model(self.root, self.adapter, dtype=self.dtype, device=self.device)
        ends = end_tokens(model.generation_config, tokenizer)
        groups: dict[tuple[str, Sampling], list[Request]] = defaultdict(list)
        for request in requests:
            groups[request.group, request.sampling].append(request)
        for group in groups.values():
            ids = self.tokens_of(tokenizer, [request.turns for request in group])
            for rows in sorted_batches([len(row) for row in ids], self.batch):
                asked, prompts = [group[row] for row in rows], [ids[row] for row in rows]
                outputs = generate_tokens(model, tokenizer, asked, prompts, ends)
                for request, (tokens, values) in zip(asked, outputs, strict=True):
                    yield answer_of_tokens(request.id, tokens, ends, tokenizer, values)


def draw_seed(request: Request) -> int:
    """Return the seed of one request's draws."""
    text = f"{request.sampling.seed}\x1f{request.prompt}"
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


def generate_tokens(
    model, tokenizer, requests: list[Request], prompts: list[list[int]], ends: set[int]
) -> list[tuple[list[int], list[float]]]:
    """Return the new tokens of each request of a batch; what follows the first end is padding.

    And their log-probabilities, where requests are for answers with these.
    """
    import torch

    inputs = tokenizer.pad({"input_ids": prompts}, padding_side="left", return_tensors="pt")
    inputs, sampling = inputs.to(model.device), requests[0].sampling
    width = inputs["input_ids"].shape[1]
    processors = _penalties(sampling, width, [width - len(prompt) for prompt in prompts])
    if sampling.temperature:
        processors.append(_gumbel_noise(sampling, [*map(draw_seed, requests)], model.device))
    record = _Record(processors)
    if sampling.with_probability:
        processors = [record]
    # Greedy in every case: the noise that the processor adds makes it a draw. What penalties a
    # checkpoint's own configuration has are its own decoding's.
    how = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    how |= {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "logits_processor": processors}
    how |= {"max_new_tokens": sampling.max_new_tokens, "pad_token_id": tokenizer.pad_token_id}
    with torch.inference_mode():
        outputs = model.generate(**inputs, **how, eos_token_id=sorted(ends))
    tokens, steps = outputs[:, width:].tolist(), record.log_probabilities
    values = torch.stack(steps, 1).tolist() if steps else [[]] * len(tokens)
    return [*zip(tokens, values, strict=True)]


class _Record:
    """All processors as one, which keeps the log-probabilities of the tokens that they choose.

    These are the model's own, of its logits before any of the processors.
    """

    def __init__(self, processors: list[Callable]):
        """Take the processors; each step adds a tensor, of the size of the batch."""
        self.processors, self.log_probabilities = processors, []

    def __call__(self, input_ids, scores):
        """Return the processed scores, whose argmax is the next token."""
        processed = scores
        for processor in self.processors:
            processed = processor(input_ids, processed)
        own = scores.float().log_softmax(-1)
        chosen = processed.argmax(-1, keepdim=True)
        self.log_probabilities.append(own.gather(-1, chosen).squeeze(-1))
        return processed


def _penalties(sampling: Sampling, width: int, n_pads: list[int]) -> list[Callable]:
    """Return the processors against repetition, for prompts of a width with so much padding."""
    import torch
    from transformers import RepetitionPenaltyLogitsProcessor

    processors: list[Callable] = []
    if penalty := sampling.repetition_penalty:
        # Padding can be the end of turn, and differs with the batch.
        pads = torch.tensor(n_pads)
        processors.append(RepetitionPenaltyLogitsProcessor(float(penalty), pads))
    if length := sampling.no_repeat_ngrams:

        def without_repeats(input_ids, scores):
            """Return scores in which no token repeats an n-gram of the answer."""
            scores = scores.clone()
            for row, answer in enumerate(input_ids[:, width:].tolist()):
                scores[row, [*repeating_tokens(answer, length)]] = -torch.inf
            return scores

        processors.append(without_repeats)
    return processors


def _gumbel_noise(sampling: Sampling, seeds: list[int], device: Any) -> Callable:
    """Return the processor after which the largest logit is a draw from the model."""
    import torch
    from transformers import TopKLogitsWarper, TopPLogitsWarper

    generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    warpers = [TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []
    warpers += [TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []

    def with_noise(input_ids, scores):
        """Return warped scores with Gumbel noise, whose argmax is a sample."""
        scores = scores.float() / sampling.temperature
        for warper in warpers:
            scores = warper(input_ids, scores)
        width = scores.shape[-1]
        # The argmax of logits and Gumbel noise is distributed as softmax sampling.
        draws = [torch.rand(width, generator=one, device=device) for one in generators]
        return scores - torch.log(-torch.log(torch.stack(draws).clamp(1e-20, 1 - 1e-7)))

    return with_noise


def end_tokens(config: Any, tokenizer: Any) -> set[int]:
    """Return the tokens that end a turn: the generation configuration's and the tokenizer's."""
    own = config.eos_token_id
    ends = {tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])}
    return ends - {None}


def answer_of_tokens(
    id_: str, tokens: list[int], ends: set[int], tokenizer: Any,
    log_probabilities: Sequence[float] = (),
) -> Answer:  # fmt: skip
    """Return the answer that new tokens make, without thoughts and what follows the first end."""
    stop = next((place for place, token in enumerate(tokens) if token in ends), None)
    kept = tokens if stop is None else tokens[:stop]
    text = without_thoughts(tokenizer.decode(kept, skip_special_tokens=True))
    ended = EMPTY if text is None else "stop"
    own = log_probabilities[: len(kept) + 1]
    mean = sum(own) / len(own) if own else None
    return Answer(id_, text, "length" if stop is None else ended, len(kept), mean)
