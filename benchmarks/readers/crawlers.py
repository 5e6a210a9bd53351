"""A good and a bad crawler of a large archive, one after the other, and what other readers notice of each.

`python -m benchmarks.readers.crawlers [--home FOLDER] [--seconds 300]` takes the archive of `benchmarks.readers` (made if it is missing). The good one obeys
robots.txt and its delay and reads the notices of the sitemap; the bad one follows every link of every page in eight threads, facets first, and asks
again whatever was refused. A hostile reader asks what costs the most. Each comes to this machine by its outer address, as a stranger does; the others by loopback.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import socket
import sys
import threading
import time
import urllib.robotparser
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks.readers.__main__ import cpu_of_servers, measured, notices_of, questions_of
from benchmarks.readers.archive import archive_of
from tests.support.reading_room import links_of, served

_READERS, _PAUSE = 20, 2.0
HOSTILE = (
    *(
        "q=" + quote(typed)
        for typed in (
            " OR ".join(["的", "一", "号", "通", "关"] * 12), " ".join(f"词{n}" for n in range(200)), "(" * 20 + "的 OR 一" + ")" * 20, "(" * 400, "的" * 330,
            "*", "\0\1\x1b\u202e", "x" * 5000, " ".join(f"-{sign}" for sign in "的一号通知公告安全"), "关于 通知 的 各 要 全面 应当 按时 如实 不得",
        )
    ),
    "similar=5", "&".join(f"kind=k{n}" for n in range(59)), f"q={quote('的 OR 通')}&limit=100&sort=deadline",
)  # fmt: skip


class Stranger:
    """Asks the server from an address that is not loopback; counts the answers."""

    def __init__(self, port: int) -> None:
        self.host, self.port = outer_address(), port
        self.statuses: Counter[int] = Counter()
        self.slowest, self.without_retry = 0.0, 0
        self._lock = threading.Lock()

    def ask(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer; 0 without one."""
        began, status, text, retry = time.monotonic(), 0, "", ""
        try:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            status, text, retry = answer.status, answer.read().decode("utf-8", "replace"), answer.getheader("Retry-After", "")
            connection.close()
        except (OSError, http.client.HTTPException):
            pass
        with self._lock:
            self.statuses[status] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.without_retry += status in (429, 503) and not retry
        return status, text


def outer_address() -> str:
    """This machine's own address that is not loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def good(stranger: Stranger, until: float) -> dict[str, object]:
    """Read what the sitemap lists, at the pace that robots.txt asks for."""
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(stranger.ask("/robots.txt")[1].splitlines())
    pause = float(rules.crawl_delay("*") or 0)
    maps = [urlsplit(each).path for each in re.findall("<loc>([^<]+)</loc>", stranger.ask("/sitemap.xml")[1])]
    listed = [urlsplit(each).path for path in maps for each in re.findall("<loc>([^<]+)</loc>", stranger.ask(path)[1])]
    read = 0
    for path in listed:
        if time.monotonic() > until:
            break
        read += rules.can_fetch("crawler", path) and stranger.ask(path)[0] == 200
        time.sleep(pause)
    return {"listed": len(listed), "read": read, "delay": pause}


def bad(stranger: Stranger, until: float) -> dict[str, object]:
    """Follow every link in eight threads, questions first, without a pause."""
    waiting, seen = deque([f"/search?q={quote('通知')}"]), set[str]()

    def follow() -> None:
        while time.monotonic() < until:
            try:
                path = waiting.popleft()
            except IndexError:
                time.sleep(0.01)
                continue
            status, text = stranger.ask(path)
            if status in (429, 503):
                waiting.append(path)
            for link in links_of(text) if status == 200 else ():
                if link not in seen and not link.startswith("/static"):
                    seen.add(link)
                    (waiting.appendleft if "?" in link else waiting.append)(link)

    _together(8, follow)
    return {"addresses seen": len(seen)}


def hostile(stranger: Stranger, until: float) -> dict[str, object]:
    """Ask for what costs the most, in four threads."""
    chance = random.Random(16)

    def ask() -> None:
        while time.monotonic() < until:
            stranger.ask(f"/search?{chance.choice(HOSTILE)}&n={chance.random()}")

    _together(4, ask)
    return {}


def _together(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


CRAWLERS: Mapping[str, Callable[[Stranger, float], dict[str, object]]] = {
    "nobody": lambda _stranger, _until: {}, "good": good, "bad": bad, "hostile": hostile,
}  # fmt: skip


def beside(crawler: Callable[[Stranger, float], dict[str, object]], base: str, addresses: Sequence[str], seconds: int) -> dict[str, object]:
    """What the crawler was told in that time, and what readers waited meanwhile."""
    stranger, found, before = Stranger(urlsplit(base).port or 0), dict[str, object](), cpu_of_servers(os.getpid())
    crawl = threading.Thread(target=lambda: found.update(crawler(stranger, time.monotonic() + seconds)))
    crawl.start()
    others = measured(base, addresses, _READERS, seconds, _PAUSE)
    crawl.join()
    told = {
        "statuses": dict(stranger.statuses),
        "slowest_s": round(stranger.slowest, 2),
        "refused without Retry-After": stranger.without_retry,
    }
    return {**found, **told, "cpu_s": round(cpu_of_servers(os.getpid()) - before, 1), "others": others}


def main() -> int:
    """Print a line for the readers alone, and one for them beside each crawler."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("build/readers"))
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--only", default=",".join(CRAWLERS), help="some of these")
    asked = parser.parse_args()
    home = archive_of(asked.home.resolve(), asked.notices)
    addresses = [*questions_of(1000), *notices_of(asked.notices, 1000)]
    for name in asked.only.split(","):
        with served(home, 2, "--host", "0.0.0.0") as base:
            print(json.dumps({"crawler": name, **beside(CRAWLERS[name], base, addresses, asked.seconds)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
