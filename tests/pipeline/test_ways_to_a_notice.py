"""One crawl of a site whose notices are reached in odd ways: moved, misnamed, badly served; and what its records say afterwards."""

from __future__ import annotations

import gzip
import io
import socket
from collections.abc import Callable, Iterator

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.support.archive_home import Home
from tests.support.faults.broken_server import PAGE, breaking
from tests.support.made_files import pdf, pdf_line
from tests.support.quick_home import QuickHome
from tests.support.site_server import list_page, notice_page, notice_path, small_site

STUBS = {
    1: '<meta http-equiv="refresh" content="0;url=/zwgk/r1.html">',
    2: "<script>window.location.replace('/zwgk/r2.html')</script>",
    3: '<meta http-equiv="refresh" content="0;url=http://elsewhere.example/r3.html">',
    4: '<script>top.location="/"</script>',
    5: '<script>location.href="/zwgk/loop.html"</script>',
    6: '<meta http-equiv="refresh" content="0;url=/private/r6.html">',
}
REDIRECTED, GZIPPED, ODD_NAME, LONG_HEADER, ENDLESS, PICTURE, FILM, LED_PDF, STATUS_LINE, PLAIN = range(7, 17)
TOTAL = PLAIN
HTML = {"Content-Type": "text/html; charset=utf-8"}


def whole(n: int, head: bytes = b"") -> Callable[[socket.socket], None]:
    body = notice_page(n)
    return lambda to: to.sendall(PAGE + head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = QuickHome(tmp_path_factory.mktemp("ways") / "home")
    site = small_site(TOTAL, per_page=TOTAL)
    for n, stub in STUBS.items():
        site.pages[notice_path(n)] = f"<html><head>{stub}</head><body></body></html>".encode()
    site.pages |= {"/zwgk/r1.html": notice_page(1), "/zwgk/r2.html": notice_page(2), f"/zwgk/r{REDIRECTED}.html": notice_page(REDIRECTED)}
    site.pages["/zwgk/loop.html"] = f'<script>location.href="{notice_path(5)}"</script>'.encode()
    site.pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/\n")
    site.pages["/private/r6.html"] = notice_page(6)
    site.pages["/f/moved.html"] = b'<html><script>location.href="/f/made.pdf"</script></html>'
    site.pages["/"] = list_page(list(range(1, TOTAL)), 0, 1)
    site.pages[notice_path(REDIRECTED)] = (302, {"Location": f"/zwgk/r{REDIRECTED}.html"}, b"")
    site.pages[notice_path(GZIPPED)] = (200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(notice_page(GZIPPED)))
    site.pages[notice_path(PICTURE)] = b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 20
    site.pages[notice_path(FILM)] = b"\0\0\0\x20ftypisom\0\0\x02\0" + bytes(range(256)) * 20
    site.pages[notice_path(LED_PDF)] = (200, {"Content-Type": "application/pdf"}, b"\xef\xbb\xbf\r\n" + pdf(pdf_line("five working days")))
    served = iter(range(99))
    site.pages[notice_path(PLAIN)] = lambda n: (
        200,
        HTML,
        notice_page(PLAIN, f'<p>浏览次数：{n}</p><a href="/f/made.pdf">名单.pdf</a><a href="/f/moved.html">附件2：表.pdf</a>'),
    )
    site.pages["/f/made.pdf"] = lambda n: (200, {"Content-Type": "application/pdf"}, pdf(pdf_line("names")) + b"%% made at %d" % n)
    page = notice_page(ENDLESS).replace(b"</body></html>", b"")

    def endless(to: socket.socket) -> None:
        seen = f"<p>浏览次数：{next(served)}</p>".encode()
        to.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page + seen)

    answers = {
        notice_path(ODD_NAME): whole(ODD_NAME, "Server : IIS\r\nX 名: a\r\n: nothing\r\nno colon\r\n".encode()),
        notice_path(LONG_HEADER): whole(LONG_HEADER, b"X-Policy: " + b"a" * 100_000 + b"\r\n"),
        notice_path(ENDLESS): endless,
        notice_path(STATUS_LINE): lambda to: to.sendall(b"\r\nHTTP/1 200\r\nContent-Length: many\r\n\r\n" + notice_page(STATUS_LINE)),
    }
    with breaking(site, answers):
        home.source(site.base)
        for words in (("crawl", "linshan"), ("crawl", "linshan", "--again")):
            Home(home.path).run(*words, check=None)  # Scrapy runs once in a process
        home.environment["SITE"] = site.base
        yield home


def states(home: Home) -> dict[int, tuple[str, str]]:
    rows = home.rows("select url, state, reason from listing")
    by_path = {url.removeprefix(home.environment["SITE"]): (state, reason) for url, state, reason in rows}
    return {n: by_path[notice_path(n)] for n in range(1, TOTAL + 1)}


def test_every_notice_that_can_be_had_is_archived_under_the_address_listed(crawled: Home) -> None:
    found = states(crawled)
    assert {n for n, (state, _) in found.items() if state != "stored"} == {3, 4, 5, 6}, found
    assert (found[3][0], found[6][0]) == ("refused", "refused")
    assert "/private/r6.html" not in str(crawled.rows("select url from snapshot"))
    assert "redirect to another site" in found[3][1]
    assert "elsewhere.example/r3.html" in found[3][1]
    assert found[4] == ("blocked", "led to another page: the site's first page")
    assert found[5][0] in ("blocked", "failed")


def test_bytes_that_are_no_page_are_files_of_their_notice(crawled: Home) -> None:
    query = "select n.url, r.text, a.outcome, a.text from notice n join revision r on r.notice_id = n.id join attachment a on a.revision_id = r.id"
    files = {url.rsplit("_", 1)[1]: (text, outcome, read) for url, text, outcome, read in crawled.rows(query)}
    assert files[f"{1000 + LED_PDF}.html"][:2] == ("", "ok")
    assert "five working days" in files[f"{1000 + LED_PDF}.html"][2]
    assert files[f"{1000 + FILM}.html"] == ("", "unsupported", "")
    assert files[f"{1000 + PLAIN}.html"][2].strip() == "names"  # the last of two files, which a page led to
    assert files[f"{1000 + PICTURE}.html"][0] == files[f"{1000 + PICTURE}.html"][2] == ""


def test_every_hop_and_every_coding_is_in_the_records(crawled: Home) -> None:
    base, records = crawled.environment["SITE"], {}
    for path in (crawled.path / "warc").glob("*.warc.gz.open"):
        for record in ArchiveIterator(io.BytesIO(path.read_bytes())):
            if record.rec_type == "response":
                records[record.rec_headers.get_header("WARC-Target-URI").removeprefix(base)] = record.http_headers
    assert records[notice_path(REDIRECTED)].get_statuscode() == "302"
    assert records[notice_path(REDIRECTED)].get_header("Location") == f"/zwgk/r{REDIRECTED}.html"
    assert {notice_path(1), "/zwgk/r1.html", notice_path(2), "/zwgk/r2.html", f"/zwgk/r{REDIRECTED}.html"} <= records.keys()
    assert records[notice_path(GZIPPED)].get_header("X-Original-Content-Encoding") == "gzip"
    assert records[notice_path(ODD_NAME)].get_header("Server") == "IIS"
    assert '"X ' in records[notice_path(ODD_NAME)].get_header("X-Original-Header")
    assert len(records[notice_path(LONG_HEADER)].get_header("X-Policy")) == 100_000
    assert crawled.rows("select count(*) from snapshot where note like '%unended%'") != [(0,)]


def test_what_is_made_again_for_each_request_makes_no_revision_and_its_bytes_are_kept(crawled: Home) -> None:
    assert crawled.rows("select url from notice where revisions > 1") == []
    made = "select count(distinct payload_digest) from snapshot where url like '%/f/made.pdf'"
    assert crawled.rows(made) == [(2,)]


def test_archive_verifies_and_reads_the_same_again(crawled: Home) -> None:
    crawled.run("verify")
    assert ", 0 would change" in crawled.run("reparse", "--dry-run").stdout


def test_rows_are_rebuilt_from_the_records_alone(crawled: Home) -> None:
    columns = "select n.url, n.revisions, r.title, r.text from notice n join revision r on r.notice_id = n.id order by n.url"
    before, states_before = crawled.rows(columns), states(crawled)
    for file in crawled.path.glob("notices.db*"):
        file.unlink()
    crawled.run("repair", "--rebuild-sql")
    assert crawled.rows(columns) == before
    assert {n: s for n, (s, _) in states(crawled).items() if s == "stored"} == {
        n: s for n, (s, _) in states_before.items() if s == "stored"
    }
    crawled.run("verify")
