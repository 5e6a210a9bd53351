"""The files a page attaches: links, frames, scripts, viewers, and links whose target a mirror cut (reference/domain.md §4.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree

from notices.model import AttachmentLink
from notices.text.html import absolute, one_line, parse, text_of
from pipeline.parse.element_names import names_attachment_list, names_boilerplate
from pipeline.parse.scripted_text import file_objects

# Word, WPS, PDF, OFD, sheets, slides, archives; ceb is Founder Apabi, et, dps and wpt are WPS.
_EXTENSIONS = "docx?|docm|dotx?|wps|wpt|pdf|ofd|xlsx?|xlsm|et|ett|csv|pptx?|ppsx?|dps|rtf|txt|zip|rar|7z|gz|tar|ceb|cebx|tiff?|mp3|mp4"
_IMAGES = "jpe?g|png|bmp|gif"
_FILE_END = re.compile(rf"\.(?:{_EXTENSIONS})(?=$|[?&#;/]|[\s）)】\]])", re.I)
_NAMED_FILE = re.compile(rf"\.(?:{_EXTENSIONS}|{_IMAGES})\s*[）)】\]]?\s*(?:[（(\[【].{{0,20}}[）)\]】])?$", re.I)
# Addresses of downloads without a file name: TRS downfile, VSB wbfile and clickdown, NFCMS cms_files, JEECMS attachment, ASP readattach, fjxz (附件下载).
_DOWNLOAD = re.compile(
    r"(?:down_?load|downfile|download_?file|file_?down|attach(?:ment)?s?[/?._]|/attachment/|getfile|/cms_files/|filedown|readattach|openfile|/fileup|fjxz|wbfile|clickdown|DownloadAttach)",
    re.I,
)
# A file in a script call: javascript:download('a.doc').
_SCRIPT_FILE = re.compile(rf"[\"'(]([^\"'()<>\s]{{1,300}}\.(?:{_EXTENSIONS}))(?:[?#][^\"'()<>\s]{{0,200}})?[\"')]", re.I)
# Viewers in the page: VSB showVsbpdfIframe, PDFObject, pdf.js and their likes.
_SHOWN_FILE = re.compile(
    rf"(?:showVsbpdfIframe|PDFObject\.embed|openPdf|showPdf|pdfUrl|pdf_?path|fileUrl|window\.open)\s{{0,4}}[(=:]\s{{0,4}}[\"']([^\"'<>\s]{{1,300}}\.(?:{_EXTENSIONS}))",
    re.I,
)
# HTML that an inline script writes, as TRS templates do with the file of a column: document.write('<a href="./P0….xlsx">…').
_WRITTEN = re.compile(r"document\.write(?:ln)?\s{0,4}\(\s{0,4}([\"'])(.{0,4000}?<a\s.{0,4000}?)(?<!\\)\1\s{0,4}[);+]", re.S | re.I)
# A link text that names no file: 点击下载, 附件1, PDF版.
_GENERIC = re.compile(
    r"[\s\[【（(]*+(?:点击|请点|点此|此处|这里|附件|文件|下载|查看|浏览|打开|预览|原文|全文|在线|立即|download|pdf|word|版|[\s:：。，>》\]】）)\d])*+",
    re.I,
)
# The beginning of a line of attachments: 附件：, 附件1., 相关附件：, 附表2：.
_ATTACHED = re.compile(r"^\s*(?:相关)?附\s?(?:件|表|图|录)?\s?[\d一二三四五六七八九十]{0,3}(?:[-—]\d{1,2})?\s?[:：.．、\s]")
_LABEL_ONLY = re.compile(r"(?:相关)?附\s?件\s?[\d一二三四五六七八九十]{0,3}\s?[:：.．、]?")
_NUMBERED = re.compile(r"^\s*[\d一二三四五六七八九十]{1,2}\s?[.．、]")
_MAYBE = re.compile(r"附|\.[A-Za-z]{2,4}")
# Attributes in which an element names its file, for a script of the page.
_GIVEN = ("data-url", "data-href", "data-file", "data-src")
_SIDE = re.compile(r"(?:^|[\s_-])(?:right|a?side(?:bar)?)(?=$|[\s_-])", re.I)  # a column beside the text
_IMAGE_END = re.compile(rf"\.(?:{_IMAGES})$", re.I)
MAX_FILES = 300
MAX_LINKS = 3000


def find_files(root: etree._Element, body: etree._Element, base: str) -> tuple[AttachmentLink, ...]:
    """The attached files in page order. `url` is None where the page names a file but its link leads nowhere."""
    found = list(_links(body, base))
    inside = set(body.iter("a"))
    found += [link for block in _outer_blocks(root) for link in _links(block, base, inside)]
    found += _plain_links(root, body, base, inside)
    found += _buttons(body, base)
    if len(found) < MAX_FILES:
        found += _framed(body, base)
        found += _scripted(body, base, {link.url for link in found})
        found += _written(root, body, base)
    return tuple(_distinct(found))[:MAX_FILES]


def names_nothing(link: AttachmentLink) -> bool:
    """Whether neither the link nor its address names the file: 点击下载 that leads to download.do?id=1."""
    if link.url is None or _NAMED_FILE.search(link.name) or _LABEL_ONLY.match(link.name):
        return False
    return link.name == _file_name(link.url) or bool(_GENERIC.fullmatch(link.name))


def _links(block: etree._Element, base: str, done: set[etree._Element] | None = None) -> Iterator[AttachmentLink]:
    """The attachments among the links of a block; the pieces of a link that an editor cut into several are joined."""
    previous: etree._Element | None = None
    kept: AttachmentLink | None = None
    for a in islice(block.iter("a"), MAX_LINKS):
        if done is not None:
            if a in done:
                continue
            done.add(a)
        link = _read_link(a, base, named=done is not None)
        if link is not None and kept is not None and previous is not None and _continues(previous, a, kept, link):
            kept = replace(kept, name=kept.name + link.name)
        elif link is not None:
            if kept is not None:
                yield kept
            kept = link
        if link is not None:
            previous = a
    if kept is not None:
        yield kept


def _continues(previous: etree._Element, a: etree._Element, kept: AttachmentLink, link: AttachmentLink) -> bool:
    touching = previous.getnext() is a and not (previous.tail or "").strip()
    if kept.url is not None or link.url is not None:
        return touching and kept.url == link.url and not (_NAMED_FILE.search(kept.name) and _NAMED_FILE.search(link.name))
    return touching and not _NAMED_FILE.search(kept.name) and not _ATTACHED.match(link.name + " ")


def _buttons(body: etree._Element, base: str) -> Iterator[AttachmentLink]:
    """Elements without a link that a script opens a file for, by its address in an attribute."""
    given = " or ".join(f"@{name}" for name in ("onclick", *_GIVEN))
    for element in islice(
        body.xpath(f".//*[{given}][not(self::a or self::iframe or self::embed or self::object or self::img)]"), MAX_FILES
    ):
        text = _beginning(element)
        target = _target(element, base) if len(text) <= 120 and (_NAMED_FILE.search(text) or _ATTACHED.match(f"{text} ")) else None
        if target and _is_file(target):
            yield AttachmentLink(text, target)


def _read_link(a: etree._Element, base: str, *, named: bool = False) -> AttachmentLink | None:
    """The file a link leads to; `named`: the block around it is called an attachment list."""
    text = one_line(text_of(a)) or one_line(a.get("title") or "")
    target = _target(a, base)
    if target is not None:
        if (
            a.get("download") is not None
            or _is_file(target)
            or (_NAMED_FILE.search(text) and not _is_page(target))
            or (named and _DOWNLOAD.search(target))
            or (_IMAGE_END.search(urlsplit(target).path) and _ATTACHED.match(f"{text} "))
        ):
            return AttachmentLink(_name(a, text, target), target)
        return None
    return AttachmentLink(text, None) if text and _is_cut(a, text, named) else None


def _target(a: etree._Element, base: str) -> str | None:
    """Where a link leads: its address, the file a script of it opens, the file behind a viewer."""
    href = a.get("href") or ""
    found = absolute(base, href)
    if found is None:
        given = "".join(f" '{value}'" for name in _GIVEN if (value := a.get(name)))
        script = f"{href} {a.get('onclick') or ''}{given}"
        match = _SCRIPT_FILE.search(unquote(script[:2000]) + '"') or re.search(r"[\"']([^\"'\s]{1,300})[\"']", script[:2000])
        found = absolute(base, match[1]) if match and (_FILE_END.search(match[1]) or _DOWNLOAD.search(match[1])) else None
    return _behind_viewer(found, base) if found else None


def _behind_viewer(url: str, base: str) -> str:
    """The file that a viewer's address names (pdfjs/viewer.html?file=…), else the address."""
    query = urlsplit(url).query
    if "viewer" not in url and "preview" not in url.lower():
        return url
    for name, values in parse_qs(query[:2000], max_num_fields=50).items() if query.count("&") < 50 else ():
        if name.lower() in ("file", "url", "src", "path", "furl"):
            return absolute(base, values[0]) or url
    return url


def _is_file(url: str) -> bool:
    parts = urlsplit(url)
    return bool(
        _FILE_END.search(unquote(parts.path)) or _FILE_END.search(unquote(parts.query)) or _DOWNLOAD.search(parts.path + "?" + parts.query)
    )


def _is_page(url: str) -> bool:
    return bool(re.search(r"\.(?:s?html?|aspx?|jspx?|php)$", urlsplit(url).path, re.I)) and not _DOWNLOAD.search(url)


def _is_cut(a: etree._Element, text: str, named: bool) -> bool:
    """Whether a link that leads nowhere once led to a file: its text or its line names one, or an editor's trace does."""
    if _NAMED_FILE.search(text) or _FILE_END.search(a.get("oldsrc") or "") or _FILE_END.search(a.get("title") or ""):
        return True
    if a.get("href") is None or len(text) < 4 or _GENERIC.fullmatch(text):
        return False
    return named or bool(_ATTACHED.match(text)) or _is_listed(a)


def _is_listed(a: etree._Element) -> bool:
    """Whether the line of a link begins with 附件, or is a numbered line after one that does."""
    line = _line_element(a)
    text = _line_text(a)
    if _ATTACHED.match(text):
        return True
    if not _NUMBERED.match(text):
        return False
    above = line.getprevious()
    for _ in range(20):
        if above is None:
            return False
        over = _beginning(above)
        if _ATTACHED.match(over) or _LABEL_ONLY.fullmatch(over):
            return True
        if over and not _NUMBERED.match(over):
            return False
        above = above.getprevious()
    return False


def _line_element(a: etree._Element) -> etree._Element:
    node = a
    while node.tag not in ("p", "div", "li", "td", "dd", "body"):
        parent = node.getparent()
        if parent is None:
            break
        node = parent
    return node


def _name(a: etree._Element, text: str, target: str) -> str:
    """The link's text; where it only says 下载, its title, the text before it, or the file's name."""
    if text and not _GENERIC.fullmatch(text):
        return text
    for other in (a.get("download"), a.get("title"), a.get("data-name"), a.get("textvalue"), _before(a), _in_row(a)):
        name = one_line(other or "")
        if name and not _GENERIC.fullmatch(name):
            return name[:300]
    return text if text and _LABEL_ONLY.match(text) else _file_name(target) or text


def _before(a: etree._Element) -> str:
    previous = a.getprevious()
    parent = a.getparent()
    text = (previous.tail if previous is not None else parent.text if parent is not None else None) or ""
    return re.split("[。；;]", text[-300:])[-1].strip(" \u3000\xa0（([【:：")


def _in_row(a: etree._Element) -> str:
    """The longest cell of a table's row whose link only reads 下载."""
    row = next(a.iterancestors("tr"), None)
    cells = [_beginning(cell) for cell in row.iterchildren("td", "th")] if row is not None and len(list(row.iter("a"))) == 1 else []
    return max((cell for cell in cells if len(cell) >= 4 and not _GENERIC.fullmatch(cell)), key=len, default="")


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    for name, values in parse_qs(parts.query[:2000], max_num_fields=50).items() if parts.query.count("&") < 50 else ():
        if "name" in name.lower():
            return one_line(values[0])
    return one_line(unquote(parts.path.rsplit("/", 1)[-1]))


def _outer_blocks(root: etree._Element) -> list[etree._Element]:
    """Blocks called an attachment list, anywhere on the page."""
    blocks = [e for e in root.iter("div", "ul", "p", "table", "dl", "td") if names_attachment_list(e)]
    return [b for b in blocks if sum(1 for _ in b.iter("a")) <= 60][:20]


def _plain_links(root: etree._Element, body: etree._Element, base: str, done: set[etree._Element]) -> Iterator[AttachmentLink]:
    """Links outside the text that plainly lead to its files: called 附件 anywhere, or files by name that follow the text."""
    after = False
    for a in islice(root.iter("a", str(body.tag)), MAX_LINKS):
        after = after or a is body
        if a.tag != "a" or a in done or not _MAYBE.search("".join(a.itertext())):
            continue
        text = one_line(text_of(a))
        if _ATTACHED.match(text) or (
            _NAMED_FILE.search(text) and ((_follows(a, after) and not _is_beside(a, body)) or _ATTACHED.match(_line_text(a)))
        ):
            link = _read_link(a, base)
            if link is not None:
                yield link


def _follows(a: etree._Element, after: bool) -> bool:
    """Whether a link comes after the text and is not part of the site's boilerplate."""
    return after and not any(names_boilerplate(e) for e in islice(a.iterancestors(), 6))


def _is_beside(a: etree._Element, body: etree._Element) -> bool:
    """Whether a link is in a column beside the one with the text."""
    side = next((e for e in islice(a.iterancestors(), 8) if _SIDE.search(e.get("class") or "")), None)
    return side is not None and side not in islice(body.iterancestors(), 30)


def _line_text(a: etree._Element) -> str:
    return _beginning(_line_element(a))


def _beginning(element: etree._Element) -> str:
    """The first words of an element: a hostile line contains thousands of links, each of which asks for it."""
    return one_line(" ".join(islice(element.itertext(), 40))[:600])[:300]


def _framed(body: etree._Element, base: str) -> Iterator[AttachmentLink]:
    """Files shown in the page by iframe, embed and object."""
    for frame in body.iter("iframe", "embed", "object"):
        for name in ("src", "data", "data-src"):
            url = absolute(base, frame.get(name))
            if url:
                url = _behind_viewer(url, base)
                if _FILE_END.search(unquote(urlsplit(url).path)) or _FILE_END.search(unquote(urlsplit(url).query)):
                    yield AttachmentLink(one_line(frame.get("title") or "") or _file_name(url), url)
                break


def _scripted(body: etree._Element, base: str, known: set[str | None]) -> Iterator[AttachmentLink]:
    """Files that scripts inside the text put into the page by a viewer."""
    for script in body.iter("script"):
        for match in _SHOWN_FILE.finditer((script.text or "")[:50_000]):
            url = absolute(base, match[1])
            if url and url not in known:
                yield AttachmentLink(_file_name(url), url)
        for name, address in file_objects(script.text or ""):
            url = absolute(base, address)
            if url and url not in known and _NAMED_FILE.search(name) and _is_file(url):
                yield AttachmentLink(one_line(name), url)


def _written(root: etree._Element, body: etree._Element, base: str) -> Iterator[AttachmentLink]:
    """Files that scripts in or below the text link to by document.write."""
    inside, after = set(body.iter("script")), False
    for script in islice(root.iter("script", str(body.tag)), MAX_LINKS):
        after = after or script is body
        text = (script.text or "")[:50_000] if script.tag == "script" else ""
        if "document.write" in text and (script in inside or _follows(script, after)):
            for written in islice(_WRITTEN.finditer(text), 50):
                yield from _links(parse(written[2].replace("\\", "")), base)


def _says_little(link: AttachmentLink) -> bool:
    """Whether a name is 下载 or the address's: an editor left an empty link to the same file before the real one."""
    return _GENERIC.fullmatch(link.name) is not None or (link.url is not None and link.name == _file_name(link.url))


def _distinct(links: Sequence[AttachmentLink]) -> Iterator[AttachmentLink]:
    """The links without repetitions; of two names of one address the better stays."""
    best: dict[str, AttachmentLink] = {}
    for link in links:
        key = link.url or "\0" + link.name
        if key not in best or (_says_little(best[key]) and not _says_little(link)):
            best[key] = link
    yield from best.values()
