"""The text of a page whose scripts bring it: a string of HTML in JSON or in code, which a browser would put into an empty block."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from notices.text.html import parse, text_of
from notices.text.whitespace import remove_whitespace

_MAX_SCRIPT = 2_000_000  # characters
_SHORTEST = 60  # characters of text that make a string the page's text and not a message or a label
_NAMED = re.compile(
    r"(?:content|text|body|html|detail|article|zw|nr)\w{0,12}[\"']?\s{0,4}[:=]\s{0,4}$", re.I
)  # what a text is called in scripts
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){60,}+)"|' + r"'((?:[^'\\\n]|\\.){60,}+)'|`([^`]{60,}+)`", re.S)
_PUNCTUATION = re.compile("[。，；：、]")
_HAN = re.compile("[\u4e00-\u9fff]")
# The block that a script fills: document.getElementById('nr').innerHTML = …, $("#nr").html(…).
_FILLED = re.compile(r"""getElementById\(\s*["']([\w-]+)["']\s*\)\s*\.innerHTML|\$\(\s*["']#([\w-]+)["']\s*\)\s*\.html\(""")
_OBJECT = re.compile(r"\{[^{}]{10,3000}\}")
_FIELD = re.compile(r"""[{,]\s*["']?(\w{1,40})["']?\s*:\s*("(?:[^"\\\n]|\\.){1,500}"|'(?:[^'\\\n]|\\.){1,500}')""")
_MARKUP = re.compile(r"<(?:p|div|br|span|table|section)\b", re.I)


def with_scripted_text(root: etree._Element) -> bool:
    """Put the longest text that the page's scripts carry where they would put it; False if they carry none.

    To be asked only of a page whose markup shows no text: nothing of a script is run.
    """
    best = max(_texts(root), key=lambda found: len(found[0]), default=None)
    if best is None:
        return False
    _, html = best
    block = etree.Element("div", {"class": "article-content"})
    block.extend(list(next(parse(html).iter("body"))))
    place = _place(root)
    if place is None:
        next(root.iter("body"), root).append(block)
    else:
        place.append(block)
    return True


def file_objects(script: str) -> Iterator[tuple[str, str]]:
    """Name and address of each object of a script that has both, as lists of files are written: {fileName: '…', filePath: '…'}."""
    for found in islice(_OBJECT.finditer(script[:_MAX_SCRIPT]), 300):
        fields = {key.lower(): _unescaped(value[1:-1]) for key, value in _FIELD.findall(found[0])}
        name = next((value for key, value in fields.items() if "name" in key or "title" in key), None)
        address = next((value for key, value in fields.items() if re.search("url|path|href|link|src", key)), None)
        if name and address:
            yield name, address


def _texts(root: etree._Element) -> list[tuple[str, str]]:
    """The plain text and the HTML of each string in the scripts, and of each hidden box, that reads like the text of a notice."""
    found = []
    for script in root.iter("script"):
        for match in _STRING.finditer((script.text or "")[:_MAX_SCRIPT]):
            html = _unescaped(match[1] or match[2] or match[3])
            marked = _MARKUP.search(html) is not None
            named = _NAMED.search(match.string, max(0, match.start() - 40), match.start()) is not None
            if len(_HAN.findall(html)) < _SHORTEST // 2 or not _PUNCTUATION.search(html) or not (marked or named):
                continue
            lines = html if marked else "".join(f"<p>{line}</p>" for line in html.split("\n"))
            text = remove_whitespace(text_of(parse(lines)))
            if len(text) >= _SHORTEST:
                found.append((text, lines))
    for box in root.iter("textarea"):  # an editor's HTML that a script copies into the page
        html = (box.text or "")[:_MAX_SCRIPT]
        if _MARKUP.search(html) and len(text := remove_whitespace(text_of(parse(html)))) >= _SHORTEST:
            found.append((text, html))
    return found


def _unescaped(literal: str) -> str:
    """The value of a string of a script; one with escapes that JSON does not know keeps them."""
    plain = literal.replace("\\'", "'").replace("\\/", "/")
    try:
        return str(json.loads('"' + re.sub(r'(?<!\\)"', r'\\"', plain).replace("\t", "\\t").replace("\n", "\\n") + '"'))
    except ValueError:
        return plain


def _place(root: etree._Element) -> etree._Element | None:
    """The last empty block that a script fills by its id."""
    names = [match[1] or match[2] for script in root.iter("script") for match in _FILLED.finditer((script.text or "")[:_MAX_SCRIPT])]
    blocks = {element.get("id"): element for element in root.iter("div", "section", "article", "td", "p") if element.get("id") in names}
    empty = [blocks[name] for name in names if name in blocks and not remove_whitespace("".join(blocks[name].itertext()))]
    return empty[-1] if empty else None
