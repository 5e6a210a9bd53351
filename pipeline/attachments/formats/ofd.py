"""OFD (GB/T 33190): text objects of each page in reading order."""

from __future__ import annotations

import math
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.layout import SCANNED_BELOW, joined_lines, with_private_codes
from pipeline.attachments.limits import MAX_PAGES, Damage, Encrypted, joined, member, opened_zip, text_result, xml_member
from pipeline.attachments.recognition import Recognised, Turn

_SAME_LINE = 1.5  # millimetres


def ofd(body: bytes, turn: Turn | None = None) -> AttachmentText:
    """The text of each page of each document in the file; scanned if there are images and hardly any text. A damaged page is empty."""
    damage = Damage()
    with opened_zip(body) as archive:
        if "Encryptions.xml" in archive.namelist():
            raise Encrypted
        root = xml_member(archive, "OFD.xml")
        documents = [str(node.text or "").strip().lstrip("/") for node in root.iter("{*}DocRoot")]
        if not documents:
            raise ValueError("no DocRoot in OFD.xml")
        read = [page for document in documents for page in _pages(archive, document, damage)]
        pages, detail = [page.text for page in read], damage.detail("pages and templates")
        found = _outcome(read, detail)
        confidences = [_recognise(archive, page, turn) for page in read] if turn else []
    for number, recognised in enumerate(confidences):
        if recognised is not None:
            pages[number] = joined([pages[number], recognised.text])
    if not any(confidences):
        return found
    return found._replace(pages=tuple(pages), confidences=tuple(each.confidence if each else None for each in confidences))


def _outcome(read: Sequence[_Page], detail: str | None) -> AttachmentText:
    pages = tuple(page.text for page in read)
    if any(page.images for page in read) and sum(map(len, pages)) < SCANNED_BELOW * len(pages):
        return AttachmentText(pages=pages, outcome="scanned", detail=detail)
    return with_private_codes(text_result(pages, detail))


def _recognise(archive: zipfile.ZipFile, page: _Page, turn: Turn) -> Recognised | None:
    """The text of a page's picture if it shows next to no text: a scanned page is one picture."""
    if len(page.text) >= SCANNED_BELOW or not page.images:
        return None
    return turn.recognise(lambda: member(archive, page.images[0]))


class _Page(NamedTuple):
    """A page's text, and the members of the file that are its images; "" for one that cannot be found."""

    text: str
    images: tuple[str, ...]


def _pages(archive: zipfile.ZipFile, document: str, damage: Damage) -> Iterator[_Page]:
    """Each page's text with that of its template pages (GB/T 33190 §7.7: 红头 and number of an official document), and its images."""
    folder, root = posixpath.dirname(document), None
    with damage.costs(document, counts=False):
        root = xml_member(archive, document)
    if root is None:
        return
    places = {page.get("ID"): _within(folder, page.get("BaseLoc") or "") for page in root.iterfind("{*}CommonData/{*}TemplatePage")}
    templates: dict[str, etree._Element] = {}
    media = _media(archive, folder, root)
    for page in islice(root.iterfind("{*}Pages/{*}Page"), MAX_PAGES + 1):
        if not (place := page.get("BaseLoc")):
            continue
        trees: list[etree._Element] = []
        text = ""
        with damage.costs(_within(folder, place)):
            trees.append(xml_member(archive, _within(folder, place)))
            text = _text(trees)
        for used in [used for tree in trees for used in tree.iterfind("{*}Template")]:
            name = places.get(used.get("TemplateID"))
            with damage.costs(name or "", counts=False):
                if name and name not in templates and name in archive.namelist():
                    templates[name] = xml_member(archive, name)
                if name in templates:
                    text = _text([*trees, templates[name]])
                    trees.append(templates[name])
        yield _Page(text, tuple(media.get(image.get("ResourceID"), "") for tree in trees for image in tree.iter("{*}ImageObject")))


def _media(archive: zipfile.ZipFile, folder: str, root: etree._Element) -> dict[str | None, str]:
    """The members that are the document's images, by the ids of its resources (§7.9); those of a damaged list are lost."""
    found: dict[str | None, str] = {}
    for listed in root.iterfind("{*}CommonData/*"):
        if etree.QName(listed).localname not in ("DocumentRes", "PublicRes"):
            continue
        name = _within(folder, (listed.text or "").strip())
        with suppress(KeyError, etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error):
            resources = xml_member(archive, name)
            base = _within(posixpath.dirname(name), resources.get("BaseLoc") or "")
            for medium in resources.iter("{*}MultiMedia"):
                place = next((file.text or "" for file in medium.iter("{*}MediaFile")), "").strip()
                found[medium.get("ID")] = _within(base, place)
    return found


def _within(folder: str, place: str) -> str:
    return place.lstrip("/") if place.startswith("/") else posixpath.normpath(posixpath.join(folder, place))


def _text(trees: Sequence[etree._Element]) -> str:
    items = (item for tree in trees for item in tree.iter("{*}TextObject"))
    pieces = sorted((_place(item), "".join(code.text or "" for code in item.iter("{*}TextCode"))) for item in items)
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
