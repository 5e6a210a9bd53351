"""Import of what other programs kept: each page as crawled, its bytes as they were, nothing twice, and every refusal named."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

import operations.foreign.importing as importing
from notices.capture import Capture
from pipeline.warc.series import scan
from tests.support.others_files import (
    FLOOD,
    FLOOD_URL,
    HOST,
    LIST,
    ROADS,
    ROADS_FILE,
    ROADS_FILE_URL,
    ROADS_URL,
    Warc,
    browsertrix_warc,
    page,
    wacz,
    wget_warc,
)
from tests.support.quick_home import QuickHome


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    """An archive without anything."""
    return QuickHome(tmp_path / "home")


def notices(home: QuickHome) -> dict[str, str]:
    """Address and title of each notice."""
    with sqlite3.connect(home.path / "notices.db") as database:
        query = "select n.url, r.title from notice n join revision r on r.notice_id = n.id and r.n = n.revisions order by n.url"
        return dict(database.execute(query))


def captures(home: QuickHome) -> list[Capture]:
    """Every record of the archive."""
    return [capture for _, capture in scan(home.path / "warc", "notices-0-000001.warc.gz")]


def fixed_point(home: QuickHome) -> None:
    """The archive verifies, and reading it again changes nothing."""
    assert "0 damages" in home.run("verify").stdout
    assert " 0 would change" in home.run("reparse", "--dry-run").stdout


def test_wget_pages_and_their_files_are_taken(home, tmp_path) -> None:
    file = wget_warc(tmp_path / "wget.warc.gz")
    done = home.run("import", str(file), "--report", str(tmp_path / "report.jsonl"))
    assert "new 2, revised 0, unchanged 0, known 0, skipped 0" in done.stdout
    assert notices(home) == {FLOOD_URL: "关于做好汛期值守工作的通知", ROADS_URL: "关于公布农村公路养护名单的公告"}
    assert "2 found" not in home.run("search", "东河养护队").stdout
    assert "养护单位名单.txt" in home.run("search", "东河养护队").stdout
    reasons = {each["url"]: each["reason"] for each in map(json.loads, (tmp_path / "report.jsonl").read_text().splitlines())}
    assert reasons[LIST] == "a list of pages"
    assert reasons[f"{HOST}/gone.html"] == "HTTP 404"
    assert ROADS_FILE_URL not in reasons
    fixed_point(home)


def test_original_records_are_kept_byte_for_byte(home, tmp_path) -> None:
    file = wget_warc(tmp_path / "wget.warc.gz")
    home.run("import", str(file))
    plain = gzip.decompress(file.read_bytes())
    kept = captures(home)
    assert [(each.url, each.body) for each in kept] == [(FLOOD_URL, FLOOD), (ROADS_URL, ROADS), (ROADS_FILE_URL, ROADS_FILE)]
    for each in kept:
        assert each.original is not None
        assert each.original.head + b"\r\n\r\n" + each.original.block + b"\r\n\r\n" in plain


def test_import_again_takes_nothing_twice(home, tmp_path) -> None:
    file = wget_warc(tmp_path / "wget.warc.gz")
    first = home.run("import", str(file))
    before = captures(home)
    again = home.run("import", str(file))
    assert "new 0, revised 0, unchanged 0, known 2, skipped 0" in again.stdout
    assert captures(home) == before
    assert again.stdout.splitlines()[1:] == first.stdout.splitlines()[1:]


def test_wacz_is_read_in_order_of_time(home, tmp_path) -> None:
    package = wacz(tmp_path / "a.wacz", browsertrix_warc(tmp_path / "b.warc.gz"), wget_warc(tmp_path / "w.warc.gz"))
    assert "new 2, revised 0, unchanged 2, known 0, skipped 0" in home.run("import", str(package)).stdout
    pages = [each for each in captures(home) if each.kind == "detail"]
    assert [each.fetched_at.year for each in pages] == [2021, 2021, 2024, 2024]
    fixed_point(home)


def test_wacz_of_packed_members_is_read(home, tmp_path) -> None:
    package = wacz(tmp_path / "a.wacz", wget_warc(tmp_path / "w.warc.gz"), compress=zipfile.ZIP_DEFLATED)
    assert "new 2," in home.run("import", str(package)).stdout


def test_wacz_member_with_a_wrong_digest_is_named_and_skipped(home, tmp_path) -> None:
    wget, other = wget_warc(tmp_path / "w.warc.gz"), browsertrix_warc(tmp_path / "b.warc.gz")
    done = home.run("import", str(wacz(tmp_path / "a.wacz", wget, other, damaged="w.warc.gz")), check=3)
    assert "a.wacz/archive/w.warc.gz: skipped: the file's digest is not" in done.stderr
    assert "new 2," in done.stdout
    assert {each.fetched_at.year for each in captures(home)} == {2024}


def test_revisits_have_the_payload_of_their_record(home, tmp_path) -> None:
    made = Warc()
    made.info("Heritrix/3.4.0")
    first = made.answer(FLOOD_URL, FLOOD, "2022-01-01T00:00:00Z")
    made.answer(FLOOD_URL, page("关于做好汛期值守工作的通知", "值守时间延长到六月底，请各单位照此执行。" * 2), "2022-02-01T00:00:00Z")
    made.revisit(FLOOD_URL, first, "2022-03-01T00:00:00Z")
    made.revisit(f"{HOST}/copy.html", first, "2022-03-02T00:00:00Z")
    done = home.run("import", str(made.save(tmp_path / "h.warc.gz")))
    assert "new 2, revised 2, unchanged 0, known 0, skipped 0" in done.stdout
    repeats = [each for each in captures(home) if each.original and each.original.type == "revisit"]
    assert [each.url for each in repeats] == [FLOOD_URL, f"{HOST}/copy.html"]
    assert "二十四小时值守" in home.run("show", FLOOD_URL).stdout
    fixed_point(home)


def test_revisit_of_an_earlier_import_is_resolved_from_the_archive(home, tmp_path) -> None:
    one, two = Warc(), Warc()
    first = one.answer(FLOOD_URL, FLOOD, "2022-01-01T00:00:00Z")
    two.revisit(f"{HOST}/copy.html", first, "2022-03-02T00:00:00Z")
    second = two.save(tmp_path / "2.warc.gz")
    assert "a record that is in none of these files" in home.run("import", str(second), check=3).stderr
    home.run("import", str(one.save(tmp_path / "1.warc.gz")))
    assert "new 1," in home.run("import", str(second)).stdout


def test_common_crawl_and_resources_are_pages_too(home, tmp_path) -> None:
    made = Warc()
    headers = [("Content-Type", "text/html"), ("X-Crawl-Content-Encoding", "gzip"), ("Content-Length", str(len(FLOOD)))]
    made.answer(FLOOD_URL, FLOOD, headers=headers, asked=True)
    made.record(FLOOD_URL, "conversion", "汛期".encode(), "text/plain")
    made.record(ROADS_URL, "resource", ROADS, "text/html; charset=utf-8")
    made.answer(f"{HOST}/cut.html", FLOOD[:900], warc={"WARC-Truncated": "length"})
    done = home.run("import", str(made.save(tmp_path / "c.warc.gz")), check=3)
    assert "new 2, revised 0, unchanged 0, known 0, skipped 1" in done.stdout
    assert "WARC-Truncated: length" in done.stderr
    fixed_point(home)


def test_cut_file_gives_what_is_whole(home, tmp_path) -> None:
    file = wget_warc(tmp_path / "w.warc.gz")
    file.write_bytes(file.read_bytes()[:-30])
    done = home.run("import", str(file), check=3)
    assert "w.warc.gz offset" in done.stderr
    assert "the file ends inside the record" in done.stderr
    assert "new 2," in done.stdout


def test_file_of_no_warc_stops_before_anything_is_taken(home, tmp_path) -> None:
    good, bad = wget_warc(tmp_path / "w.warc.gz"), tmp_path / "b.warc"
    bad.write_bytes(b"<html></html>")
    assert "b.warc: not a WARC file" in home.run("import", str(good), str(bad), check=2).stderr
    assert notices(home) == {}
    (tmp_path / "c.wacz").write_bytes(b"PK nothing")
    assert "c.wacz: not a WACZ package" in home.run("import", str(tmp_path / "c.wacz"), check=2).stderr


def test_source_is_the_one_given_or_the_one_that_names_the_host(home, tmp_path) -> None:
    home.source(HOST)
    file = wget_warc(tmp_path / "w.warc.gz")
    home.run("import", str(file))
    assert "linshan\n" in home.run("show", FLOOD_URL).stdout
    other = QuickHome(tmp_path / "other")
    other.run("import", str(file), "--source", "moved")
    assert "moved\n" in other.run("show", FLOOD_URL).stdout


def test_older_page_never_becomes_the_newest_revision(home, tmp_path) -> None:
    new, old = Warc(), Warc()
    new.answer(FLOOD_URL, FLOOD, "2023-01-01T00:00:00Z")
    old.answer(FLOOD_URL, ROADS, "2020-01-01T00:00:00Z")
    home.run("import", str(new.save(tmp_path / "n.warc.gz")))
    assert "older than what the archive has" in home.run("import", str(old.save(tmp_path / "o.warc.gz"))).stdout
    assert notices(home) == {FLOOD_URL: "关于做好汛期值守工作的通知"}


@pytest.mark.parametrize("step", ["pending", "written"])
def test_import_that_was_killed_is_taken_up(home, tmp_path, monkeypatch, step) -> None:
    file = wget_warc(tmp_path / "w.warc.gz")

    class Killed(BaseException):
        pass

    def killed(*_args: object) -> None:
        raise Killed

    name = "_row" if step == "pending" else "_add"
    with monkeypatch.context() as patch:
        patch.setattr(importing.PageStore, name, killed)
        with pytest.raises(Killed):
            home.run("import", str(file))
    assert notices(home) == {}
    assert "new 2, revised 0, unchanged 0, known 0, skipped 0" in home.run("import", str(file)).stdout
    assert [each.url for each in captures(home)] == [FLOOD_URL, ROADS_URL, ROADS_FILE_URL]
    fixed_point(home)


def test_file_that_two_pages_link_is_kept_once(home, tmp_path) -> None:
    made = Warc()
    link = '<p>附件：<a href="/f/名单.txt">名单.txt</a></p>'
    for n in (1, 2):
        made.answer(
            f"{HOST}/{n}.html", page(f"关于第{n}批名单的公告", f"现公布第{n}批名单，请社会各界监督，并按照要求办理。" * 2, files=link)
        )
    made.answer(f"{HOST}/f/名单.txt", b"", status="302 Found", headers=[("Location", "/g/1.txt")])
    made.answer(f"{HOST}/g/1.txt", "甲乙丙丁".encode(), headers=[("Content-Type", "text/plain")])
    home.run("import", str(made.save(tmp_path / "f.warc.gz")))
    files = [each for each in captures(home) if each.kind == "attachment"]
    assert [(each.url, bool(each.original)) for each in files] == [(f"{HOST}/g/1.txt", True)] * 2 or len(files) == 2
    assert "2 found" in home.run("search", "甲乙丙丁").stdout
    fixed_point(home)


def test_rebuilt_database_has_the_same_notices(home, tmp_path) -> None:
    home.run("import", str(wget_warc(tmp_path / "w.warc.gz")), str(browsertrix_warc(tmp_path / "b.warc.gz")))
    before = notices(home)
    for each in home.path.glob("notices.db*"):
        each.unlink()
    home.run("repair", "--rebuild-sql")
    assert notices(home) == before
    fixed_point(home)


def saved(tmp_path: Path, manifest: str, name: str = "manifest.csv", encoding: str = "utf-8") -> Path:
    """A folder of two pages and a file."""
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_bytes(FLOOD)
    (folder / "b.html").write_bytes(ROADS)
    (folder / "c.txt").write_bytes(ROADS_FILE)
    (folder / name).write_text(manifest, encoding=encoding)
    return folder


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_folder_with_a_manifest_is_taken(home, tmp_path, encoding) -> None:
    lines = (
        f"file,url,fetched_at,说明\na.html,{FLOOD_URL},2021-05-03 08:00:00,防汛\nb.html,{ROADS_URL},\nc.txt,{ROADS_FILE_URL},2021-05-03\n"
    )
    folder = saved(tmp_path, lines, encoding=encoding)
    done = home.run("import", str(folder))
    assert "new 2, revised 0, unchanged 0, known 0, skipped 0" in done.stdout
    assert "'说明'" in done.stdout
    assert "养护单位名单.txt" in home.run("search", "东河养护队").stdout
    assert "known 2" in home.run("import", str(folder)).stdout
    assert [each.original.block for each in captures(home)] == [FLOOD, ROADS, ROADS_FILE]
    assert captures(home)[0].fetched_at.isoformat() == "2021-05-03T00:00:00+00:00"
    fixed_point(home)


def test_bad_lines_of_a_manifest_are_named_and_skipped(home, tmp_path) -> None:
    (tmp_path / "secret.html").write_bytes(FLOOD)
    lines = [
        {"file": "a.html", "url": FLOOD_URL, "title": "值守通知"},
        {"file": "a.html"},
        {"file": "../secret.html", "url": f"{HOST}/s.html"},
        {"file": "none.html", "url": f"{HOST}/n.html"},
        {"file": "b.html", "url": "ftp://a.example/b"},
        {"file": "b.html", "url": ROADS_URL, "fetched_at": "3 May"},
        {"file": "b.html", "url": FLOOD_URL},
        {"file": "b.html", "url": ROADS_URL, "status": 99},
    ]
    text = "\n".join([*(json.dumps(each) for each in lines), "{", "[1]"])
    done = home.run("import", str(saved(tmp_path, text, "manifest.jsonl")), check=3)
    assert "new 1, revised 0, unchanged 0, known 0, skipped 9" in done.stdout
    for wanted in (
        "line 2: skipped: the line has no url",
        "'../secret.html' is not in the folder",
        "no file 'none.html'",
        "not an http(s)",
    ):
        assert wanted in done.stderr
    for wanted in (
        "fetched_at is '3 May'",
        "the same address as manifest.jsonl line 1",
        "status is '99'",
        "line 9:",
        "line 10: skipped: not a JSON",
    ):
        assert wanted in done.stderr


def test_folder_without_its_manifest_is_refused(home, tmp_path) -> None:
    folder = saved(tmp_path, "", "readme.txt")
    assert "has no manifest.csv or manifest.jsonl" in home.run("import", str(folder), check=2).stderr
    (folder / "pages.csv").write_text("name,address\n")
    assert "file and url among them" in home.run("import", str(folder), "--manifest", "pages.csv", check=2).stderr


def test_collections_and_lines_are_not_mixed(home, tmp_path) -> None:
    lines = tmp_path / "a.jsonl"
    lines.write_text("{}\n")
    file = wget_warc(tmp_path / "w.warc.gz")
    assert "imported by themselves" in home.run("import", str(file), str(lines), check=2).stderr
    assert "--report belongs to" in home.run("import", str(lines), "--report", "x", check=2).stderr
