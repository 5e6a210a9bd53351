"""Lists that a page holds in its scripts: arrays of objects, and HTML that is written when the page is opened."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from crawler.lists.entries import fragment_list
from crawler.lists.json_lists import json_entries
from notices.capture import ListEntry

MIN_ENTRIES = 3
MAX_STARTS = 30
_ARRAY = re.compile(r"\[\s{0,20}\{\s{0,20}\"")
_WRITTEN = re.compile(r"""<(?:li|tr|dd|p|div|a)\b[^\n]{0,60}""", re.I)
_BOXES = ("textarea", "template", "xmp")


def embedded_entries(root: Any, scripts: str, url: str) -> tuple[ListEntry, ...]:
    """The entries of the longest such list; fewer than three are none."""
    found = [*_arrays(scripts, url), *_fragments(root, scripts, url)]
    best = max(found, key=len, default=())
    return best if len(best) >= MIN_ENTRIES else ()


def _arrays(scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """Each array of objects that reads as JSON."""
    decoder, end = json.JSONDecoder(), 0
    for n, match in enumerate(_ARRAY.finditer(scripts)):
        if n >= MAX_STARTS:
            return
        if match.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(scripts, match.start())
        except (ValueError, RecursionError):
            continue
        yield json_entries(value, url)


def _fragments(root: Any, scripts: str, url: str) -> Iterator[tuple[ListEntry, ...]]:
    """HTML inside text boxes, and inside strings of scripts."""
    for box in root.iter(*_BOXES):
        if box.text and "<a" in box.text:
            yield fragment_list(box.text, url)
    if "<a" in scripts and _WRITTEN.search(scripts):
        plain = scripts.replace("\\/", "/").replace('\\"', '"').replace("\\'", "'")
        yield fragment_list(
            html.unescape(re.sub(r"""['"]\s*\)\s*;?\s*document\.write(?:ln)?\s*\(\s*['"]|['"]\s*\+\s*\n?\s*['"]""", "", plain)), url
        )
