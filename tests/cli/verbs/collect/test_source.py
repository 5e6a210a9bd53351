"""`notices source`: listing, checking and writing source files; `notices parse`, `show`, `history`, `diff`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from crawler.source import load_source
from tests.support.archive_home import Home
from tests.support.site_server import notice_page, notice_path, serving, small_site, title


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_every_source_is_listed_with_its_date(home: Home) -> None:
    home.source("http://127.0.0.1:9")
    lines = home.run("source", "list").stdout.splitlines()
    assert any("linshan" in line and "own" in line and "enabled" in line for line in lines)
    assert all("written 2026-" in line for line in lines)
    assert all(json.loads(line)["columns"] for line in home.run("source", "list", "--json").stdout.splitlines())


def test_check_shows_entries_and_a_notice_and_archives_nothing(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        out = home.run("source", "check", "linshan").stdout
    assert all(title(n) in out for n in (1, 2, 3))
    assert "临政发〔2026〕3号" in out
    assert not (home.path / "notices.db").exists()
    assert not (home.path / "warc").exists()


def test_check_warns_of_a_site_that_cannot_be_reached(home: Home) -> None:
    home.source("http://127.0.0.1:9")
    assert "warning" in home.run("source", "check", "linshan", check=3).stderr
    assert "valid" in home.run("source", "check", "linshan", "--offline").stdout


def test_new_writes_a_file_that_crawls(home: Home) -> None:
    with serving(small_site(5, 5)) as site:
        home.run("source", "new", site.base + "/tzgg/", "--name", "xin", "--allow-private")
        path = home.path / "sources/xin.toml"
        assert load_source(path).columns[0].url == site.base + "/tzgg/"
        assert "exists already" in home.run("source", "new", site.base + "/tzgg/", "--name", "xin", "--allow-private", check=2).stderr
        path.write_text(
            path.read_text(encoding="utf-8").replace("enabled = false", "enabled = true").replace("delay = 2.0", "delay = 0.01"),
            encoding="utf-8",
        )
        assert "new 5" in home.run("crawl", "xin").stdout


def test_new_from_a_saved_page_needs_its_address(home: Home, tmp_path: Path) -> None:
    saved = tmp_path / "page.html"
    saved.write_bytes(small_site(5, 5).pages["/tzgg/"])  # type: ignore[arg-type]
    assert "--url" in home.run("source", "new", str(saved), check=2).stderr
    out = home.run("source", "new", str(saved), "--url", "http://www.linshan.example/tzgg/", "--output", "-").stdout
    assert 'url = "http://www.linshan.example/tzgg/"' in out


def test_new_of_an_address_that_does_not_answer(home: Home) -> None:
    assert "127.0.0.1:9" in home.run("source", "new", "http://127.0.0.1:9/", "--allow-private", check=3).stderr


def test_parse_reads_saved_pages_in_order(home: Home, tmp_path: Path) -> None:
    for n in (1, 2):
        (tmp_path / f"{n}.html").write_bytes(notice_page(n))
    (tmp_path / "list.html").write_bytes(small_site(5, 5).pages["/tzgg/"])  # type: ignore[arg-type]
    rows = [
        {"id": f"p{n}", "file": str(tmp_path / f"{n}.html"), "url": f"http://a.example{notice_path(n)}", "kind": "detail"} for n in (2, 1)
    ]
    rows.append({"id": "l", "file": str(tmp_path / "list.html"), "url": "http://a.example/tzgg/", "kind": "list"})
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
    read = [json.loads(line) for line in home.run("parse", "--manifest", str(manifest)).stdout.splitlines()]
    assert [r["id"] for r in read] == ["p2", "p1", "l"]
    assert (read[0]["title"], read[0]["document_number"], read[0]["published_date"]) == (title(2), "临政发〔2026〕2号", "2026-10-03")
    assert [e["title"] for e in read[2]["entries"]] == [title(n) for n in (5, 4, 3, 2, 1)]
    assert not home.path.exists() or not any(home.path.iterdir())
    assert json.loads(home.run("parse", str(tmp_path / "1.html")).stdout)["title"] == title(1)


@pytest.mark.parametrize(
    "line", ["{", '{"id": "a"}', '{"id": "a", "file": "/nowhere", "kind": "detail"}', '{"id": "a", "file": "x", "kind": "odd"}']
)
def test_bad_manifest_names_its_line(home: Home, tmp_path: Path, line: str) -> None:
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(line, encoding="utf-8")
    said = home.run("parse", "--manifest", str(manifest), check=2).stderr
    assert "manifest.jsonl:1" in said or "/nowhere" in said


def test_edit_is_shown_with_its_history_and_its_difference(home: Home) -> None:
    with serving(small_site(2)) as site:
        home.source(site.base)
        home.run("crawl")
        site.pages[notice_path(2)] = notice_page(2).replace("堤防巡查".encode(), "堤坝巡查".encode())
        home.run("crawl", "--full")
    [(ident,)] = home.rows("select id from notice where revisions = 2")
    shown = json.loads(home.run("show", str(ident), "--json").stdout)
    assert (shown["revision"], shown["document_number"]) == (2, "临政发〔2026〕2号")
    assert shown["snapshot"]["payload_digest"].startswith("sha256:")
    assert json.loads(home.run("show", "临政发[2026]2号", "--json").stdout)["id"] == ident
    events = [json.loads(e) for e in home.run("history", str(ident), "--json").stdout.splitlines()]
    assert [e["revision"] for e in events if e["event"] == "revision"] == [1, 2]
    value = json.loads(home.run("diff", str(ident), "--json").stdout)
    [old, new] = value["text"]
    assert [old["text"][a:b] for a, b in old["marks"]] == ["防"]
    assert [new["text"][a:b] for a, b in new["marks"]] == ["坝"]
    assert "«坝»" in home.run("diff", str(ident)).stdout
    assert "no 9" in home.run("diff", str(ident), "9", check=2).stderr
    assert "99" in home.run("show", "99", check=2).stderr


def test_check_prints_the_table_alone_and_its_log_stays_silent(home: Home) -> None:
    with serving(small_site(3)) as site:
        path = home.source(site.base)
        done = home.run("source", "check", "linshan")
    lines = done.stdout.splitlines()
    assert [line.split("  ")[1] for line in lines[:3]] == [title(n) for n in (3, 2, 1)]
    assert lines[3] == lines[6] == ""
    assert lines[4:6] == [
        f"  column {site.base}/tzgg/",
        "    list pages: 1 named, 1 read; entries: 3 named, 3 dated, 0 without an address",
    ]
    assert [line[:16].strip() for line in lines[7:]] == [
        *("url", "title", "published date", "written date", "issuer", "document number", "index number", "kind", "attachments", "text"),
    ]
    assert done.stderr.splitlines() == [f"{path}: valid; 1 columns, every 0.01 s, 0 * * * * (Asia/Shanghai)"]


@pytest.mark.parametrize("broken", ["unreachable", "no entries", "robots fail", "dead notice"])
def test_check_tells_each_problem_in_one_line_on_stderr(home: Home, broken: str) -> None:
    site = small_site(3)
    if broken == "no entries":
        site.pages["/tzgg/"] = b"<html><body><p>no list</p></body></html>"
    elif broken == "robots fail":
        site.pages["/robots.txt"] = (503, {}, b"busy")
    elif broken == "dead notice":
        site.pages[notice_path(3)] = (404, {"Content-Type": "text/html"}, b"<html>\x00gone")
    with serving(site):
        home.source("http://127.0.0.1:9" if broken == "unreachable" else site.base)
        done = home.run("source", "check", "linshan", check=3)
    _valid, *warnings = done.stderr.splitlines()
    assert warnings
    assert all(line.startswith("warning: ") for line in warnings), done.stderr
    assert all(title(n) in done.stdout for n in (1, 2, 3)) == (broken == "dead notice")


def test_check_is_verbose_when_asked(home: Home) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        done = home.run("-v", "source", "check", "linshan")
    assert "INFO scrapy" in done.stderr
    assert "scrapy" not in done.stdout


def test_new_says_one_line_and_writes_the_file_alone_to_standard_output(home: Home) -> None:
    with serving(small_site(5, 5)) as site:
        done = home.run("source", "new", site.base + "/tzgg/", "--output", "-", "--allow-private")
        assert tomllib.loads(done.stdout)["columns"][0]["url"] == site.base + "/tzgg/"
        assert done.stderr == ""
        done = home.run("source", "new", site.base + "/nowhere/", "--allow-private", check=3)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "HTTP 404" in done.stderr


def test_source_new_writes_one_that_is_enabled_in_one_command(home: Home) -> None:
    with serving(small_site(3)) as site:
        said = home.run("source", "new", f"{site.base}/tzgg/", "--name", "tried", "--allow-private").stdout
        assert "notices source enable tried" in said
        assert "notices source enable tried" in home.run("crawl", "tried", check=2).stderr
        home.run("source", "enable", "tried")
        home.run("crawl", "tried")
    assert home.rows("select count(*) from notice") == [(3,)]
    home.run("source", "disable", "tried")
    assert "is disabled" in home.run("crawl", "tried", check=2).stderr


def test_enabling_a_shipped_source_copies_its_file(home: Home) -> None:
    said = home.run("source", "enable", "ndrc").stdout
    own = home.path / "sources" / "ndrc.toml"
    assert f"ndrc is enabled in {own} (a copy of the shipped file)" in said
    assert load_source(own).enabled
    assert "no source" in home.run("source", "enable", "nowhere", check=2).stderr
