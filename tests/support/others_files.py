"""WARC and WACZ files in the form of other programs, made with warcio: Browsertrix, wget, Heritrix, Common Crawl. All text is invented."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import brotli
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HOST = "http://www.linshan.example"
LIST = f"{HOST}/tzgg/index.html"
_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>{title}_临杉市人民政府</title>
<meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="{day} 09:00"></head><body>
<div class="nav"><a href="/">首页</a><a href="/tzgg/">通知公告</a></div>
<div class="article"><h1>{title}</h1><div class="TRS_Editor"><p>各县区人民政府，市直各单位：</p>
<p>{text}</p><p>临杉市人民政府办公室</p><p>{written}</p>{files}</div></div></body></html>"""


def page(title: str, text: str, day: str = "2021-05-01", files: str = "") -> bytes:
    """A notice's page."""
    year, month, date = (int(part) for part in day.split("-"))
    return _PAGE.format(title=title, text=text, day=day, written=f"{year}年{month}月{date}日", files=files).encode()


def list_page(titles: dict[str, str]) -> bytes:
    """A list page of titles and their addresses."""
    rows = "".join(f'<li><a href="{url}" title="{title}">{title}</a><span>2021-05-01</span></li>' for title, url in titles.items())
    return f'<html><head><title>通知公告</title></head><body><ul class="list">{rows}</ul><a href="index_1.html">下一页</a></body></html>'.encode()


FLOOD = page("关于做好汛期值守工作的通知", "请各单位自五月一日起实行二十四小时值守，遇有险情立即报告市防汛办。" * 2)
FLOOD_URL = f"{HOST}/tzgg/202105/t20210501_101.html"
ROADS = page(
    "关于公布农村公路养护名单的公告",
    "现将二〇二一年度农村公路养护单位名单予以公布，请社会各界监督。" * 2,
    "2021-05-02",
    '<p>附件：<a href="./P020210502.txt">养护单位名单.txt</a></p>',
)
ROADS_URL = f"{HOST}/tzgg/202105/t20210502_102.html"
ROADS_FILE_URL = f"{HOST}/tzgg/202105/P020210502.txt"
ROADS_FILE = "一、东河养护队\n二、西山养护队\n".encode()
SCRIPT_URL = f"{HOST}/js/jquery.js"


class _Writer(WARCWriter):
    """Without the temporary files that warcio leaves to the garbage collector."""

    @classmethod
    def _create_temp_file(cls) -> io.BytesIO:
        return io.BytesIO()


class Warc:
    """A WARC file under way; each method adds a record."""

    def __init__(self, *, gzipped: bool = True, version: str = "1.0") -> None:
        self.buffer = io.BytesIO()
        self.writer = _Writer(self.buffer, gzip=gzipped, warc_version=version)

    def info(self, software: str) -> None:
        """What wrote the file."""
        self.writer.write_record(self.writer.create_warcinfo_record("a.warc.gz", {"software": software}))

    def answer(self, url: str, body: bytes, at: str = "2021-05-03T08:00:00Z", **more: object) -> object:
        """A response. `headers`, `status`, `warc` (further fields of the record) and `asked` (a request record too)."""
        headers = more.get("headers", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        http = StatusAndHeaders(str(more.get("status", "200 OK")), headers, protocol="HTTP/1.1")
        fields = {"WARC-Date": at, **(more.get("warc") or {})}
        made = self.writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=fields)
        self.writer.write_record(made)
        if more.get("asked"):
            request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "www.linshan.example")], is_http_request=True)
            self.writer.write_record(
                self.writer.create_warc_record(url, "request", http_headers=request, warc_headers_dict={"WARC-Date": at})
            )
        return made

    def record(self, url: str, kind: str, body: bytes, content_type: str, at: str = "2021-05-03T08:00:00Z") -> None:
        """A record of another type."""
        self.writer.write_record(
            self.writer.create_warc_record(
                url, kind, payload=io.BytesIO(body), warc_content_type=content_type, warc_headers_dict={"WARC-Date": at}
            )
        )

    def revisit(self, url: str, of: object, at: str) -> None:
        """An answer whose payload an earlier record has."""
        first = of.rec_headers
        made = self.writer.create_revisit_record(
            url,
            first.get_header("WARC-Payload-Digest"),
            first.get_header("WARC-Target-URI"),
            first.get_header("WARC-Date"),
            http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": at},
        )
        self.writer.write_record(made)

    def save(self, path: Path) -> Path:
        """The file."""
        path.write_bytes(self.buffer.getvalue())
        return path


def chunked(body: bytes, size: int = 700) -> bytes:
    """The body in chunks, as HTTP/1.1 sends it."""
    pieces = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def wget_warc(path: Path) -> Path:
    """As `wget --warc-file`: plain bodies as sent, chunked and gzip among them, a request for each response, a log at the end."""
    made = Warc()
    made.info("Wget/1.21.3 (linux-gnu)")
    made.answer(
        LIST,
        list_page(
            {
                "关于做好汛期值守工作的通知": FLOOD_URL,
                "关于公布农村公路养护名单的公告": ROADS_URL,
                "关于夏季放假安排的通知": f"{HOST}/a.html",
            }
        ),
        asked=True,
    )
    html = "text/html; charset=utf-8"
    made.answer(FLOOD_URL, chunked(FLOOD), headers=[("Content-Type", html), ("Transfer-Encoding", "chunked")], asked=True)
    packed = gzip.compress(ROADS)
    made.answer(ROADS_URL, packed, headers=[("Content-Type", html), ("Content-Encoding", "gzip")], at="2021-05-03T08:00:02Z", asked=True)
    made.answer(ROADS_FILE_URL, ROADS_FILE, headers=[("Content-Type", "application/octet-stream")], at="2021-05-03T08:00:03Z", asked=True)
    made.answer(SCRIPT_URL, b"var a = 1;", headers=[("Content-Type", "application/javascript")], asked=True)
    made.answer(f"{HOST}/gone.html", b"<html><body>404 Not Found</body></html>", status="404 Not Found", asked=True)
    made.record("metadata://gnu.org/software/wget/warc/wget.log", "resource", b"log", "text/plain")
    return made.save(path)


def browsertrix_warc(path: Path) -> Path:
    """As Browsertrix: WARC/1.1, bodies decoded though the headers still name an encoding, texts and pictures as urn: resources."""
    made = Warc(version="1.1")
    made.info("Browsertrix-Crawler 1.2.0 (with warcio.js 2.2.1)")
    html = [("content-type", "text/html; charset=utf-8"), ("content-encoding", "br")]
    made.answer(FLOOD_URL, FLOOD, headers=html, at="2024-06-01T02:03:04.567Z", warc={"WARC-Resource-Type": "document"})
    made.answer(ROADS_URL, brotli.compress(ROADS), headers=html, at="2024-06-01T02:03:05.001Z")
    made.record(f"urn:text:{FLOOD_URL}", "resource", "汛期".encode(), "text/plain", "2024-06-01T02:03:06.1Z")
    made.record(f"urn:pageinfo:{FLOOD_URL}", "resource", b"{}", "application/json", "2024-06-01T02:03:06.2Z")
    return made.save(path)


def wacz(path: Path, *warcs: Path, damaged: str | None = None, compress: int = zipfile.ZIP_STORED) -> Path:
    """A package of WARC files; the digest of the one named `damaged` is wrong."""
    resources = []
    with zipfile.ZipFile(path, "w") as package:
        for each in warcs:
            data = each.read_bytes()
            package.writestr(f"archive/{each.name}", data, compress)
            stated = hashlib.sha256(data + (b"x" if each.name == damaged else b"")).hexdigest()
            resources.append({"name": each.name, "path": f"archive/{each.name}", "hash": f"sha256:{stated}", "bytes": len(data)})
        package.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n', zipfile.ZIP_DEFLATED)
        manifest = json.dumps({"profile": "data-package", "wacz_version": "1.1.1", "resources": resources})
        package.writestr("datapackage.json", manifest, zipfile.ZIP_DEFLATED)
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"}
        package.writestr("datapackage-digest.json", json.dumps(digest), zipfile.ZIP_DEFLATED)
    return path
