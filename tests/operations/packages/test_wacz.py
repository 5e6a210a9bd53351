"""A WACZ of notices: the records byte for byte, every page listed, every digest right; what must not be shown is left out."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path

import httpx2
import pytest

from operations.packages.wacz import sort_key
from pipeline.warc.record import decode
from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room
from web.views import export

PAGE = """<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>发布时间：2024-03-05</p><div class=content><p>各县区人民政府：</p>
<p>{text}各县区人民政府要落实责任，按时完成，并将进展报送办公室。各部门要加强督促检查，确保各项措施落到实处。</p><p>临杉市人民政府</p></div>"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    """An archive of four saved pages; the third has a telephone number. Beside them a notice of an import, which has no page."""
    folder = tmp_path_factory.mktemp("wacz")
    home = archive_in(folder.parent / "wacz-home")
    pages = folder / "www.linshan.example"
    pages.mkdir()
    for n, text in enumerate(("河道巡查安排如下。", "堤防加固安排如下。", "联系电话13912345678。", "水库除险安排如下。"), 1):
        title = f"临杉市人民政府关于第{n}批水利工程建设有关事项的通知"
        (pages / f"art_{n}.html").write_text(PAGE.format(title=title, text=text), encoding="utf-8")
    manifest = folder / "manifest.jsonl"
    lines = [{"file": f"www.linshan.example/art_{n}.html", "url": f"http://www.linshan.example/art_{n}.html"} for n in range(1, 5)]
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    home.run("import", str(folder), check=None)
    return home


def packed(home: QuickHome, *words: str) -> zipfile.ZipFile:
    out = home.path.parent / "out.wacz"
    home.run("export", *words, "--format", "wacz", "-o", str(out))
    return zipfile.ZipFile(out)


def lines(made: zipfile.ZipFile, name: str) -> list[str]:
    return made.read(name).decode().splitlines()


def test_every_member_is_described_and_every_page_is_in_the_records(home: QuickHome) -> None:
    made = packed(home, "--all")
    description = json.loads(made.read("datapackage.json"))
    for each in description["resources"]:
        data = made.read(each["path"])
        assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (each["bytes"], each["hash"])
    digest = json.loads(made.read("datapackage-digest.json"))
    assert digest["hash"] == f"sha256:{hashlib.sha256(made.read('datapackage.json')).hexdigest()}"
    head, *pages = map(json.loads, lines(made, "pages/pages.jsonl"))
    assert head["format"] == "json-pages-1.0"
    assert len(pages) == description["pages"] == 3
    data, found = made.read("archive/data.warc.gz"), {}
    for line in lines(made, "indexes/index.cdx"):
        value = json.loads(line.split(" ", 2)[2])
        start, length = int(value["offset"]), int(value["length"])
        record = decode(gzip.decompress(data[start : start + length]))
        assert record.capture is not None
        found[value["url"]] = record.capture.body.decode()
    assert {page["url"] for page in pages} <= set(found)
    assert all(page["title"] in found[page["url"]] for page in pages)
    assert sorted(lines(made, "indexes/index.cdx")) == lines(made, "indexes/index.cdx")


def test_pages_with_personal_data_are_for_maintainers(home: QuickHome) -> None:
    def urls(*words: str) -> set[str]:
        return {json.loads(line)["url"] for line in lines(packed(home, "--all", *words), "pages/pages.jsonl")[1:]}

    assert {url.rpartition("/")[2] for url in urls("--unmasked") - urls()} == {"art_3.html"}


def test_a_notice_that_was_taken_down_is_not_packed(home: QuickHome) -> None:
    ident = home.search("堤防加固")["hits"][0]["id"]
    home.run("takedown", str(ident), "--reason", "x")
    try:
        assert b"art_2.html" not in packed(home, "--all").read("archive/data.warc.gz")
        assert len(lines(packed(home, "--all", "--unmasked"), "pages/pages.jsonl")) == 4
    finally:
        home.run("takedown", "undo", "1")


def test_a_query_is_packed_and_a_file_is_needed(home: QuickHome) -> None:
    assert len(lines(packed(home, "水库除险"), "pages/pages.jsonl")) == 2
    assert "-o FILE.wacz" in home.run("export", "--all", "--format", "wacz", check=2).stderr
    assert home.run("export", check=2).stderr


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.a.example/B?c=D", "example,a)/b?c=d"), ("https://a.example", "example,a)/"), ("http://a.example:8080/x", "example,a:8080)/x"),
    ],
)  # fmt: skip
def test_addresses_sort_by_their_host_backwards(url: str, key: str) -> None:
    assert sort_key(url) == key


def test_packages_of_months(home: QuickHome, tmp_path: Path) -> None:
    target = tmp_path / "packages"
    home.run("export", "--packages", str(target))
    folders = sorted(path.parent for path in target.rglob("datapackage.json"))
    assert folders
    total = 0
    for folder in folders:
        sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())  # type: ignore[misc]
        assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
        described = json.loads((folder / "datapackage.json").read_bytes())
        assert (described["name"], described["sources"]) == (f"{folder.parent.name}-{folder.name}", [{"title": folder.parent.name}])
        for each in described["resources"]:
            assert each["bytes"] == (folder / each["path"]).stat().st_size
        *found, end = map(json.loads, (folder / "notices.jsonl").read_text().splitlines())
        assert end == {"exported": len(found)}
        assert {(each["source"], (each["published_date"] or "undated")[:7]) for each in found} == {(folder.parent.name, folder.name)}
        total += len(found)
    assert total == len(home.rows("select id from notice"))
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*.jsonl")}
    home.run("export", "--packages", str(target))
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*.jsonl")} == before


def test_the_web_packs_a_notice_and_a_query(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(answer: httpx2.Response) -> list[str]:
        assert answer.headers["content-type"] == "application/wacz", answer.text
        return [json.loads(line)["id"] for line in lines(zipfile.ZipFile(io.BytesIO(answer.content)), "pages/pages.jsonl")[1:]]

    with reading_room(home) as room:
        assert listed(room.get("/n/6/pages.wacz")) == ["n6-r1"]
        assert 'href="/n/6/pages.wacz"' in room.get("/n/6").text
        assert room.get("/n/8/pages.wacz").status_code == 403  # a telephone number is on its page
        assert room.get("/n/1/pages.wacz").status_code in (403, 404)  # it came as a line
        assert room.get("/n/99/pages.wacz").status_code == 404
        answer = room.get("/export?q=水利工程建设&format=wacz")
        assert sorted(listed(answer)) == ["n6-r1", "n7-r1", "n9-r1"]
        assert answer.headers["x-notices-left-out"] == "1"
        assert "format=wacz" in room.get("/search?q=水利工程建设").text
        monkeypatch.setattr(export, "MOST_PACKED", 3)
        assert room.get("/export?q=水利工程建设&format=wacz").status_code == 400
        assert room.get("/export?all=1&format=wacz").status_code == 400
        monkeypatch.setattr(export, "_LARGEST_PACKED", 500)
        assert "MB" in room.get("/n/6/pages.wacz").text
        home.run("takedown", "7", "--reason", "court order 5")
        assert room.get("/n/7/pages.wacz").status_code == 410
