"""How much of generated notices is read, and how much of the furniture around them comes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from notices.text.whitespace import remove_whitespace
from pipeline.parse.detail import read_detail
from tests.support.likeness.templates import PLATFORMS, Page, page

ADDRESS = "http://www.qinghe.example/tzgg/202603/t20260301_17.html"


@dataclass(slots=True)
class Sum:
    """Characters of text that should come, came, and came from elsewhere; the worst pages as (characters wrong, what)."""

    wanted: int = 0
    kept: int = 0
    let_in: int = 0
    worst: list[tuple[int, str]] = field(default_factory=list)

    @property
    def kept_share(self) -> float:
        """The share of the text's characters that were read."""
        return self.kept / self.wanted

    @property
    def let_in_share(self) -> float:
        """The characters of furniture that were read, beside those of the text."""
        return self.let_in / self.wanted


def pages(count: int, seed: int) -> Iterator[Page]:
    """So many pages, the platforms in turn."""
    names = list(PLATFORMS)
    for n in range(count):
        yield page(Random(f"{seed}:{n}"), names[n % len(names)])


def measured(count: int, seed: int) -> dict[str, Sum]:
    """The sums of every platform, and of all under "all"."""
    sums = {name: Sum() for name in [*PLATFORMS, "all"]}
    for n, made in enumerate(pages(count, seed)):
        wanted = [remove_whitespace(line) for line in made.lines]
        got = [remove_whitespace(line) for line in read_detail(made.html.encode(), ADDRESS).text.split("\n")]
        lost = [line for line in wanted if line not in got]
        extra = [line for line in got if line and line not in wanted and line != made.title]
        for total in (sums[made.platform], sums["all"]):
            total.wanted += sum(map(len, wanted))
            total.kept += sum(len(line) for line in wanted if line in got)
            total.let_in += sum(map(len, extra))
        if lost or extra:
            sums["all"].worst.append((sum(map(len, lost + extra)), f"{n} {made.platform}: lost {lost}, let in {extra}"))
    return sums
