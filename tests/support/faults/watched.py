"""A crawl that is watched: what it said, and the most memory that each of its programs used."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass

import psutil

from tests.support.archive_home import ROOT, Home

MOST_MB = {"operations.crawl_run": 500, "pipeline.attachments.worker": 1100, "together": 1600}  # extraction is allowed 1 GiB of addresses


@dataclass(frozen=True)
class Watched:
    """A crawl that has ended. `megabytes` are peaks by program; `seconds` are for a figure, never for an assertion."""

    exit_code: int
    said: str
    seconds: float
    megabytes: dict[str, int]

    def over(self) -> set[str]:
        """The programs that used more than MOST_MB allows them."""
        return {name for name, most in MOST_MB.items() if self.megabytes.get(name, 0) > most}


def watched_crawl(home: Home, *words: str, timeout: float = 1000) -> Watched:
    """Run `notices crawl WORDS` and watch it."""
    began, found = time.monotonic(), list[dict[str, int]]()
    crawl = subprocess.Popen(
        home.command("crawl", *words), env=home.environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    stop = threading.Event()
    watcher = threading.Thread(target=lambda: found.append(_peaks(crawl, stop)))
    watcher.start()
    try:
        said, _ = crawl.communicate(timeout=timeout)
    finally:
        stop.set()
        crawl.kill()
        watcher.join()
    megabytes = {name: round(size / 1e6) for name, size in found[0].items()}
    return Watched(crawl.returncode, said, time.monotonic() - began, megabytes)


def _peaks(process: subprocess.Popen[str], stop: threading.Event) -> dict[str, int]:
    """The most bytes that each of the programs in the process's family used, and all of them together."""
    peaks: dict[str, int] = {}
    while not stop.wait(0.02):
        try:
            now = {"together": 0}
            for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
                name = next((word for word in each.cmdline() if word.startswith(("cli.", "operations.", "pipeline."))), each.name())
                now[name] = each.memory_info().rss
                now["together"] += now[name]
            peaks = {name: max(now.get(name, 0), peaks.get(name, 0)) for name in now | peaks}
        except psutil.NoSuchProcess:
            continue
    return peaks
