"""OFD (GB/T 33190): text objects of each page in reading order."""

from __future__ import annotations

import posixpath
from typing import Any

from pipeline.attachments.limits import member, opened_zip, xml


def pages(body: bytes) -> list[str]:
    """The text of each page."""
    with opened_zip(body) as archive:
        root = xml(member(archive, "OFD.xml"))
        document = _text(root, "DocRoot").lstrip("/")
        tree = xml(member(archive, document))
        folder = posixpath.dirname(document)
        places = [p.get("BaseLoc") for p in tree.iter("{*}Page") if p.get("BaseLoc")]
        return [_page(xml(member(archive, _within(folder, place)))) for place in places]


def _text(root: Any, name: str) -> str:
    found = next(iter(root.iter("{*}" + name)), None)
    if found is None or not found.text:
        raise ValueError(f"no {name} in OFD.xml")
    text: str = found.text
    return text.strip()


def _within(folder: str, place: str) -> str:
    return place.lstrip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(folder, place))


def _page(tree: Any) -> str:
    pieces = []
    for item in tree.iter("{*}TextObject"):
        x, y = (float(v) for v in (item.get("Boundary") or "0 0 0 0").split()[:2])
        text = "".join(code.text or "" for code in item.iter("{*}TextCode"))
        pieces.append((round(y), x, text))
    lines: dict[int, list[str]] = {}
    for y, _x, text in sorted(pieces):
        lines.setdefault(y, []).append(text)
    return "\n".join("".join(parts) for parts in lines.values())
