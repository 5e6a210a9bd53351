"""The crawl as its user sees it: real processes, a real site on loopback."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home
from tests.support.site_server import Site, list_page, notice_page, notice_path, serving, small_site, title


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_crawl_archives_indexes_and_the_second_run_fetches_lists_only(home: Home) -> None:
    with serving(small_site(7)) as site:
        home.source(site.base)
        assert "new 7" in home.run("crawl").stdout
        first = site.requests.copy()
        home.run("crawl")
        again = site.requests - first
    assert all(first[notice_path(n)] == 1 for n in range(1, 8))
    assert set(again) <= {"/robots.txt", "/tzgg/", "/tzgg/index.html", "/tzgg/index_1.html", "/tzgg/index_2.html"}
    assert home.search("甲0003")["hits"][0]["title"] == title(3)
    assert home.rows("select count(*), count(distinct key) from notice") == [(7, 7)]
    assert home.rows("select distinct outcome from run") == [("done",)]


def test_every_notice_is_traceable_to_its_bytes(home: Home) -> None:
    from pipeline.warc.series import read_capture

    with serving(small_site(2)) as site:
        home.source(site.base)
        home.run("crawl")
    rows = home.rows(
        "select s.warc_file, s.offset, n.url from revision r join notice n on n.id = r.notice_id join snapshot s on s.id = r.snapshot_id"
    )
    kept = {url: read_capture(home.path / "warc", file, offset).body for file, offset, url in rows}
    assert kept == {site.base + notice_path(n): notice_page(n) for n in (1, 2)}


def test_incremental_run_fetches_only_what_is_new(home: Home) -> None:
    with serving(small_site(6)) as site:
        home.source(site.base)
        home.run("crawl")
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([7, 6, 5, 4], 0, 2)
        site.pages[notice_path(7)] = notice_page(7)
        before = site.requests.copy()
        assert "new 1" in home.run("crawl").stdout
        fetched = {path for path in site.requests - before if "/t2026" in path}
    assert fetched == {notice_path(7)}


def test_limit_leaves_the_rest_to_the_next_run(home: Home) -> None:
    with serving(small_site(6)) as site:
        home.source(site.base)
        assert "new 2" in home.run("crawl", "--limit", "2").stdout
        assert "new 4" in home.run("crawl").stdout
    assert home.rows("select count(*) from notice") == [(6,)]


def test_since_leaves_out_what_is_older(home: Home) -> None:
    with serving(small_site(6)) as site:
        home.source(site.base)
        home.run("crawl", "--since", "2026-10-05")
    assert home.rows("select min(published_date), count(*) from revision") == [("2026-10-05", 3)]


def test_full_run_finds_a_silent_edit(home: Home) -> None:
    with serving(small_site(4)) as site:
        home.source(site.base)
        home.run("crawl")
        site.pages[notice_path(2)] = notice_page(2, "此外，夜间也要巡查。")
        home.run("crawl")
        assert home.rows("select max(revisions) from notice") == [(1,)]
        assert "revised 1" in home.run("crawl", "--full").stdout
    assert home.rows("select count(*) from revision") == [(5,)]
    assert home.search("夜间也要巡查")["total"] == 1


def test_robots_txt_is_obeyed(home: Home) -> None:
    site = small_site(3)
    site.pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, f"User-agent: *\nDisallow: {notice_path(2)}\n".encode())
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    assert site.requests[notice_path(2)] == 0
    assert home.rows("select state from listing where url like '%1002.html'") == [("refused",)]


def test_site_closed_by_robots_is_reported(home: Home) -> None:
    site = small_site(3)
    site.pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /\n")
    with serving(site):
        home.source(site.base)
        assert "robots" in home.run("crawl", check=3).stderr
    assert set(site.requests) == {"/robots.txt"}


def test_busy_server_is_waited_for(home: Home) -> None:
    site = small_site(2)
    page = site.pages[notice_path(1)]
    site.pages[notice_path(1)] = lambda n: (503, {"Retry-After": "1"}, b"busy") if n == 0 else (200, {"Content-Type": "text/html"}, page)  # type: ignore[return-value]
    with serving(site):
        home.source(site.base)
        began = time.monotonic()
        home.run("crawl")
    assert time.monotonic() - began > 1  # at least: a busy machine only takes longer
    assert home.rows("select count(*) from notice") == [(2,)]


def test_server_that_asks_for_an_hour_is_left_alone(home: Home) -> None:
    site = small_site(2)
    site.pages["/tzgg/"] = (429, {"Retry-After": "3600"}, b"busy")
    with serving(site):
        home.source(site.base)
        assert "3600" in home.run("crawl", check=3).stderr
        asked = site.requests.total()
        assert "left alone" in home.run("crawl", check=3).stderr
        assert site.requests.total() == asked


def test_redirect_to_another_site_is_refused(home: Home) -> None:
    other = Site({"/x.html": notice_page(9)})
    site = small_site(2)
    with serving(other), serving(site):
        site.pages[notice_path(1)] = (302, {"Location": other.base.replace("127.0.0.1", "localhost") + "/x.html"}, b"")
        home.source(site.base)
        home.run("crawl")
    assert other.requests.total() == 0
    assert home.rows("select state from listing where url like '%1001.html'") == [("refused",)]


def test_public_crawl_never_reaches_a_private_address(home: Home) -> None:
    with serving(small_site(2)) as site:
        path = home.source(site.base)
        path.write_text(path.read_text(encoding="utf-8").replace("allow_private = true", ""), encoding="utf-8")
        assert "private address" in home.run("crawl", check=3).stderr
        path.write_text(path.read_text(encoding="utf-8").replace("127.0.0.1", "localhost.localdomain"), encoding="utf-8")
        home.run("crawl", check=3)
    assert site.requests.total() == 0


@pytest.mark.parametrize("status", [404, 500])
def test_list_that_fails_makes_the_source_fail(home: Home, status: int) -> None:
    with serving(Site({"/tzgg/": (status, {}, b"")})) as site:
        home.source(site.base)
        assert f"HTTP {status}" in home.run("crawl", check=3).stderr
    assert home.rows("select outcome from run") == [("failed",)]
    assert "failed" in home.run("status", check=3).stdout


def test_empty_list_makes_the_source_fail(home: Home) -> None:
    with serving(Site({"/tzgg/": b"<html><body><p>no entries</p></body></html>"})) as site:
        home.source(site.base)
        assert "no entries" in home.run("crawl", check=3).stderr


def test_unreachable_host_makes_the_source_fail(home: Home) -> None:
    with serving(Site()) as site:
        base = site.base
    home.source(base)
    assert "127.0.0.1" in home.run("crawl", check=3).stderr


def test_page_that_is_no_page_and_invalid_bytes_do_no_harm(home: Home) -> None:
    site = small_site(4)
    site.pages[notice_path(1)] = (200, {"Content-Type": "text/html"}, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    site.pages[notice_path(2)] = notice_page(2).replace("堤防".encode(), b"\xff\xfe\xf0\x28\x00")
    site.pages[notice_path(3)] = (200, {"Content-Type": "text/html"}, b"")
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    stored = {url[-6] for (url,) in home.rows("select url from notice")}
    assert {"2", "4"} <= stored
    assert "3" not in stored


def test_unknown_source_and_broken_file_are_named(home: Home) -> None:
    assert "'nowhere'" in home.run("crawl", "nowhere", check=2).stderr
    (home.path / "sources").mkdir(parents=True)
    (home.path / "sources/bad.toml").write_text("name = [", encoding="utf-8")
    assert "bad.toml" in home.run("crawl", check=2).stderr


def test_disabled_source_is_not_crawled(home: Home) -> None:
    path = home.source("http://127.0.0.1:9")
    path.write_text(path.read_text(encoding="utf-8").replace("enabled = true", ""), encoding="utf-8")
    assert "disabled" in home.run("crawl", "linshan", check=2).stderr


def test_second_run_of_a_source_is_refused_while_the_first_is_at_it(home: Home) -> None:
    from pipeline.sql.locks import hold

    with serving(small_site(3)) as site:
        home.source(site.base)
        with hold(home.path / "locks", "crawl-linshan"):
            assert f"another run holds {home.path}" in home.run("crawl", check=6).stderr
        assert site.requests.total() == 0
        home.run("crawl")
    assert home.rows("select count(*) from notice") == [(3,)]


def test_first_signal_stops_after_the_page_and_the_next_run_goes_on(home: Home) -> None:
    site = small_site(12, per_page=6)
    with serving(site):
        path = home.source(site.base)
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.01", "delay = 0.4"), encoding="utf-8")
        first = subprocess.Popen(home.command("crawl"), env=home.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _wait_for(lambda: site.requests[notice_path(11)] > 0)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=400)
        assert first.returncode == 0
        assert home.rows("select outcome from run") == [("stopped",)]
        (archived,) = home.rows("select count(*) from notice")[0]
        assert 0 < archived < 12
        path.write_text(path.read_text(encoding="utf-8").replace("delay = 0.4", "delay = 0.01"), encoding="utf-8")
        home.run("crawl")
    assert home.rows("select count(*), sum(revisions) from notice") == [(12, 12)]


def _wait_for(condition: object, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_folder_that_cannot_be_written_is_named(home: Home) -> None:
    home.path.parent.mkdir(exist_ok=True)
    home.path.write_text("a file", encoding="utf-8")
    assert str(home.path) in home.run("status", check=2).stderr


def test_index_full_of_garbage_is_rebuilt_by_the_next_run(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        home.run("crawl")
        for file in (home.path / "index").rglob("*"):
            if file.is_file():
                file.write_bytes(b"garbage")
        home.run("crawl")
    assert home.search("甲0002")["total"] == 1


def test_index_that_is_gone_is_rebuilt(home: Home) -> None:
    import shutil

    with serving(small_site(3)) as site:
        home.source(site.base)
        home.run("crawl")
    shutil.rmtree(home.path / "index")
    home.run("index")
    assert home.search("甲0002")["total"] == 1


def test_column_page_that_only_names_its_answer_is_followed(home: Home) -> None:
    import json

    site = small_site(2)
    site.pages["/gkmlpt/index"] = (
        b'<html><head><title>x</title></head><body><script>window._CONFIG = {SID: 7, TREE: [{"id": 12}]};</script><div></div></body></html>'
    )
    articles = [{"id": n, "title": title(n), "url": notice_path(n), "date": 1790000000 + n} for n in (1, 2)]
    answer = json.dumps({"classify": {"post_count": 2}, "articles": articles}).encode()
    with serving(site):
        page = __import__("crawler.list_page", fromlist=["read_list"]).read_list(site.pages["/gkmlpt/index"], site.base + "/gkmlpt/index")
        assert page.next_page, page
        site.pages[page.next_page.removeprefix(site.base)] = (200, {"Content-Type": "application/json"}, answer)
        home.source(site.base, column="/gkmlpt/index")
        assert "new 2" in home.run("crawl", check=None).stdout


def test_one_request_at_a_time_under_an_honest_name(home: Home) -> None:
    site = small_site(6)
    for n in range(1, 7):
        page = notice_page(n)
        site.pages[notice_path(n)] = lambda _n, page=page: (time.sleep(0.2), (200, {"Content-Type": "text/html"}, page))[1]  # type: ignore[misc]
    home.environment["NOTICES_CONTACT"] = "keeper@archive.example"
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    assert home.rows("select count(*) from notice") == [(6,)]
    assert site.most_at_once == 1
    assert all("keeper@archive.example" in agent for agent in site.agents)


def test_list_page_that_fails_is_named_though_the_page_after_it_answers(home: Home) -> None:
    site = small_site(12, per_page=3)
    good = site.pages["/tzgg/index_1.html"]
    site.pages["/tzgg/index_1.html"] = (500, {}, b"")
    with serving(site):
        home.source(site.base)
        assert "index_1.html: HTTP 500" in home.run("crawl", check=3).stderr
        assert home.rows("select outcome from run") == [("partial",)]
        assert home.rows("select complete from column_walk") == [(0,)]
        site.pages["/tzgg/index_1.html"] = good
        home.run("crawl")
    assert home.rows("select count(*) from notice") == [(12,)]
    assert home.rows("select complete from column_walk") == [(1,)]


def test_list_whose_entries_have_no_address_is_a_problem_and_not_the_end(home: Home) -> None:
    site = small_site(6)
    rows = "".join(f'<li><a href="javascript:;" onclick="show({n})">{title(n)}</a><span>2026-10-{n:02d}</span></li>' for n in (3, 2, 1))
    site.pages["/tzgg/index_1.html"] = f"<html><body><ul>{rows}</ul></body></html>".encode()
    with serving(site):
        home.source(site.base)
        assert "none of its 3 entries has an address" in home.run("crawl", check=3).stderr
    assert home.rows("select complete from column_walk") == [(0,)]


def test_session_in_a_path_and_query_in_gbk_name_one_notice_each(home: Home) -> None:
    rows = f'<li><a href="(S(abc))/1.html">{title(1)}</a><span>2026-10-02</span></li><li><a href="show.asp?t=防汛">{title(2)}</a><span>2026-10-03</span></li>'
    column = f'<html><head><meta charset="gb2312"></head><body><ul>{rows}</ul></body></html>'
    site = Site({"/tzgg/(S(abc))/1.html": notice_page(1), "/tzgg/show.asp?t=%B7%C0%D1%B4": notice_page(2)})
    with serving(site):
        home.source(site.base)
        for session in ("abc", "xyz"):
            site.pages[f"/tzgg/(S({session}))/1.html"] = notice_page(1)
            site.pages["/tzgg/"] = (200, {"Content-Type": "text/html"}, column.replace("abc", session).encode("gb18030"))
            home.run("crawl")
    assert home.rows("select count(*), sum(revisions) from notice") == [(2, 2)]


def test_entries_that_are_no_notices_neither_end_the_run_nor_come_before_new_ones(home: Home) -> None:
    site = small_site(9, per_page=9)
    for n in (1, 2, 3, 4, 5):
        site.pages[notice_path(n)] = "<html><head><title>跳转</title></head><body>页面正在跳转，请稍候</body></html>".encode()
    with serving(site):
        home.source(site.base)
        home.run("crawl")
        assert home.rows("select state, count(*) from listing group by state order by state") == [("blocked", 5), ("stored", 4)]
        assert home.rows("select outcome from run") == [("done",)]
        newer = small_site(10, per_page=10)
        site.pages |= {path: newer.pages[path] for path in ("/tzgg/", "/tzgg/index.html", notice_path(10))}
        home.run("crawl")
    asked = [url[-9:-5] for (url,) in home.rows("select url from snapshot where kind = 'detail' order by id")]
    assert asked[9:] == ["1010", *asked[10:]]
    assert set(asked[10:]) == {"1001", "1002", "1003", "1004", "1005"}


def test_pictures_in_place_of_a_text_are_archived_and_wait_to_be_recognised(home: Home) -> None:
    site = small_site(2)
    page = notice_page(2).decode()
    begin, end = page.index("<p>临政发"), page.index("</div></body>")
    inner = '<img src="/a/icon_pdf.png"><img src="scan-1.png"><img src="scan-2.png">'
    site.pages[notice_path(2)] = (page[:begin] + inner + page[end:]).encode()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    for n in (1, 2):
        site.pages[f"/tzgg/202610/scan-{n}.png"] = (200, {"Content-Type": "image/png"}, picture + bytes([n]))
    with serving(site):
        home.source(site.base)
        home.run("crawl")
        assert site.requests["/tzgg/202610/scan-1.png"] == 1
        assert site.requests["/a/icon_pdf.png"] == 0
        home.run("crawl", "--again")
    rows = "select name, outcome, detail, snapshot_id is not null from attachment order by position"
    assert home.rows(rows) == [("scan-1.png", "scanned", "an image", 1), ("scan-2.png", "scanned", "an image", 1)]
    assert home.rows("select max(n) from revision") == [(1,)]
    home.run("reparse")
    assert home.rows("select max(n) from revision") == [(1,)]
    home.run("verify")
