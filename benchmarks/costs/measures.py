"""Costs of commands in CPU seconds: user and system time of the process and its children, so that other work on the machine counts little."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.costs.grown import copied
from tests.support.archive_home import ROOT, Home
from tests.support.site_server import Site, serving, small_site


class Cost(NamedTuple):
    """CPU seconds, and the peak of the largest process so far in megabytes."""

    seconds: float
    megabytes: float


def cost(command: list[str], environment: dict[str, str]) -> Cost:
    """What a command costs; its exit code is the caller's to look at elsewhere: `status` has 3 where a source is failing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, after.ru_maxrss / 1024)


def median_cost(command: list[str], environment: dict[str, str], runs: int = 7) -> float:
    """The median of several runs, in CPU seconds."""
    return statistics.median(cost(command, environment).seconds for _ in range(runs))


def bare_sqlalchemy(runs: int = 7) -> float:
    """CPU seconds of a process that only imports SQLAlchemy's ORM: what any command on the database costs at the least."""
    return median_cost([sys.executable, "-c", "import sqlalchemy.orm"], dict(os.environ), runs)


def paged_site(notices: int) -> Site:
    """A site of so many notices on list pages of twenty, each with a link to the next."""
    site = small_site(notices, 20)
    pages = -(-notices // 20)
    for n in range(pages):
        for path in {"/tzgg/" if n == 0 else "", f"/tzgg/index_{n}.html" if n else "/tzgg/index.html"} - {""}:
            link = f'<a class="next" href="index_{n + 1}.html">下一页</a></body>' if n + 1 < pages else "</body>"
            page = site.pages[path]
            assert isinstance(page, bytes)
            site.pages[path] = page.replace(b"</body>", link.encode())
    return site


def crawled(folder: Path, notices: int) -> tuple[Home, Cost]:
    """A new archive of a site on loopback, and what its crawl cost."""
    home, site = Home(folder), paged_site(notices)
    with serving(site):
        source = home.source(site.base)
        source.write_text(source.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.001"), encoding="utf-8")
        return home, cost(home.command("crawl"), home.environment)


def status(folder: Path, notices: int) -> float:
    """CPU seconds of `status` on an archive of so many crawled notices."""
    first, _cost = crawled(folder / "first", 300)
    home = Home(copied(first.path, folder / "grown", notices))
    return median_cost(home.command("status"), home.environment)
