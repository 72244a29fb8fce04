"""Which faults of a server pass, and how long to wait for them to."""

import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from lahja.errors import LahjaError
from lahja.generation.chat_completions import UnusableReply, error_of

# A quota that is used up says 429 too, but waiting does not bring it back.
_LASTING = ("insufficient_quota", "billing_hard_limit_reached")
_GEMINI_DELAY = re.compile(r'"retryDelay"\s*:\s*"([0-9.]+)s"')


def is_passing(error: BaseException) -> bool:
    """Return whether a fault may be gone when the request is tried again."""
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        code, _ = error_of(error.body)
        passes = error.status_code in (408, 409, 429) or error.status_code >= 500
        return passes and code not in _LASTING
    return isinstance(error, APIConnectionError | TimeoutError | UnusableReply)


def is_unpaid(error: BaseException) -> bool:
    """Return whether a fault shows that nothing is due: an HTTP error, or no connection at all.

    A `LahjaError` is one too: a server that answers with an error and asks for too long a wait.
    """
    from httpx2 import ConnectError, ConnectTimeout, PoolTimeout
    from openai import APIStatusError

    if isinstance(error, APIStatusError | LahjaError):
        return True
    return isinstance(error.__cause__, ConnectError | ConnectTimeout | PoolTimeout)


def asked_wait(headers: Mapping[str, str], body: str) -> float | None:
    """Return the seconds that a server asks to wait, or None where it asks for nothing.

    In `Retry-After-Ms`, in `Retry-After` (seconds or a date), or in the body of Gemini's errors.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * unit)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (TypeError, ValueError):
            pass
    found = _GEMINI_DELAY.search(body)
    return float(found[1]) if found else None


def backoff(n_tries: int, first: float, longest: float, seed: str) -> float:
    """Return the seconds to wait after a number of tries: doubled each time, jittered by half.

    The jitter hangs on the seed and the number alone, so that a run's waits can be repeated.
    """
    wait = min(longest, first * 2 ** (n_tries - 1))
    return wait * random.Random(f"{seed}:{n_tries}").uniform(0.5, 1.0)
