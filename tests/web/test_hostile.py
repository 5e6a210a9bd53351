"""Hostile notices, and hostile questions: whatever a title, text, number, file name or address contains is text on every page, feed and file."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from lxml import etree, html
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import EVIL, PADDING, line, links_of, reading_room

HOSTILE = (
    EVIL, "</title></script><script>alert(3)</script>", "\"'><svg/onload=alert(4)>", "' onmouseover='alert(5)' style='x", "]]><x xmlns='y'>&amp;&lt;b&gt;",
    "<iframe src=//evil.example></iframe><base href=//evil.example>", "javascript:alert(6)", "<!--", "\u202e倒写\u2066\u200b\u2028", "\x1b[31m\x07\x9b",
    '=HYPERLINK("http://evil.example")', "{{ reader.link.__globals__ }}{% include '/etc/passwd' %}", "\r\nSet-Cookie: a=b", "\ud83d", "${7*7}#{7*7}%s%n{0}",
)  # fmt: skip
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "header",
        "form",
        "label",
        "input",
        "datalist",
        "nav",
        "span",
        "main",
        "article",
    ),
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "div",
        "strong",
        "section",
        "dl",
        "dt",
        "dd",
        "ol",
        "ul",
        "li",
        "small",
        "code",
        "q",
        "svg",
        "line",
    ),
    *(
        "text",
        "rect",
        "g",
        "footer",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "time",
        "button",
        "mark",
        "aside",
        "ins",
        "del",
    ),
}
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    """A notice for each, which has it everywhere; each has a second revision with it, and cites the one before."""
    folder = tmp_path_factory.mktemp("hostile")
    home = QuickHome(folder / "home")
    for changed in ("", "修改后"):
        lines = [
            line(
                n, f"河道{bad}", f"{bad}\n一、{bad}\n河道{bad}\t{bad}\n《河道{HOSTILE[n - 2]}》同时废止。联系人{bad}。2030年3月1日前{bad}{changed}。{PADDING}",
                issuer=f"机关{bad}", document_number=f"临政〔2024〕{n}号{bad}", attachments=[{"name": f"附件{bad}.pdf", "text": f"河道{bad}\f{bad}"}],
            )
            for n, bad in enumerate(HOSTILE, 1)
        ]  # fmt: skip
        file = folder / "lines.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
        home.run("import", str(file), check=None)
    return home


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home) as client:
        yield client


def check_page(text: str, address: str) -> None:
    """Nothing in a page but our own elements, attributes and links, and no character that is not seen."""
    tree = html.fromstring(text)
    elements = [each for each in tree.iter() if isinstance(each.tag, str)]
    assert {each.tag for each in elements} <= TAGS, address
    assert not [each for each in elements if each.tag == "script" and (each.text or not each.get("src", "").startswith("/static/"))], (
        address
    )
    for each in elements:
        assert not [name for name in each.attrib if name.startswith("on") or name in ("style", "srcdoc", "srcset")], address
        for name in ("href", "src", "action"):
            value = each.get(name)
            assert value is None or value.startswith(("/", "#", "http://www.linshan.example/")), (address, value)
            assert value is None or not value.startswith("//"), (address, value)
    unseen = {each for each in text if unicodedata.category(each) in UNSEEN and each not in "\n\t"}
    assert unseen == set(), (address, unseen)
    assert "root:x:" not in text


def check(room: TestClient, address: str) -> str:
    """Ask, and check whatever comes; what came if it is a page."""
    answer = room.get(address)
    assert answer.status_code < 500, (address, answer.text[:300])
    assert "set-cookie" not in answer.headers
    assert all(each.isprintable() and each.isascii() for each in (*answer.headers.keys(), *answer.headers.values())), address
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html"):
        check_page(answer.text, address)
        return answer.text
    if "json" in kind and "ndjson" not in kind:
        json.loads(answer.text)
    elif "xml" in kind or "opml" in kind:
        etree.fromstring(answer.content)
    elif kind.startswith("text/csv"):
        cells = [cell for row in csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))], address
    return ""


def test_a_hostile_notice_is_text_wherever_a_link_leads(room: TestClient) -> None:
    seen: set[str] = set()
    waiting = [
        *(f"/n/{n}" for n in range(1, 15)),
        "/search?q=河道&copies=all&limit=100",
        "/search?past=1&q=河道",
        "/changes",
        "/sources",
        "/deadlines",
        "/",
        "/status",
    ]
    while waiting and len(seen) < 130:
        address = waiting.pop(0)
        if address not in seen:
            seen.add(address)
            waiting += [link for link in links_of(check(room, address)) if link not in seen]
    assert any("/diff" in address for address in seen)
    assert any("/a/" in address for address in seen)


def test_nothing_of_it_gets_out_by_feeds_files_and_the_api(room: TestClient) -> None:
    for address in (
        "/feed.atom", "/feed.json", "/feed.atom?q=河道", "/feed.json?q=河道", "/feeds.opml", "/sitemap-0.xml", "/opensearch.xml", "/export?all=1&format=csv",
        "/complete?q=河道", "/api/v1/search?q=河道&facets=1&limit=100", "/api/v1/changes", "/api/v1/sources", "/deadlines.ics",
    ):  # fmt: skip
        check(room, address)
    for n in range(1, len(HOSTILE) + 1):
        for part in ("", "/revisions/1", "/diff", "/citations", "/history", "/revisions/1/attachments/1"):
            check(room, f"/api/v1/notices/{n}{part}")
        for form in ("gbt7714", "bibtex", "csl", "jsonld"):
            check(room, f"/n/{n}/r/1/cite/{form}")


@pytest.mark.parametrize("bad", HOSTILE)
def test_a_hostile_question_is_text_too(room: TestClient, bad: str) -> None:
    word = quote(bad.encode("utf-8", "surrogatepass"), safe="")
    for address in (
        f"/search?q={word}", f"/search?q=河道&issuer={word}", f"/search?q=河道&sort={word}", f"/search?q=日期:{word}", f"/search?q=河道&as_of={word}",
        f"/search?q=河道&lang={word}", f"/search?q=河道&after={word}", f"/search?similar={word}", f"/search?q=河道&region={word}", f"/{word}", f"/n/{word}",
        f"/n/1?as_of={word}", f"/n/1/diff?from={word}", f"/doc/{word}/2024/{word}", f"/archive/{word}/2024-03", f"/timegate/{word}", f"/timemap/link/{word}",
        f"/export?q={word}&format={word}", f"/complete?q={word}", f"/feed.atom?q={word}", f"/feed.json?q={word}", f"/api/v1/search?q={word}",
        f"/api/v1/citations?text={word}", f"/changes?before={word}", f"/static/{word}", f"/maintain?query={word}",
    ):  # fmt: skip
        check(room, address)
    for header in ("accept-language", "accept-datetime", "if-none-match", "accept-encoding", "authorization"):
        answer = room.get("/timegate/http://www.linshan.example/1.html", headers={header: bad.encode("utf-8", "replace")})
        assert answer.status_code < 500
