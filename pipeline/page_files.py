"""Files attached to a notice: links in and below its text, frames, viewers, scripts, and links whose target a mirror cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from notices.html import absolute
from notices.model import AttachmentLink

_TYPES = "docx?|xlsx?|pptx?|pdf|wps|et|dps|ofd|zip|rar|7z|txt|rtf|csv|tiff?|ceb|gd|mht"
_FILE = re.compile(rf"\.(?:{_TYPES})$", re.I)
_DOWNLOAD = re.compile(r"downloadfile|download\.jsp|/attach|filename=|fileid=|/cms_files/|download\?", re.I)
_NAMED = re.compile(rf"\.(?:{_TYPES})\s*$|^附\s*件\s*[\d一二三四五六七八九十]*\s*[:：.、]", re.I)
_IN_SCRIPT = re.compile(rf"""['"]([^'"<>]{{1,400}}\.(?:{_TYPES}))(?:\?[^'"]*)?['"]""", re.I)


def attachments_of(scope: Any, base: str) -> tuple[AttachmentLink, ...]:
    """Every attached file of an element once, in order of the page."""
    found: dict[str, AttachmentLink] = {}
    for link in _links(scope, base):
        key = link.url or f"name:{link.name}"
        if key not in found and not (link.url is None and any(f.name == link.name for f in found.values())):
            found[key] = link
    return tuple(found.values())


def _links(scope: Any, base: str) -> Iterator[AttachmentLink]:
    for element in scope.iter("a", "iframe", "embed", "object"):
        made = _from_anchor(element, base) if element.tag == "a" else _from_frame(element, base)
        if made:
            yield made


def _from_anchor(element: Any, base: str) -> AttachmentLink | None:
    name = re.sub(r"\s+", " ", "".join(element.itertext())).strip() or (element.get("title") or element.get("download") or "").strip()
    href = (element.get("href") or "").strip()
    url = absolute(base, href)
    if url and _is_file(url):
        return AttachmentLink(name or _file_name(url), _direct(url))
    script = f"{href if href.lower().startswith('javascript') else ''} {element.get('onclick') or ''}"
    inside = _IN_SCRIPT.search(script)
    if inside:
        return AttachmentLink(name or _file_name(inside[1]), absolute(base, inside[1]))
    cut = href.lower().startswith("javascript") or not href or href == "#"
    kept = next((element.get(k) for k in ("oldsrc", "data-href", "data-url", "data-src") if element.get(k)), None)
    if cut and kept and _FILE.search(kept):
        return AttachmentLink(name or _file_name(kept), absolute(base, kept))
    if cut and _NAMED.search(name):
        return AttachmentLink(name, None)
    if url and (_NAMED.search(name) and _FILE.search(name) or _DOWNLOAD.search(url) and _named_like_file(element, name)):
        return AttachmentLink(name or _file_name(url), url)
    return None


def _named_like_file(element: Any, name: str) -> bool:
    return bool(_NAMED.search(name)) or "附件" in name or bool(_FILE.search(element.get("title") or ""))


def _from_frame(element: Any, base: str) -> AttachmentLink | None:
    url = absolute(base, element.get("src") or element.get("data"))
    if url and _is_file(url):
        direct = _direct(url)
        return AttachmentLink(element.get("title") or _file_name(direct), direct)
    return None


def _is_file(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_FILE.search(unquote(parts.path))) or any(_FILE.search(v) for values in parse_qs(parts.query).values() for v in values)


def _direct(url: str) -> str:
    """The file behind a viewer's address (viewer.html?file=…)."""
    for name, values in parse_qs(urlsplit(url).query).items():
        if name in ("file", "url", "src") and _FILE.search(urlsplit(values[0]).path):
            return absolute(url, values[0]) or url
    return url


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or url
