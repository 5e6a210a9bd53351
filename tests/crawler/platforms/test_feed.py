"""Feeds as lists: RSS of both kinds and Atom."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crawler.list_page import next_candidates, read_list
from notices.capture import ListEntry
from tests.support.quick_home import QuickHome
from tests.support.site_server import Site, notice_page, serving, title

FEED = "http://www.linshan.example/tzgg/rss.xml"
RSS = """<?xml version="1.0" encoding="GB2312"?>
<?xml-stylesheet type="text/xsl" href="/rss.xsl"?>
<!-- made by a program -->
<rss version="2.0"><channel><title>临山县人民政府 通知公告</title><link>http://www.linshan.example/</link>
<item><title><![CDATA[关于做好防汛工作的<b>通知</b>]]></title><link>http://www.linshan.example/tzgg/1.html</link>
<pubDate>Tue, 01 Sep 2026 17:30:00 GMT</pubDate><description>关于 &lt;a href="/x.html"&gt;旧闻&lt;/a&gt;</description></item>
<item><title>关于修桥的公告 &amp;lt;试行&amp;gt;</title><link><![CDATA[/tzgg/2.html?a=1&b=2]]></link><pubDate>2026-09-02 08:00:00</pubDate></item>
<item><title>关于停水的公告</title><guid isPermaLink="true">http://www.linshan.example/tzgg/3.html</guid><pubDate>2026年9月3日</pubDate></item>
<item><title>没有地址的公告</title><guid isPermaLink="false">tag:3</guid></item>
<item><title></title><link>http://www.linshan.example/tzgg/5.html</link></item>
</channel></rss>"""
ENTRIES = (
    ListEntry("关于做好防汛工作的通知", "http://www.linshan.example/tzgg/1.html", date(2026, 9, 2)),  # half past one in China
    ListEntry("关于修桥的公告 <试行>", "http://www.linshan.example/tzgg/2.html?a=1&b=2", date(2026, 9, 2)),
    ListEntry("关于停水的公告", "http://www.linshan.example/tzgg/3.html", date(2026, 9, 3)),
)


def test_rss_is_read_in_its_order_with_days_of_china() -> None:
    found = read_list(RSS.encode("gb18030"), FEED)
    assert (found.entries, found.next_page, found.platform) == (ENTRIES, None, "feed")
    assert next_candidates(RSS.encode("gb18030"), FEED) == ()


def test_rss_1_and_atom() -> None:
    rdf = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="x"><title>通知</title></channel><item rdf:about="y"><title>关于修路的通告</title><link>/a/1.html</link>
<dc:date>2026-09-01T23:00:00+08:00</dc:date></item></rdf:RDF>"""
    assert read_list(rdf.encode(), FEED).entries == (ListEntry("关于修路的通告", "http://www.linshan.example/a/1.html", date(2026, 9, 1)),)
    atom = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/a/"><link rel="self" href="atom.xml"/><link rel="next" href="atom.xml?page=2"/>
<entry><title type="html">关于&amp;nbsp;修路的通告</title><id>urn:1</id><link rel="enclosure" href="x.pdf"/><link type="application/pdf" href="1.pdf"/>
<link type="text/html" href="1.html"/><updated>2026-10-01T00:00:00Z</updated><published>2026-09-01T23:00:00Z</published></entry></feed>"""
    found = read_list(atom.encode(), FEED)
    assert found.entries == (ListEntry("关于 修路的通告", "http://www.linshan.example/a/1.html", date(2026, 9, 2)),)
    assert found.next_page == "http://www.linshan.example/a/atom.xml?page=2"


@pytest.mark.parametrize(
    "feed",
    [
        "\ufeff\n<rss><channel><item><title>关于修路 & 架桥的通告</title><link>/1.html?a=1&b=2</link></item></channel></rss>",
        "<rss><channel><item><title>关于修路 & 架桥的通告</title><link>/1.html?a=1&b=2</link></item>",
        '<?xml version="1.0"?><!DOCTYPE rss><rss><channel><item><title>关于修路 &amp; 架桥的通告</title><link>/1.html?a=1&amp;b=2</link>'
        "<pubDate>some day</pubDate></item></channel></rss>",
    ],
)
def test_feeds_that_are_no_xml_are_read_as_far_as_they_go(feed: str) -> None:
    found = read_list(feed.encode(), FEED)
    assert [(e.title, e.date) for e in found.entries] == [("关于修路 & 架桥的通告", None)]
    assert found.entries[0].url.startswith("http://www.linshan.example/1.html")


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel></channel></rss>",
        "<rss",
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title><link>/1.html</link></item></channel></rss>',
        "<rss><channel><item><title>远</title><link>javascript:alert(1)</link><pubDate>Mon, 32 Foo 99999 99:00:00</pubDate></item></channel></rss>",
    ],
)
def test_nothing_is_made_up(text: str) -> None:
    assert read_list(text.encode(), FEED).entries == ()


def test_page_that_names_a_feed_is_a_page() -> None:
    page = "<!DOCTYPE html><html><head><link rel=alternate type='application/rss+xml' href='/rss.xml'></head><body><ul>"
    page += (
        "".join(f"<li><a href='/tzgg/t2026090{n}_{n}.html'>{title(n)}</a><span>2026-09-0{n}</span></li>" for n in range(1, 6))
        + "</ul></body></html>"
    )
    found = read_list(page.encode(), FEED)
    assert (len(found.entries), found.platform != "feed") == (5, True)


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/xml; charset=gb2312", "application/octet-stream"])
def test_crawl_of_a_feed(tmp_path: Path, kind: str) -> None:
    items = "".join(f"<item><title>{title(n)}</title><link>/tzgg/{n}.html</link></item>" for n in range(1, 4))
    body = f'<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>通知</title>{items}</channel></rss>'.encode(
        "gb18030"
    )
    site = Site({"/tzgg/": (200, {"Content-Type": kind}, body)})
    site.pages.update({f"/tzgg/{n}.html": notice_page(n) for n in range(1, 4)})
    home = QuickHome(tmp_path / "home")
    with serving(site):
        home.source(site.base)
        home.run("crawl", check=None)
    run = json.loads(home.run("runs", "1", "--json").stdout)
    assert (run["outcome"], run["counts"]["new"]) == ("done", 3)
