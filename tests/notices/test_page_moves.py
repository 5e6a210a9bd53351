"""Pages that only lead elsewhere, and those that only look so."""

from __future__ import annotations

from time import process_time

import pytest

from notices.page_moves import is_home, moved_to

BASE = "http://www.linshan.example/tzgg/s1.html"
TO = "http://www.linshan.example/zwgk/r1.html"


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="0;url=/zwgk/r1.html">',
        "<META HTTP-EQUIV=Refresh CONTENT=\"3; URL='../zwgk/r1.html'\"><p>页面已迁移</p>",
        "<meta content='0,url=/zwgk/r1.html' http-equiv=refresh>正在跳转，请稍候",
        '<meta http-equiv="refresh" content="0; /zwgk/r1.html">',
        '<script>location.href="/zwgk/r1.html";</script>',
        "<script>window.location.replace('/zwgk/r1.html')</script>",
        '<script>top.location = "\\/zwgk\\/r1.html"</script>',
        "<script>self.location.assign('\\u002fzwgk/r1.html');</script>正在为您跳转",
        '<script>var to = "/zwgk/r1.html"; window.location.href = to;</script>',
        "<script>setTimeout(\"location.href='/zwgk/r1.html'\", 100)</script>",
        '<script>function go(){ window.location="/zwgk/r1.html" }</script><body onload="go()">',
        '<script>// location.href="/old"\nlocation.href="/zwgk/r1.html"</script>',
        '<base href="/zwgk/"><meta http-equiv=refresh content="0;url=r1.html">',
    ],
)
def test_page_without_words_leads_to_the_address_it_names(page: str) -> None:
    assert moved_to(f"<html><head>{page}</head></html>".encode(), BASE) == TO
    assert moved_to(f"<html><head>{page}</head></html>".encode("gb18030"), BASE) == TO


@pytest.mark.parametrize(
    "page",
    [
        '<frameset rows="*"><frame src="/zwgk/r1.html"><noframes>您的浏览器不支持框架</noframes></frameset>',
        '<frameset rows="0,*"><frame name="top" height="0" src="top.html"><frame src="../zwgk/r1.html"></frameset>',
        '<body><iframe src="/zwgk/r1.html" width="100%" height="100%" frameborder="0">不支持</iframe></body>',
        '<body><iframe src="count.php" width="0" height="0"></iframe><div><iframe src=" /zwgk/r1.html"></iframe></div><script>var a = 1;</script></body>',
        '<body><iframe style="display:none" src="/a.html"></iframe><iframe src="/zwgk/r1.html"></iframe></body>',
    ],
)
def test_page_whose_only_content_is_another_page_in_a_frame_leads_there(page: str) -> None:
    assert moved_to(f"<html><head><title>通知公告</title></head>{page}</html>".encode(), BASE) == TO


@pytest.mark.parametrize(
    "page",
    [
        '<iframe src="/zwgk/r1.pdf"></iframe>',
        '<iframe src="/pdfjs/web/viewer.html?file=/zwgk/r1.pdf"></iframe>',
        '<iframe src="/zwgk/r1.html"></iframe><iframe src="/zwgk/r2.html"></iframe>',
        '<p>各县区人民政府：</p><iframe src="/zwgk/r1.html"></iframe>',
        '<img src="a.jpg"><iframe src="/zwgk/r1.html"></iframe>',
        '<iframe src="/zwgk/r1.html" height="0"></iframe>',
        '<iframe src="/zwgk/r1.html"></iframe>特此通知',
        '<iframe src=""></iframe>',
    ],
)
def test_frame_with_a_file_or_beside_other_content_leads_nowhere(page: str) -> None:
    assert moved_to(f"<html><head></head><body>{page}</body></html>".encode(), BASE) is None


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="600"><p>各县区人民政府：</p>',
        '<meta http-equiv="refresh" content="60;url=/zwgk/r1.html"><p>' + "各县区人民政府，请于汛期前完成堤防巡查工作。" * 20 + "</p>",
        '<meta http-equiv="refresh" content="0;url=s1.html">',
        '<script>document.cookie="a=1"; location.href="/zwgk/r1.html"</script>',
        '<script>if(/Mobile/.test(navigator.userAgent)) location.href="/m/r1.html"</script>',
        '<script>function home(){location.href="/zwgk/r1.html"}</script><img src="a.png">',
        '<script>/* location.href="/zwgk/r1.html" */</script>',
        '<!-- <meta http-equiv="refresh" content="0;url=/zwgk/r1.html"> -->',
        '<noscript><meta http-equiv="refresh" content="0;url=/nojs.html"></noscript>',
        '<script>location.href="javascript:void(0)"</script>',
        '<script>if(location.href=="/zwgk/r1.html"){}</script>',
    ],
)
def test_page_that_has_words_or_asks_for_a_cookie_leads_nowhere(page: str) -> None:
    assert moved_to(f"<html><head></head><body>{page}</body></html>".encode(), BASE) is None


@pytest.mark.parametrize(
    "body", [b"", b"\0location", b"location.href='" * 9000, b"\xff\xd8\xfflocation.href='/a'", b"<script>location.href='\\u'"]
)
def test_no_bytes_are_an_error(body: bytes) -> None:
    moved_to(body, BASE)


def test_first_page_of_a_site_is_told_by_its_path() -> None:
    base = "http://www.linshan.example"
    assert all(is_home(base + path) for path in ("", "/", "/index.html", "/INDEX.SHTML", "/default.aspx"))
    assert not any(is_home(base + path) for path in ("/tzgg/", "/tzgg/index.html", "/index.html?id=3", "/r1.html"))


@pytest.mark.parametrize(
    "piece", ["/*", "window . ", "location=a;", "function a(){location='/b'", "<meta http-equiv=refresh content=1", " ", "\\u"]
)
def test_hostile_page_takes_no_time(piece: str) -> None:
    for frame in ("<script>{}", "<script>location.href={}", '<meta http-equiv="refresh" content="{}">', "<body onload='{}'>"):
        started = process_time()
        moved_to(frame.format(piece * (60_000 // len(piece))).encode(), BASE)
        assert process_time() - started < 2
