"""Our reading of every detail page of the mirrored sites beside selectors that were written by hand for each site.

`python -m benchmarks.reading.site_pages [SHARED] [--show MARK]`; with --show the pages that lose at title, date or text are printed.
Title and date are right or wrong; text is scored by its pairs of characters: the harmonic mean of those kept and those that belong to it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

from notices.model import Notice
from notices.text.whitespace import remove_whitespace
from pipeline.parse.detail import read_detail

SELECTORS = Path(__file__).with_name("site_selectors.toml")
MARKS = ("title", "date", "text")
_DAY = re.compile(r"((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_UNSEEN = frozenset(("script", "style", "noscript", "title"))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a detail page shows where its site's selectors point."""

    title: str
    day: date | None
    text: str


@dataclass(frozen=True, slots=True)
class SitePage:
    """A detail page of a mirrored site: its address in the mirror, its bytes, what it shows."""

    site: str
    url: str
    body: bytes
    shown: Shown


def site_pages(sites: Path) -> Iterator[SitePage]:
    """Every detail page of the sites in this folder."""
    for template in tomllib.loads(SELECTORS.read_text(encoding="utf-8"))["template"]:
        site = template["site"]
        for file in sorted((sites / site).rglob("*.html")):
            path = file.relative_to(sites / site).as_posix()
            if re.search(template["pages"], f"/{path}"):
                body = file.read_bytes()
                yield SitePage(site, f"http://{site.replace('_', '-')}.example/{path}", body, _shown(body, template))


def marks(page: SitePage, notice: Notice) -> dict[str, float]:
    """How right a reading is: 0 to 1 for each of title, date and text."""
    shown = page.shown
    same = remove_whitespace(notice.title or "") == remove_whitespace(shown.title)
    return {"title": float(same), "date": float(notice.published_date == shown.day), "text": likeness(shown.text, notice.text, shown.title)}


def likeness(wanted: str, got: str, title: str) -> float:
    """The harmonic mean of the wanted pairs of characters that came and of those that came and were wanted; a title above the text is nobody's loss."""
    one, two, over = map(remove_whitespace, (wanted, got, title))
    return max(
        _mean(_pairs(one), _pairs(two)),
        _mean(_pairs(one.removeprefix(over)), _pairs(two.removeprefix(over))),
        _mean(_pairs(one.removeprefix(over)), _pairs(two)),
    )


def _mean(one: Counter[str], two: Counter[str]) -> float:
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 1.0


def _pairs(text: str) -> Counter[str]:
    return Counter(text[n : n + 2] for n in range(len(text) - 1))


def _shown(body: bytes, template: dict[str, str]) -> Shown:
    root = etree.fromstring(body, etree.HTMLParser(encoding="utf-8"))
    title = "".join(_texts(root.xpath(template["title"])[:1]))
    day = next(
        (date(*map(int, found.groups())) for node in root.xpath(template["day"]) if (found := _DAY.search("".join(node.itertext())))), None
    )
    text = (
        _between(root, template["text_after"], template["text_until"]) if "text_after" in template else _texts(root.xpath(template["text"]))
    )
    whole = "".join(text)
    if not whole.strip() and "files" in template:
        whole = "".join(_texts(root.xpath(template["files"])))
    return Shown(title.strip(), day, whole)


def _texts(nodes: list[etree._Element]) -> Iterator[str]:
    for node in nodes:
        yield from (str(text) for text in node.xpath(".//text()") if _is_seen(text))


def _between(root: etree._Element, after: str, until: str) -> Iterator[str]:
    """The text between two elements, wherever broken markup nests it."""
    ends = f"({until})[1]"
    outside = set(root.xpath(f"{ends}/following::text() | {ends}//text()"))
    inside = root.xpath(f"({after})[1]/following::text()")
    yield from (str(text) for text in inside if text not in outside and _is_seen(text))


def _is_seen(text: etree._ElementUnicodeResult) -> bool:
    parent = text.getparent()
    inside = parent if text.is_text or parent is None else parent.getparent()
    while inside is not None:
        if inside.tag in _UNSEEN or "display:none" in (inside.get("style") or "").replace(" ", "").lower():
            return False
        inside = inside.getparent()
    return True


def main(argv: list[str] | None = None) -> int:
    """Print the marks of every site. Exit status 2 when the sites are missing."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "shared", nargs="?", default=os.environ.get("NOTICES_SHARED") or str(Path(__file__).resolve().parents[3] / "shared")
    )
    options.add_argument("--show", choices=MARKS)
    args = options.parse_args(argv)
    sites = Path(args.shared) / "data" / "sites"
    if not sites.is_dir():
        print(f"no mirrored sites at {sites}; set NOTICES_SHARED", file=sys.stderr)
        return 2
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for page in site_pages(sites):
        notice = read_detail(page.body, page.url)
        found = marks(page, notice)
        sums[page.site].update({"pages": 1, **found})  # type: ignore[arg-type]  # the marks are sums of fractions
        if args.show and found[args.show] < 0.98:
            _show(args.show, page, notice, found[args.show])
    table(sums)
    return 0


def table(sums: dict[str, Counter[str]]) -> None:
    """Print the means, site by site, and of all pages."""
    print(f"{'':12s}{'pages':>6s}" + "".join(f"{mark:>8s}" for mark in MARKS))
    everything: Counter[str] = sum(sums.values(), Counter())
    for site, total in [*sums.items(), ("all", everything)]:
        print(f"{site:12s}{total['pages']:6.0f}" + "".join(f"{total[mark] / total['pages']:8.3f}" for mark in MARKS))


def _show(mark: str, page: SitePage, notice: Notice, found: float) -> None:
    shown = page.shown
    wanted, got = {
        "title": (shown.title, notice.title),
        "date": (shown.day, notice.published_date),
        "text": (remove_whitespace(shown.text), remove_whitespace(notice.text)),
    }[mark]
    print(f"{page.url} {found:.3f}\n   wanted {str(wanted)[:150]} … {str(wanted)[-80:]}\n   got    {str(got)[:150]} … {str(got)[-80:]}")


if __name__ == "__main__":
    sys.exit(main())
