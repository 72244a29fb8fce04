"""No token n-gram twice in an answer, by vLLM's engine, which imports this by its name."""

from functools import partial

from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from lahja.generation.backend import repeating_tokens


class NoRepeatNgrams(AdapterLogitsProcessor):
    """Bans what would end an n-gram of the answer again, where a request asks for that."""

    def is_argmax_invariant(self) -> bool:
        """Return False: greedy answers change too."""
        return False

    def new_req_logits_processor(self, params):
        """Return the processor of one request, or None where it asks for none."""
        length = (params.extra_args or {}).get("no_repeat_ngrams")
        return partial(_ban, length) if length else None


def _ban(length, output_ids, logits):
    logits[[*repeating_tokens(output_ids, length)]] = float("-inf")
    return logits
