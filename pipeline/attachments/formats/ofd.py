"""OFD (GB/T 33190): text objects of each page in reading order."""

from __future__ import annotations

import math
import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.layout import SCANNED_BELOW, joined_lines, with_private_codes
from pipeline.attachments.limits import MAX_PAGES, Damage, Encrypted, opened_zip, text_result, xml_member

_SAME_LINE = 1.5  # millimetres


def ofd(body: bytes) -> AttachmentText:
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
    pages, detail = tuple(text for text, _ in read), damage.detail("pages and templates")
    if any(image for _, image in read) and sum(map(len, pages)) < SCANNED_BELOW * len(pages):
        return AttachmentText(pages=pages, outcome="scanned", detail=detail)
    return with_private_codes(text_result(pages, detail))


def _pages(archive: zipfile.ZipFile, document: str, damage: Damage) -> Iterator[tuple[str, bool]]:
    """Each page's text with that of its template pages (GB/T 33190 §7.7: 红头 and number of an official document), and whether it shows images."""
    folder, root = posixpath.dirname(document), None
    with damage.costs(document, counts=False):
        root = xml_member(archive, document)
    if root is None:
        return
    places = {page.get("ID"): _within(folder, page.get("BaseLoc") or "") for page in root.iterfind("{*}CommonData/{*}TemplatePage")}
    templates: dict[str, etree._Element] = {}
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
        yield text, any(next(tree.iter("{*}ImageObject"), None) is not None for tree in trees)


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
