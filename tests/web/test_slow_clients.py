"""Clients that send or read so slowly that they would keep their place for ever."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from web.serve import Patient

_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def short(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def endless(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[int, ServerState]]:
    """The port of a server with such connections."""
    app = Starlette(routes=[Route("/", short, methods=["GET", "POST"]), Route("/endless", endless)])
    config = uvicorn.Config(app, http=Patient, log_level="critical", lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Patient(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], state


def ran(test: Callable[[int, ServerState], Awaitable[None]]) -> None:
    async def within() -> None:
        async with serving() as (port, state):
            await asyncio.wait_for(test(port, state), 120)

    asyncio.run(within())
    gc.collect()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.serve._ARRIVING", 1.0)
    monkeypatch.setattr("web.serve._TAKING", 1.0)


async def asked(port: int, sent: bytes = _HEAD + b"Connection: close\r\n\r\n") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.read()
    writer.close()
    return answer


async def dribbled(port: int, begin: bytes, byte: bytes) -> bytes:
    """Send a beginning and then byte after byte until the server has enough; what it said until then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        writer.write(begin)
        while True:
            writer.write(byte)
            await writer.drain()
            try:
                piece = await asyncio.wait_for(reader.read(1000), 0.05)
            except TimeoutError:
                continue
            if not piece:
                return said
            said += piece
    except ConnectionError:
        return said
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("begin", "byte"),
    [
        (b"", b""), (b"", b"G"), (_HEAD + b"X-A: ", b"a"), (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"a"),
        (_HEAD + b"\r\n" + _HEAD + b"X-A: ", b"a"),
    ],
)  # fmt: skip
def test_a_request_that_does_not_arrive_loses_its_place_and_keeps_nobody_waiting(begin: bytes, byte: bytes) -> None:
    async def test(port: int, state: ServerState) -> None:
        slow = [asyncio.create_task(dribbled(port, begin, byte)) for _ in range(40)]
        for _ in range(20):
            assert (await asked(port)).startswith(b"HTTP/1.1 200")
        said = await asyncio.gather(*slow)
        assert all(each.count(b"HTTP/1.1 200") == begin.count(b"\r\n\r\n") * begin.startswith(b"GET") for each in said)
        while state.connections:
            await asyncio.sleep(0.01)

    ran(test)


def test_an_answer_that_nobody_takes_ends() -> None:
    async def test(port: int, state: ServerState) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
        writer.write(_HEAD.replace(b"/ ", b"/endless ", 1) + b"\r\n")
        await reader.read(10)
        while state.connections:
            await asyncio.sleep(0.01)
        writer.transport.abort()

    ran(test)


def test_whole_requests_share_a_connection_for_as_long_as_they_come() -> None:
    async def test(port: int, _state: ServerState) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(8):
            writer.write(_HEAD + b"\r\n")
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(1)
            await asyncio.sleep(0.3)
        writer.close()

    ran(test)
