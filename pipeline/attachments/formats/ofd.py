"""OFD (GB/T 33190): text objects of each page in reading order."""

from __future__ import annotations

import math
import posixpath
import zipfile

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.layout import SCANNED_BELOW, joined_lines
from pipeline.attachments.limits import MAX_PAGES, Encrypted, TooLarge, opened_zip, text_result, xml_member

_SAME_LINE = 1.5  # millimetres


def ofd(body: bytes) -> AttachmentText:
    """The text of each page of each document in the file; scanned if there are images and hardly any text."""
    with opened_zip(body) as archive:
        if "Encryptions.xml" in archive.namelist():
            raise Encrypted
        root = xml_member(archive, "OFD.xml")
        documents = [str(node.text or "").strip().lstrip("/") for node in root.iter("{*}DocRoot")]
        if not documents:
            raise ValueError("no DocRoot in OFD.xml")
        places = [place for document in documents for place in _page_places(archive, document)]
        if len(places) > MAX_PAGES:
            raise TooLarge(f"{len(places)} pages")
        trees = (xml_member(archive, place) for place in places)
        read = [(_text(tree), next(tree.iter("{*}ImageObject"), None) is not None) for tree in trees]
    pages = tuple(text for text, _ in read)
    if any(image for _, image in read) and sum(map(len, pages)) < SCANNED_BELOW * len(pages):
        return AttachmentText(pages=pages, outcome="scanned")
    return text_result(pages)


def _page_places(archive: zipfile.ZipFile, document: str) -> list[str]:
    folder = posixpath.dirname(document)
    pages = xml_member(archive, document).iterfind("{*}Pages/{*}Page")
    return [_within(folder, place) for page in pages if (place := page.get("BaseLoc"))]


def _within(folder: str, place: str) -> str:
    return place.lstrip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(folder, place))


def _text(tree: etree._Element) -> str:
    pieces = sorted((_place(item), "".join(code.text or "" for code in item.iter("{*}TextCode"))) for item in tree.iter("{*}TextObject"))
    lines: list[list[tuple[float, str]]] = []
    last = -math.inf
    for (y, x), text in pieces:
        if y - last > _SAME_LINE:
            lines.append([])
            last = y
        lines[-1].append((x, text))
    return joined_lines("\n".join("".join(text for _, text in sorted(line)) for line in lines))


def _place(item: etree._Element) -> tuple[float, float]:
    x, y = ([float(v) for v in (item.get("Boundary") or "").split()[:2]] + [0.0, 0.0])[:2]
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"a text object at {x} {y}")
    return y, x
