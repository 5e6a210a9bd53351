"""Pages and files made to break their reader: the crawl goes on, within its memory."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.faults.watched import MOST_MB, watched_crawl
from tests.support.site_server import Page, Site, list_page, notice_page, notice_path, serving

pytestmark = pytest.mark.faults

HTML = {"Content-Type": "text/html; charset=utf-8"}


def squeezed(size: int, wbits: int) -> bytes:
    """A body of that many blanks, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = b" " * (1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def nested(depth: int) -> bytes:
    data = zipped({f"{n}.txt": b" " * (50 << 20) for n in range(4)})
    for level in range(depth):
        data = zipped({f"{level}-{n}.zip": data for n in range(4)})
    return data


def docx(document: bytes) -> bytes:
    kinds = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return zipped({"[Content_Types].xml": kinds, "word/document.xml": document})


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "ha">'
LAUGHS += b"".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 12))


def pdf_bomb() -> bytes:
    stream = zlib.compress(zlib.compress(b" " * (400 << 20), 9), 9)
    objects = ("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>")
    head = " ".join(f"{n} 0 obj{text}endobj" for n, text in enumerate(objects, 1))
    head += f" 4 0 obj<</Length {len(stream)}/Filter[/FlateDecode/FlateDecode]>>stream\n"
    return b"%PDF-1.7\n" + head.encode() + stream + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def page_bombs() -> dict[str, Page]:
    import brotli

    return {
        "gzip": (200, {**HTML, "Content-Encoding": "gzip"}, squeezed(900 << 20, 31)),
        "deflate": (200, {**HTML, "Content-Encoding": "deflate"}, squeezed(900 << 20, 15)),
        "brotli": (200, {**HTML, "Content-Encoding": "br"}, brotli.compress(b" " * (400 << 20), quality=5)),
        "gzip in gzip": (200, {**HTML, "Content-Encoding": "gzip, gzip"}, gzip.compress(squeezed(900 << 20, 31))),
        "deep HTML": (200, HTML, b"<div>" * 100_000 + b"x"),
        "entities": (200, {"Content-Type": "application/xhtml+xml"}, LAUGHS + b"]><html><body>&a11;</body></html>"),
        "100 MB": (200, HTML, b"<p>" + b"x" * (100 << 20)),
        "wide table": (200, HTML, b"<table><tr>" + b"<td colspan=1000 rowspan=65534>x" * 20_000),
    }


def file_bombs() -> dict[str, bytes]:
    body = b"<w:document xmlns:w='w'><w:body>"
    return {
        "zip.zip": zipped({"a.txt": b" " * (800 << 20)}),
        "nested.zip": nested(4),
        "blanks.docx": docx(body + b"<w:p><w:r><w:t>" + b" " * (700 << 20)),
        "deep.docx": docx(body + b"<w:p>" * 1_000_000),
        "laughs.docx": docx(LAUGHS + b"]><w>&a11;</w>"),
        "sheet.xlsx": zipped(
            {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": b" " * (600 << 20)}
        ),
        "stream.pdf": pdf_bomb(),
        "gzip.txt.gz": squeezed(900 << 20, 31),
    }


def bombed_site() -> tuple[Site, int, int]:
    """A site whose notices are good ones, page bombs, and notices with a bomb as their file; counts of the latter two."""
    site, pages, files = Site(), page_bombs(), file_bombs()
    total = 5 + len(pages) + len(files)
    site.pages["/tzgg/"] = list_page(list(range(total, 0, -1)), 0, 1)
    for n in range(1, 6):
        site.pages[notice_path(n)] = notice_page(n)
    for n, page in enumerate(pages.values(), 6):
        site.pages[notice_path(n)] = page
    for n, (name, data) in enumerate(files.items(), 6 + len(pages)):
        site.pages[notice_path(n)] = notice_page(n, extra=f'<a href="/files/{name}">附件：{name}</a>')
        site.pages[f"/files/{name}"] = (200, {"Content-Type": "application/octet-stream"}, data)
    return site, len(pages), len(files)


@pytest.mark.timeout(1200)
def test_crawl_goes_on_past_every_bomb_within_its_memory(tmp_path: Path, figure: Figure) -> None:
    home = Home(tmp_path / "home")
    site, pages, files = bombed_site()
    with serving(site):
        home.source(site.base)
        crawl = watched_crawl(home, "linshan")
    outcomes = dict(home.rows("select name, outcome from attachment"))
    figure(
        f"{pages} page bombs, {files} file bombs in one crawl",
        pages + files,
        f"{crawl.seconds:.0f} s, MB {crawl.megabytes}, exit {crawl.exit_code}, {outcomes}",
    )
    assert crawl.exit_code in (0, 3), crawl.said
    good = {title for (title,) in home.rows("select title from revision")}
    assert len([t for t in good if any(f"第{n}号" in t for n in range(1, 6))]) == 5
    assert len(outcomes) == files
    assert set(outcomes.values()) <= {"too_large", "broken", "ok", "scanned", "unsupported"}
    assert set(crawl.megabytes) >= set(MOST_MB)
    assert crawl.over() == set()
    assert home.search("第3号河段")["total"] >= 1
    home.run("verify", "--no-index")
