"""Chat completions: the body of a request, and what a reply's body says."""

import json
from typing import Any

from lahja.generation.backend import Answer, Request
from lahja.generation.costs import Usage
from lahja.generation.service import Server

REFUSAL, CONTENT_FILTER, EMPTY = "refusal", "content_filter", "empty"
# Codes of an HTTP 400 that mean: the prompt itself was filtered out.
FILTERED = ("content_filter", "content_policy_violation", "invalid_prompt")


class UnusableReply(Exception):
    """A reply of HTTP 200 that is no chat completion."""


def completion_body(server: Server, request: Request) -> dict[str, Any]:
    """Return the body that asks for the answer to one request."""
    sampling = request.sampling
    body = {
        "model": server.model,
        "messages": [{"role": "user", "content": request.prompt}],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        server.limit_field: sampling.max_new_tokens,
        "seed": sampling.seed,
    }
    return {k: v for k, v in (body | dict(server.request)).items() if v is not None}


def read_json(content: bytes) -> Any:
    """Return the JSON of a reply; raise `UnusableReply` where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        raise UnusableReply(f"{len(content)} bytes that are not JSON") from None


def read_usage(body: Any) -> Usage | None:
    """Return the tokens that a reply counts, or None where it does not.

    Gemini leaves its thinking out of `completion_tokens`, but not out of the total.
    """
    counted = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(counted, dict):
        return None
    n_input, n_output = counted.get("prompt_tokens"), counted.get("completion_tokens") or 0
    if not isinstance(n_input, int) or not isinstance(n_output, int):
        return None
    total = counted.get("total_tokens")
    return Usage(n_input, max(n_output, (total if isinstance(total, int) else 0) - n_input))


def read_answer(request_id: str, body: Any) -> Answer:
    """Return the answer that a reply holds; raise `UnusableReply` where it is no completion.

    A refusal and a filtered answer have no text, but their reason; so has a reply without
    content, whose reason is "empty", or "length" where thinking took all tokens.
    """
    try:
        choices = body["choices"]
        if body.get("object", "chat.completion") != "chat.completion":
            raise UnusableReply(f"a {body['object']} in place of a chat completion")
        if not choices:
            return Answer(request_id, None, EMPTY, None)
        message, said = choices[0]["message"], choices[0]["finish_reason"]
        text, refusal = message.get("content"), message.get("refusal")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise UnusableReply("JSON that is no chat completion") from None
    if not isinstance(text, str | None) or not isinstance(said, str):
        raise UnusableReply("JSON that is no chat completion")
    usage = read_usage(body)
    n_tokens = usage.n_output if usage else None
    if refusal:
        return Answer(request_id, None, REFUSAL, n_tokens)
    if said == CONTENT_FILTER:
        return Answer(request_id, None, CONTENT_FILTER, n_tokens)
    if text is None:
        return Answer(request_id, None, EMPTY if said == "stop" else said, n_tokens)
    return Answer(request_id, text.strip(), said, n_tokens)


def error_of(body: Any) -> tuple[str | None, str]:
    """Return code and message of an error's body; Gemini's is a list of one."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return None, str(error or "")
    code = error.get("code") or error.get("status")
    return (code if isinstance(code, str) else None), str(error.get("message") or "")
