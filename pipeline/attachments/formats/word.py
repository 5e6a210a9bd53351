"""Word files as XML: docx (also WPS files that are ZIP), OpenDocument text, and Office files in one XML file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from notices.attachment import AttachmentText
from pipeline.attachments.limits import joined, opened_zip, text_result, xml, xml_member

_PARTS = re.compile(r"word/(?:header|footer|footnotes|endnotes)\d*\.xml")
_MAIN = re.compile(r"word/document\d*\.xml")
_UNSEEN = ("{*}Fallback", "{*}del", "{*}moveFrom", "{*}instrText", "{*}pPrChange", "{*}binData")
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "tc": "\t", "tr": "\n", "noBreakHyphen": "-"}


def docx(body: bytes) -> AttachmentText:
    """Paragraphs and tables in order, then text boxes, headers, footers and notes."""
    with opened_zip(body) as archive:
        names = sorted(archive.namelist(), key=lambda n: (_MAIN.fullmatch(n) is None, n))
        parts = [n for n in dict.fromkeys(names) if _MAIN.fullmatch(n) or _PARTS.fullmatch(n)]
        return text_result([joined([text_of_word(xml_member(archive, name)) for name in parts])])


def text_of_word(root: etree._Element) -> str:
    """The lines of a WordprocessingML tree; rows of a table are lines, their cells parted by tabs."""
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    _move_boxes(root)
    in_cell = set(root.xpath("//*[local-name()='tc']//*[local-name()='p']"))
    return joined(["".join(_pieces(root, in_cell))])


def _move_boxes(root: etree._Element) -> None:
    """Text boxes go to the end: they are inside a run of the paragraph that anchors them, and would cut its sentence in two."""
    for box in list(root.iter("{*}txbxContent")):
        parent = box.getparent()
        if parent is not None:
            parent.remove(box)
            root.append(box)


def _pieces(root: etree._Element, in_cell: set[etree._Element]) -> Iterator[str]:
    for node in root.iter("{*}t", "{*}p", "{*}sym", *("{*}" + mark for mark in _MARKS)):
        tag = etree.QName(node).localname
        if tag == "t":
            yield node.text or ""
        elif tag == "p":
            yield " " if node in in_cell else "\n"
        elif (parent := node.getparent()) is None or etree.QName(parent).localname != "tabs":  # a tab stop is not a tab
            yield _MARKS.get(tag, "")


def odt(body: bytes) -> AttachmentText:
    """Paragraphs and headings of an OpenDocument text in order."""
    with opened_zip(body) as archive:
        root = xml_member(archive, "content.xml")
    etree.strip_elements(root, "{*}tracked-changes", "{*}annotation", with_tail=False)
    return text_result([joined([" ".join("".join(p.itertext()).split("\n")) for p in root.iter("{*}p", "{*}h")])])


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
