"""Word files as XML: docx (also WPS files that are ZIP), and Office files in one XML file."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.limits import RELATION, Damage, TooLarge, joined, member, opened_zip, relations, text_result, xml, xml_member
from pipeline.attachments.word_numbers import Numbering, numbering_of

_PARTS = re.compile(r"word/(?:header|footer|footnotes|endnotes)\d*\.xml")
_MAIN = re.compile(r"word/document\d*\.xml")
# w:rt is a phonetic guide (拼音指南): it is above the text, not in it.
_UNSEEN = ("{*}rt", "{*}Fallback", "{*}del", "{*}moveFrom", "{*}instrText", "{*}pPrChange", "{*}binData")
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "tc": "\t", "tr": "\n", "noBreakHyphen": "-"}


def docx(body: bytes, read_part: Callable[[bytes], AttachmentText]) -> AttachmentText:
    """Paragraphs with their automatic numbers and tables in order, then text boxes, headers, footers and notes.

    Embedded parts are where they are in the document; `read_part` reads one as a file of its own.
    """
    with opened_zip(body) as archive:
        names = sorted(archive.namelist(), key=lambda n: (_MAIN.fullmatch(n) is None, n))
        parts = [n for n in dict.fromkeys(names) if _MAIN.fullmatch(n) or _PARTS.fullmatch(n)]
        numbering, embedded, damage = Numbering(), _Embedded(archive, read_part), Damage()
        with damage.costs("automatic numbers"):
            numbering = numbering_of(archive)
        lines: list[str] = []
        for name in parts:
            if _MAIN.fullmatch(name):
                lines.append(text_of_word(xml_member(archive, name), numbering, embedded.of(name)))
                continue
            with damage.costs(name):
                lines.append(text_of_word(xml_member(archive, name), numbering, embedded.of(name)))
        details = [f"not read: {failure}" for failure in damage.failed[:3]] + [embedded.unread_parts() or ""]
        return text_result([joined(lines)], "; ".join(filter(None, details)) or None)


def text_of_word(root: etree._Element, numbering: Numbering | None = None, parts: Callable[[str], str] = str) -> str:
    """The lines of a WordprocessingML tree; rows of a table are lines, their cells parted by tabs. `parts`: a relation's id to the text of its part."""
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    _move_boxes(root)
    in_cell = set(root.xpath("//*[local-name()='tc']//*[local-name()='p']"))
    return joined(["".join(_pieces(root, in_cell, numbering or Numbering(), parts))])


class _Embedded:
    """The parts that a docx takes in whole (w:altChunk, ECMA-376 part 1, §17.17.2.1): HTML, RTF, text, XML or another docx, as report servers write them."""

    def __init__(self, archive: zipfile.ZipFile, read_part: Callable[[bytes], AttachmentText]) -> None:
        self._archive, self._read_part = archive, read_part
        self._unread: list[str] = []

    def of(self, part: str) -> Callable[[str], str]:
        """The text of the part that a relation of this part names; "" for one that cannot be read."""
        places: dict[str, str] = {}

        def text(ident: str) -> str:
            if not places:
                places.update(relations(self._archive, part))
            return self._text(places.get(ident, ""))

        return text

    def unread_parts(self) -> str | None:
        """The embedded parts that have no text here; None when all were read."""
        return f"embedded parts not read: {', '.join(self._unread)}"[:300] if self._unread else None

    def _text(self, place: str) -> str:
        try:
            text = "\n".join(self._read_part(member(self._archive, place)).pages)
        except (KeyError, TooLarge, zipfile.BadZipFile, zlib.error, NotImplementedError):  # no such member, or a damaged one
            text = ""
        if not text.strip() and len(self._unread) < 20:
            self._unread.append(place or "a part without an address")
        return text


def _move_boxes(root: etree._Element) -> None:
    """Text boxes go to the end: they are inside a run of the paragraph that anchors them, and would cut its sentence in two."""
    for box in list(root.iter("{*}txbxContent")):
        parent = box.getparent()
        if parent is not None:
            parent.remove(box)
            root.append(box)


def _pieces(root: etree._Element, in_cell: set[etree._Element], numbering: Numbering, parts: Callable[[str], str]) -> Iterator[str]:
    for node in root.iter("{*}t", "{*}p", "{*}sym", "{*}altChunk", *("{*}" + mark for mark in _MARKS)):
        tag = etree.QName(node).localname
        if tag == "t":
            yield node.text or ""
        elif tag == "p":
            yield " " if node in in_cell else "\n"
            yield numbering.label(node)
        elif tag == "altChunk":
            yield f"\n{parts(node.get(RELATION) or '')}\n"
        elif (parent := node.getparent()) is None or etree.QName(parent).localname != "tabs":  # a tab stop is not a tab
            yield _MARKS.get(tag, "")


def office_xml(body: bytes) -> AttachmentText:
    """Word 2003 XML, Excel 2003 XML, a docx in one XML file, or the text of any other XML."""
    root = xml(body)
    if next(root.iter("{*}Worksheet"), None) is not None:
        return text_result([_worksheet(sheet) for sheet in root.iter("{*}Worksheet")])
    if next(root.iter("{*}p"), None) is not None and next(root.iter("{*}t"), None) is not None:
        return text_result([text_of_word(root)])
    return text_result([joined([str(text) for text in root.itertext()])])


def _worksheet(sheet: etree._Element) -> str:
    name = next((str(v) for k, v in sheet.attrib.items() if etree.QName(k).localname == "Name"), "")
    rows = ("\t".join("".join(cell.itertext()).strip() for cell in row.iter("{*}Cell")) for row in sheet.iter("{*}Row"))
    return joined([name, *rows])
