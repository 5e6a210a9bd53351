"""Readers of a web server, in one process: each has a connection, asks, reads the whole answer and thinks before it asks again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_LATEST = 30.0  # seconds until a reader gives up


@dataclass(slots=True)
class Seen:
    """What the readers saw: seconds of each answer by kind, bytes of the largest one as sent, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def quantile(self, kind: str, share: float) -> float:
        """The seconds within which this share of the answers came."""
        ordered = sorted(self.seconds[kind])
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many readers, for how long, and how many seconds each thinks (0: it asks again at once)."""

    readers: int
    seconds: float
    thinking: float


Question = tuple[str, str]  # its kind and address


def read(port: int, crowd: Crowd, ask: Callable[[random.Random], Question], seed: int = 1) -> Seen:
    """Let the crowd read; `ask` gives each reader's next question."""
    return asyncio.run(_read(port, crowd, ask, seed))


async def _read(port: int, crowd: Crowd, ask: Callable[[random.Random], Question], seed: int) -> Seen:
    seen, end = Seen(), time.monotonic() + crowd.seconds
    await asyncio.gather(*(_reader(port, crowd, ask, random.Random(seed * 10_000 + n), seen, end) for n in range(crowd.readers)))
    return seen


async def _reader(port: int, crowd: Crowd, ask: Callable[[random.Random], Question], rng: random.Random, seen: Seen, end: float) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    await asyncio.sleep(rng.random() * crowd.thinking)
    while time.monotonic() < end:
        kind, address = ask(rng)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_LATEST):
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", port)
                status, size, stays = await _answer(*connection, address)
            seen.seconds.setdefault(kind, []).append(time.perf_counter() - began)
            seen.largest[kind] = max(seen.largest.get(kind, 0), size)
            if status != 200:
                seen.errors.append(f"{status} {address}")
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            seen.errors.append(f"{type(error).__name__} {address}")
            stays = False
        if not stays and connection is not None:
            connection[1].close()
            connection = None
        if crowd.thinking:
            await asyncio.sleep(rng.expovariate(1 / crowd.thinking))
    if connection is not None:
        connection[1].close()
        with contextlib.suppress(OSError):
            await connection[1].wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> tuple[int, int, bool]:
    """The status, the bytes of the body as sent, and whether the connection stays open."""
    writer.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    size = 0
    if "content-length" in fields:
        size = len(await reader.readexactly(int(fields["content-length"])))
    elif fields.get("transfer-encoding") == "chunked":
        while length := int(await reader.readuntil(b"\r\n"), 16):
            size += len(await reader.readexactly(length + 2)) - 2
        await reader.readexactly(2)
    return int(head.split(" ", 2)[1]), size, fields.get("connection") != "close"


def plain(seen: Seen, kinds: Sequence[str]) -> list[str]:
    """A line for each kind: answers, p50, p95, largest page."""
    return [
        f"{kind}: {len(seen.seconds[kind])} answers, p50 {seen.quantile(kind, 0.5) * 1000:.0f} ms, p95 {seen.quantile(kind, 0.95) * 1000:.0f} ms, "
        f"largest {seen.largest[kind] / 1000:.1f} kB"
        for kind in kinds if kind in seen.seconds
    ]  # fmt: skip
