"""The title of a page, with line wraps and the site's name undone."""

from __future__ import annotations

import re
from typing import Any

from notices.html import text_of

_CJK = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’]"
_INNER = re.compile(f"(?<={_CJK})\\s+(?={_CJK})")
_TITLE_NAMES = re.compile(r"(?:^|[-_ ])(?:article[-_]?title|arti_title|news[-_]?title|content[-_]?title|con[-_]?title|detail[-_]?title|info[-_]?title|xl[-_]?title|tit\w{0,4}|bt\d?|ucaptitle|title\d?|h1)(?:$|[-_ ])", re.I)  # fmt: skip
_SEPARATOR = re.compile(r"\s*[_|－—–\-»>]+\s*")


def page_title(root: Any, meta: dict[str, str], labels: dict[str, tuple[str, str]], listed: str | None) -> tuple[str | None, str]:
    """The title and where it came from: tag, table, heading, title element or list."""
    if meta.get("title"):
        return unwrapped(meta["title"]), "tag"
    head = _title_element(root)
    shown = _heading(root, head)
    if shown:
        return shown, "heading"
    if labels.get("title", ("", ""))[0]:
        return unwrapped(labels["title"][0]), "table"
    if head:
        return _without_site(head, meta), "title element"
    return (listed, "list") if listed else (None, "none")


def unwrapped(text: str) -> str:
    """The title in one line; a blank between Chinese characters is a wrap's trace and goes."""
    line = re.sub(r"<br\s*/?>", " ", text, flags=re.I)
    line = re.sub(r"[\s\u3000\xa0]+", " ", line).strip()
    return _INNER.sub("", line) if len(line) > 18 or line.count(" ") < 2 else line


def _title_element(root: Any) -> str:
    element = root.find(".//title")
    return re.sub(r"\s+", " ", element.text or "").strip() if element is not None else ""


def _heading(root: Any, head: str) -> str | None:
    """The heading that the title element repeats, else the only h1, else an element named as a title."""
    candidates: list[tuple[int, str]] = []
    bare_head = re.sub(r"\s", "", head)
    for element in root.iter("h1", "h2", "h3", "div", "p", "td", "span", "strong", "font"):
        named = bool(_TITLE_NAMES.search(f"{element.get('id') or ''} {element.get('class') or ''}"))
        if len(element) > 6 or not (named or element.tag in ("h1", "h2", "h3")):
            continue
        text = unwrapped(text_of(element))
        if not 4 <= len(text) <= 200 or "\n" in text_of(element) and len(text) > 160:
            continue
        in_head = re.sub(r"\s", "", text) in bare_head
        score = 4 * in_head + 2 * (element.tag == "h1") + named + (element.tag in ("h2", "h3")) * 0
        if in_head or element.tag == "h1" or named:
            candidates.append((score, text))
    if not candidates:
        return None
    best = max(candidates, key=lambda c: (c[0], len(c[1]) if c[0] >= 4 else 0))
    return best[1] if best[0] >= 2 else None


def _without_site(head: str, meta: dict[str, str]) -> str:
    """The title element's text without the site's and the column's names at its ends."""
    pieces = [p for p in _SEPARATOR.split(head) if p]
    known = {meta.get("site_name", ""), meta.get("column", "")} - {""}
    pieces = [p for p in pieces if p not in known] or pieces
    return unwrapped(max(pieces, key=len)) if pieces else head
