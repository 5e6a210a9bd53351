"""A farm of simulated sites on loopback, each a host of its own: a port of 127.0.0.1. It answers late, and notes every request.

`python -m tests.support.servers.farm SITES NOTICES SECONDS` serves it in a process of its own: the ports in the first line, then a line for each request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.support.archive_home import ROOT, Home
from tests.support.site_server import small_site

PER_PAGE = 20
_TOWN = "临杉".encode()
_KIND = {"Content-Type": "text/html; charset=utf-8"}


class Request(NamedTuple):
    """One request: the site, from when to when it was answered (seconds of one clock), by which connection, and its path."""

    site: int
    began: float
    ended: float
    connection: int
    path: str


@dataclass
class Farm:
    """Sites of so many notices each; a running farm has their ports, and in `log` what they were asked."""

    log: Path
    ports: Sequence[int] = field(default_factory=list)

    def requests(self) -> list[Request]:
        """Every request so far, in order of its end."""
        return [Request(*json.loads(line)) for line in self.log.read_text(encoding="ascii").splitlines()[1:] if line.endswith("]")]

    def add_sources(self, home: Home, delay: float) -> None:
        """A source file for each site."""
        for number, port in enumerate(self.ports):
            file = home.source(f"http://127.0.0.1:{port}", f"site{number:03d}")
            file.write_text(file.read_text(encoding="utf-8").replace("delay = 0.01", f"delay = {delay}"), encoding="utf-8")


@contextlib.contextmanager
def farm(folder: Path, sites: int, notices: int, seconds: float = 0.0) -> Iterator[Farm]:
    """A running farm in a process of its own; each answer takes so many seconds."""
    log = folder / "farm.log"
    with log.open("wb") as output:
        words = [sys.executable, "-m", "tests.support.servers.farm", str(sites), str(notices), str(seconds)]
        server = subprocess.Popen(words, cwd=ROOT, stdout=output)
        try:
            while b"\n" not in log.read_bytes():
                assert server.poll() is None
                server_wait(server)
            yield Farm(log, json.loads(log.read_text(encoding="ascii").split("\n", 1)[0]))
        finally:
            server.kill()
            server.wait()


def server_wait(server: subprocess.Popen[bytes]) -> None:
    """A moment, unless the process ends meanwhile."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(0.1)


def two_at_a_host(requests: Sequence[Request]) -> list[tuple[Request, Request]]:
    """Pairs of requests at one site that overlap in time."""
    of_site: dict[int, list[Request]] = defaultdict(list)
    for each in requests:
        of_site[each.site].append(each)
    found = []
    for mine in of_site.values():
        mine.sort(key=lambda each: each.began)
        found += [(one, two) for one, two in pairwise(mine) if two.began < one.ended]
    return found


async def _serve(sites: int, notices: int, seconds: float) -> None:
    pages = small_site(notices, PER_PAGE).pages
    clock = asyncio.get_running_loop().time
    connections = 0

    def handler(site: int):  # type: ignore[no-untyped-def]  # a coroutine function of asyncio.start_server
        own = f"临{chr(0x5400 + site)}".encode()  # a town of its own: no notice is a copy of another site's

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            mine = connections
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    path, began = head.split(b" ", 2)[1].decode("ascii"), clock()
                    await asyncio.sleep(seconds)
                    body = pages.get(path)
                    status, content = ("200 OK", body.replace(_TOWN, own)) if isinstance(body, bytes) else ("404 Not Found", b"not found")
                    kind = "".join(f"{name}: {value}\r\n" for name, value in _KIND.items())
                    writer.write(f"HTTP/1.1 {status}\r\n{kind}Content-Length: {len(content)}\r\n\r\n".encode() + content)
                    print(json.dumps(Request(site, began, clock(), mine, path)), flush=True)
                    await writer.drain()
            writer.close()

        return answer

    servers = [await asyncio.start_server(handler(site), "127.0.0.1", 0) for site in range(sites)]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
