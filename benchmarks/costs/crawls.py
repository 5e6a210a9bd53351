"""What a crawl costs beside bare Scrapy: its start, a page of it, and the whole process, in CPU seconds, taken in turn in one run."""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.costs.grown import copied
from benchmarks.costs.measures import cost, crawled, paged_site
from benchmarks.main_job import BARE
from tests.support.archive_home import Home
from tests.support.site_server import serving


class Crawls(NamedTuple):
    """CPU seconds, each the median of the rounds: of a new archive with one notice, of the same again with nothing new, of `notices` and of twice as many.

    `bare` is Scrapy without a pipeline on the site of `notices`, `bare_more` on that of twice as many.
    """

    notices: int
    start: float
    nothing_new: float
    some: float
    more: float
    bare: float
    bare_more: float

    @property
    def pages(self) -> int:
        """Pages of the smaller site, with its lists of twenty."""
        return self.notices + -(-self.notices // 20)

    @property
    def page(self) -> float:
        """Milliseconds of a page: the slope between both sites."""
        return 1000 * (self.more - self.some) / self.pages

    @property
    def bare_page(self) -> float:
        """The same of bare Scrapy."""
        return 1000 * (self.bare_more - self.bare) / self.pages

    def __str__(self) -> str:
        """Lines for people."""
        return (
            f"start: a new archive with one notice, indexed {self.start:.2f} s; the same again, nothing new {self.nothing_new:.2f} s\n"
            f"a page: {self.page:.1f} ms (bare Scrapy {self.bare_page:.1f} ms), the slope from {self.pages} to {2 * self.pages} pages\n"
            f"whole process of {self.pages} pages: {self.some:.2f} s to {self.bare:.2f} s of bare Scrapy, {self.some / self.bare:.2f} times\n"
            f"whole process of {2 * self.pages} pages: {self.more:.2f} s to {self.bare_more:.2f} s, {self.more / self.bare_more:.2f} times"
        )


def measured(folder: Path, notices: int = 200, rounds: int = 3) -> Crawls:
    """The costs of crawls in new archives in the folder."""
    found = [_round(folder / str(n), notices) for n in range(rounds)]
    return Crawls(notices, *(statistics.median(values) for values in zip(*found, strict=True)))


def _round(folder: Path, notices: int) -> tuple[float, ...]:
    home, first = crawled(folder / "one", 1)
    with serving(paged_site(1)) as site:
        home.source(site.base)  # at another port: a new column of the same notices would be new ones
        cost(home.command("crawl"), home.environment)
        again = cost(home.command("crawl"), home.environment).seconds
    some, bare, more, bare_more = (
        each
        for count, name in ((notices, "some"), (2 * notices, "more"))
        for each in (crawled(folder / name, count)[1].seconds, _bare(count))
    )
    return first.seconds, again, some, more, bare, bare_more


def _bare(notices: int) -> float:
    with serving(paged_site(notices)) as site:
        return cost([sys.executable, "-c", BARE, f"{site.base}/tzgg/"], dict(os.environ)).seconds


def grown(folder: Path, sizes: Sequence[int] = (10_000, 50_000, 200_000), notices: int = 400, rounds: int = 3) -> dict[int, float]:
    """Milliseconds of a page that is new to archives of so many notices, kept and stored: the medians of rounds, each of all sizes in turn."""
    first, _cost = crawled(folder / "first", 300)
    homes = {size: Home(copied(first.path, folder / str(size), size)) for size in sizes}
    found: dict[int, list[float]] = {size: [] for size in sizes}
    pages = notices + -(-notices // 20) - 2
    for _ in range(rounds):
        for size, home in homes.items():
            one, many = _kept(home, 1), _kept(home, notices)
            found[size].append(1000 * (many - one) / pages)
    return {size: statistics.median(values) for size, values in found.items()}


def _kept(home: Home, notices: int) -> float:
    """CPU seconds of a run that finds so many new notices: at another port, so of other addresses. Without the index, which is not grown."""
    with serving(paged_site(notices)) as site:
        source = home.source(site.base)
        source.write_text(source.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.001"), encoding="utf-8")
        order = json.dumps({"source": "linshan"})
        return cost([sys.executable, "-P", "-m", "operations.crawl_run", order], home.environment).seconds
