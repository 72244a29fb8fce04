"""A server on loopback that speaks chat completions, and can do so badly.

It counts what it answered by prompt, so that a test sees what was lost and what was paid twice.
"""

import asyncio
import gzip
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Headers = dict[str, str]
PLENTY = 10**6


@dataclass
class Misbehaviour:
    """What the server does, prompt by prompt: faults are used up in their order, then it answers."""

    faults: dict[str, list[str]] = field(default_factory=dict)
    always: str | None = None
    stall: float = 30.0
    min_delay: float = 0.0
    max_delay: float = 0.0
    retry_after: str = "0.05"
    key: str | None = None
    redirect: str | None = None


class Server:
    """The server's state; `url` is its address, as far as /v1."""

    def __init__(self, conduct: Misbehaviour):
        self.conduct, self.loop = conduct, asyncio.new_event_loop()
        self.received: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: set[str | None] = set()
        self.at_once = self.max_at_once = 0
        # Seconds that requests were in the server's hands, all together.
        self.held = 0.0
        self._random = random.Random(7)

    async def start(self, port: int = 0) -> None:
        self._listening = await asyncio.start_server(self.serve, "127.0.0.1", port)
        self.port = self._listening.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    async def stop(self) -> None:
        self._listening.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the server away with all its connections, until the block ends."""
        asyncio.run_coroutine_threadsafe(self.stop(), self.loop).result()
        yield
        asyncio.run_coroutine_threadsafe(self.start(self.port), self.loop).result()

    # --- HTTP -----------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                _, path, _ = head[0].split(" ")
                pairs = (line.split(": ", 1) for line in head[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                body = await self._body(reader, headers)
                self.authorizations.add(headers.get("authorization"))
                self.last = headers.get("authorization", "")
                await self._route(writer, path, headers, body)
                if headers.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _body(self, reader: asyncio.StreamReader, headers: Headers) -> bytes:
        if "content-length" in headers:
            return await reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return b""
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readline()
        return b"".join(parts)

    async def _route(self, writer, path, headers, body) -> None:
        wanted = self.conduct.key
        if wanted and headers.get("authorization") != f"Bearer {wanted}":
            said = f"Incorrect API key provided: {headers.get('authorization')}"
            await reply(writer, 401, {"error": {"code": "invalid_api_key", "message": said}})
        elif self.conduct.redirect:
            await reply(writer, 307, b"", {"Location": self.conduct.redirect + path[3:]})
        elif path == "/v1/chat/completions":
            await self._chat(writer, json.loads(body))
        else:
            await reply(writer, 404, {"error": {"message": f"no {path} here"}})

    # --- chat completions ----------------------------------------------------------------

    async def _chat(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        prompt = body["messages"][0]["content"]
        self.bodies.append(body)
        self.received[prompt] += 1
        self.at_once += 1
        self.max_at_once = max(self.max_at_once, self.at_once)
        since = time.monotonic()
        try:
            delays = self.conduct.min_delay, self.conduct.max_delay
            await asyncio.sleep(self._random.uniform(*delays))
            waiting = self.conduct.faults.get(prompt)
            fault = waiting.pop(0) if waiting else self.conduct.always
            await self._misbehave(writer, prompt, fault)
        finally:
            self.at_once -= 1
            self.held += time.monotonic() - since

    async def _misbehave(
        self, writer: asyncio.StreamWriter, prompt: str, fault: str | None
    ) -> None:
        headers = {"Retry-After": self.conduct.retry_after}
        if fault == "429":
            await reply(writer, 429, {"error": {"code": "rate_limit", "message": "slow"}}, headers)
        elif fault == "quota":
            said = {"error": {"code": "insufficient_quota", "message": "no money"}}
            await reply(writer, 429, said)
        elif fault == "gemini429":
            details = [{"@type": "RetryInfo", "retryDelay": "0.05s"}]
            said = {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}
            await reply(writer, 429, [{"error": {**said, "details": details}}])
        elif fault == "500":
            await reply(writer, 500, {"error": {"message": "oops"}})
        elif fault == "503html":
            await reply(writer, 503, b"<html>busy</html>", {"Content-Type": "text/html"})
        elif fault == "stall":
            await asyncio.sleep(self.conduct.stall)
        elif fault == "trickle":  # a byte now and then, so that no single read is slow
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(PLENTY):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        elif fault == "cut":
            content = json.dumps(completion(prompt)).encode()
            writer.write(head_of(200, len(content), {}) + content[: len(content) // 2])
            await writer.drain()
            writer.close()
            raise ConnectionError
        elif fault == "reset":
            writer.transport.abort()
            raise ConnectionError
        elif fault == "error200":
            said = {"error": {"message": "Provider returned error", "code": 502}}
            await reply(writer, 200, {"id": "c", "choices": None, **said})
        elif fault == "none200":
            await reply(writer, 200, {"object": "chat.completion", "choices": []})
        elif fault == "422":
            missing = {"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}
            await reply(writer, 422, {"detail": [missing]})
        elif fault == "404":
            await reply(writer, 404, {"detail": "Not Found"})
        elif fault == "malformed":
            await reply(writer, 200, b'{"choices": [{"message": {"content": "half')
        elif fault == "html":
            await reply(writer, 200, b"<html>a login page</html>", {"Content-Type": "text/html"})
        elif fault == "shape":
            await reply(writer, 200, {"object": "chat.completion", "choices": [{"text": "old"}]})
        elif fault == "filter400":
            said = {"error": {"code": "content_filter", "message": "filtered"}}
            await reply(writer, 400, said)
        elif fault == "400":
            await reply(writer, 400, {"error": {"message": "Unknown name: seed"}})
        elif fault in LYING:
            await lie(writer, fault, json.dumps(completion(prompt)).encode())
        elif fault and fault.startswith("echo"):
            await self._echo(writer, fault)
        else:
            content = json.dumps(completion(prompt, fault), ensure_ascii=False).encode()
            times = 2 if fault == "twice" else 1
            self.answered[prompt] += 1
            writer.write((head_of(200, len(content), {}) + content) * times)
            await writer.drain()

    async def _echo(self, writer: asyncio.StreamWriter, fault: str) -> None:
        """Say back what was sent as the key, in each part of a reply."""
        said = {"error": {"code": self.last, "message": f"you sent {self.last}"}}
        headers = {"X-Echo": self.last, "Retry-After": f"3600 {self.last}"}
        message = {"content": f"text {self.last}", "refusal": None}
        choice = {"message": message, "finish_reason": self.last[:40]}
        if fault == "echo 400":
            await reply(writer, 400, said, headers)
        elif fault == "echo 429":
            await reply(writer, 429, said, headers)
        elif fault == "echo 200":
            await reply(writer, 200, said, headers)
        elif fault == "echo page":
            await reply(writer, 200, f"<html>{self.last}".encode(), headers)
        else:
            await reply(writer, 200, {"choices": [choice]}, headers)


# Replies whose length, type or encoding is another one than they say.
LYING = (
    "gzip", "charset", "no charset", "gzip bomb", "gzip in gzip", "no gzip", "cut gzip", "brotli",
    "large", "short", "headers",
)  # fmt: skip


async def lie(writer: asyncio.StreamWriter, fault: str, content: bytes) -> None:
    headers: Headers = {}
    if fault in ("gzip", "gzip in gzip", "cut gzip"):
        content, headers = gzip.compress(content), {"Content-Encoding": "gzip"}
    if fault == "gzip in gzip":
        content, headers = gzip.compress(content), {"Content-Encoding": "gzip, gzip"}
    elif fault == "cut gzip":
        content = content[:-20]
    elif fault == "gzip bomb":
        content, headers = gzip.compress(bytes(100 << 20)), {"Content-Encoding": "gzip"}
    elif fault == "no gzip":
        headers = {"Content-Encoding": "gzip"}
    elif fault == "brotli":
        headers = {"Content-Encoding": "br"}
    elif fault == "charset":
        headers = {"Content-Type": "text/html; charset=utf-16"}
    elif fault == "no charset":
        headers = {"Content-Type": "application/json; charset=zlib"}
    elif fault == "large":
        content = content + b" " * (9 << 20)
    elif fault == "short":
        headers = {"Content-Length": str(len(content) - 9)}
    elif fault == "headers":
        headers = {"X-Long": "a" * (1 << 20)}
    await reply(writer, 200, content, headers)


def completion(prompt: str, fault: str | None = None) -> dict[str, Any]:
    """Return the completion that answers a prompt, and counts 10 tokens in and 5 out."""
    message = {"role": "assistant", "content": f"answer\u2028to {prompt}", "refusal": None}
    reason = "stop"
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    if fault == "refusal":
        message |= {"content": None, "refusal": "I cannot"}
    elif fault == "filter":
        reason = "content_filter"
    elif fault == "length":
        reason = "length"
    elif fault == "thought":  # as Gemini counts: thinking is in the total only
        message["content"], reason = None, "length"
        usage["total_tokens"] = 115
    elif fault == "silent":
        message["content"] = None
    elif fault == "block":
        message["content"] = f"<think>\nWhat to say?\n</think>\n\n{message['content']}"
    elif fault == "block of the prompt":
        message["content"] = f"What to say?\n</think>\n\n{message['content']}"
    elif fault == "cut block":
        message["content"], reason = "<think>\nWhat to", "length"
    elif fault == "reasoning":
        message["reasoning_content"] = "What to say?"
    elif fault == "reasoning alone":
        message |= {"reasoning": "What to", "content": ""}
        reason = "length"
    elif fault == "parts":
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "What to say?"}]}
        message["content"] = [thought, {"type": "text", "text": message["content"]}]
    choices = [{"index": 0, "message": message, "finish_reason": reason}]
    said = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
    return said if fault == "uncounted" else {**said, "usage": usage}


def head_of(status: int, length: int, headers: Headers) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(length), **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} x\r\n{text}\r\n".encode()


async def reply(
    writer: asyncio.StreamWriter, status: int, body: Any, headers: Headers | None = None
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(head_of(status, len(content), headers or {}) + content)
    await writer.drain()


@contextmanager
def misbehaving_server(conduct: Misbehaviour) -> Iterator[Server]:
    """Run a server on a free port of loopback until the block ends."""
    server = Server(conduct)
    server.loop.run_until_complete(server.start())
    thread = threading.Thread(target=server.loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), server.loop).result()
        server.loop.call_soon_threadsafe(server.loop.stop)
        thread.join()
        server.loop.close()
