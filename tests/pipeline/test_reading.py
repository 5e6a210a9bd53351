"""A crawled page to a notice: what the page, the list and the archive each contribute."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import ArchivedNotice, Capture, CrawledPage, Listed, ListEntry, listed_note, noted_listed
from notices.model import AttachmentLink, Notice
from notices.page_class import PageClass
from pipeline.reading import file_conditions, is_file, kept_files, led_elsewhere, located, missing_file, read_page

URL = "http://www.linshan.example/1.html"
PAGE = """<html><head><title>关于做好防汛工作的通知</title>{tags}</head><body><h1>关于做好防汛工作的通知</h1>
<div class="content"><p>各县区人民政府：</p><p>请做好防汛工作，落实各项措施，确保安全度汛。</p><p>{issuer}</p></div></body></html>"""
ENTRY = ListEntry("", URL)
FILE = StoredAttachment(f"{URL}.docx", AttachmentText("表.docx", ("第一页",), media_type="docx"), "sha256:aa", 5, 7)


def page(body: bytes, entry: ListEntry = ENTRY, kind: str | None = None, **note: str) -> CrawledPage:
    capture = Capture(
        URL, 200, (("Content-Type", "text/html; charset=utf-8"),), body, datetime(2026, 11, 23, tzinfo=UTC), "detail", note=note
    )
    return CrawledPage(capture, 1, Listed(entry, "http://www.linshan.example/", kind))


def test_list_gives_what_the_page_does_not_show() -> None:
    found = read_page(page(b"<html><body></body></html>", ListEntry("关于防汛的公告", URL, date(2026, 11, 20)), "公告"), None)
    assert (found.title, found.published_date, found.kind) == ("关于防汛的公告", date(2026, 11, 20), "公告")
    assert found.provenance["published_date"] == "list"


def test_file_in_place_of_a_page_is_the_attachment_of_a_notice_with_the_lists_title() -> None:
    found = read_page(page(b"%PDF-1.7", ListEntry("关于防汛的公告", URL)), "410000")
    assert (found.title, found.attachments, found.region) == ("关于防汛的公告", (AttachmentLink("关于防汛的公告", URL),), "410000")
    assert is_file(b"PK\x03\x04")
    assert not is_file(b"<html>")


@pytest.mark.parametrize(
    ("source", "notice", "expected"),
    [
        ("110000", Notice(URL, issuer="河南省水利厅"), ("110000", "source")),
        (None, Notice(URL, issuer="河南省水利厅", site_code="1100000001"), ("410000", "issuer")),
        ("", Notice(URL, issuer="水务局", site_code="4107000001"), ("410700", "page")),
        ("", Notice(URL, site_code="0000000001"), (None, None)),
        ("", Notice(URL, site_code="410700"), (None, None)),
        (None, Notice(URL), (None, None)),
    ],
)
def test_region_comes_from_the_source_then_the_issuer_then_the_page(
    source: str | None, notice: Notice, expected: tuple[str | None, str | None]
) -> None:
    found = located(notice, source)
    assert (found.region, found.region_provenance) == expected


def test_page_whose_text_names_the_issuer_in_full_has_its_region() -> None:
    text = PAGE.format(tags='<meta name="SiteIDCode" content="1100000001">', issuer="新乡市水务局<br>2026年11月20日")
    found = read_page(page(text.encode()), None)
    assert (found.region, found.region_provenance) == ("410700", "issuer")


def test_page_reached_by_a_redirect_with_another_title_and_number_is_not_the_notice() -> None:
    archived = ArchivedNotice("关于防汛的通知", "临政〔2026〕1号", 1)
    led = page(b"<html>", redirected_from=URL)
    assert led_elsewhere(led, Notice(URL, title="首页"), archived) == PageClass.ELSEWHERE
    assert led_elsewhere(led, Notice(URL, title="关于 防汛的通知"), archived) is None
    assert led_elsewhere(led, Notice(URL, title="通知", document_number="临政〔2026〕1号"), archived) is None
    assert led_elsewhere(page(b"<html>"), Notice(URL, title="首页"), archived) is None
    assert led_elsewhere(led, Notice(URL, title="首页"), None) is None


def test_file_that_cannot_be_fetched_now_stays_as_archived_under_todays_name() -> None:
    archived = ArchivedNotice("关于防汛的通知", None, 1, (FILE,))
    gone, other = (
        missing_file(AttachmentLink("附表.docx", FILE.url), "HTTP 500"),
        missing_file(AttachmentLink("图.png", f"{URL}.png"), "HTTP 404"),
    )
    kept = kept_files([gone, other], archived)
    assert kept == [FILE._replace(text=FILE.text._replace(name="附表.docx")), other]
    assert kept_files([gone], None) == [gone]


def test_conditions_are_the_validators_that_the_server_sent() -> None:
    capture = Capture(URL, 200, (("ETag", '"a"'), ("Last-Modified", "Fri, 20 Nov 2026\r\nX: y")), b"", datetime.now(UTC), "attachment")
    assert file_conditions(capture) == {"If-None-Match": '"a"'}


def test_last_day_of_the_list_is_a_period_that_ends_after_it() -> None:
    entry = ListEntry("关于防汛的公告", URL, date(2026, 11, 20), date(2026, 12, 10))
    found = read_page(page(PAGE.format(tags="", issuer="").encode(), entry), None)
    assert [(each.label, each.start, each.end) for each in found.anatomy.periods] == [("截止", None, datetime(2026, 12, 11))]
    assert found.provenance["deadline"] == "list"
    assert noted_listed(listed_note(Listed(entry, "http://www.linshan.example/"), "linshan")) == Listed(
        entry, "http://www.linshan.example/"
    )


@pytest.mark.parametrize(
    "named", ["请于2026年12月10日前反馈意见。", "征求意见时间：2026年12月1日至2026年12月10日。", "报名截止时间：2026年12月10日17时。"]
)
def test_last_day_that_the_text_names_is_not_said_twice(named: str) -> None:
    body = PAGE.format(tags="", issuer=named).encode()
    found = read_page(page(body, ListEntry("", URL, None, date(2026, 12, 10))), None)
    assert len(found.anatomy.periods) == 1
    assert "deadline" not in found.provenance


@pytest.mark.parametrize(
    ("shown", "address", "expected"),
    [
        ("<p>发布时间：2026-11-18</p>", URL, date(2026, 11, 18)),
        ("<p>今日 2026-11-23 星期一</p>", URL, date(2026, 11, 20)),
        ("<p>2026-11-18</p>", URL, date(2026, 11, 18)),
        ("", "http://www.linshan.example/202609/t20260928_1.html", date(2026, 11, 20)),
    ],
)
def test_day_of_the_list_comes_before_a_clock_of_the_site_and_a_day_of_upload(shown: str, address: str, expected: date) -> None:
    body = PAGE.format(tags="", issuer="").replace("</h1>", f"</h1>{shown}").encode()
    capture = Capture(address, 200, (("Content-Type", "text/html"),), body, datetime(2026, 11, 23, 4, tzinfo=UTC), "detail")
    listed = Listed(ListEntry("关于做好防汛工作的通知", address, date(2026, 11, 20)), "http://www.linshan.example/")
    assert read_page(CrawledPage(capture, 1, listed), None).published_date == expected


@pytest.mark.parametrize(
    ("shown", "listed", "expected"),
    [
        ("临杉市林业局", "2026年护林员招录方案", "2026年护林员招录方案"),
        ("临杉市林业局", "", "临杉市林业局"),
        ("2026年护林员招录工作…-临杉市林业局", "2026年护林员招录工作方案", "2026年护林员招录工作方案"),
        ("2026年护林员招录工作…-临杉市林业局", "2026年护林员招录工作…", "2026年护林员招录工作…"),
        ("2026年护林员招录工作方案-临杉市林业局", "2026年护林员招录…", "2026年护林员招录工作方案"),
    ],
)
def test_title_of_the_list_comes_before_a_sites_name_and_a_cut_title(shown: str, listed: str, expected: str) -> None:
    text = "<p>为做好招录工作，请各单位于汛期前完成检查，并将结果报送市防汛办公室。</p>" * 3
    body = f"<html><head><title>{shown}</title></head><body><a href='/'>首页</a> <a href='/g/'>公开</a><div class='content-text'>{text}</div></body></html>"
    assert read_page(page(body.encode(), ListEntry(listed, URL)), None).title == expected


def test_page_without_a_title_and_with_two_links_above_is_still_the_notice() -> None:
    text = "<p>为做好招录工作，请各单位于汛期前完成检查，并将结果报送市防汛办公室。</p>" * 3
    body = f"<html><body><div><a href='/'>首页</a> <a href='/g/'>政务公开</a></div><div class='article-content'>{text}</div></body></html>"
    found = read_page(page(body.encode(), ListEntry("2026年护林员招录方案", URL)), None)
    assert (found.blocked, found.title) == (None, "2026年护林员招录方案")
