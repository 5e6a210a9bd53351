"""`notices ocr`: scans become searchable, marked as recognised, once; an interrupted run goes on, damage is found and made good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.config import Config, load_config
from operations.preserve import recognising
from operations.preserve.recognising import OcrRequest, OcrResult, files_to_recognise, recognise_archive
from pipeline.attachments import Extractor
from pipeline.sql.database import open_database
from preservation.verify import verify_archive
from tests.pipeline.attachments.test_recognition import FAKE, picture
from tests.support import made_files as made
from tests.support.imported import change, copy_of, value
from tests.support.quick_home import QuickHome
from tests.support.site_server import notice_page, notice_path, serving, small_site

REQUEST = OcrRequest(recogniser=FAKE)
FILES = {
    "/tzgg/files/a.png": picture("洛河水位观测记录"),
    "/tzgg/files/b.zip": made.zipped({"1.png": picture("die"), "2.png": picture("堤坝巡查")}),
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = QuickHome(tmp_path_factory.mktemp("crawled") / "home")
    site = small_site(1)
    links = "".join(f'<a href="{path}">附件：{path[-5:]}</a>' for path in FILES)
    site.pages[notice_path(1)] = notice_page(1, extra=links)
    for path, body in FILES.items():
        site.pages[path] = 200, {"Content-Type": "application/octet-stream"}, body
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    return home.path


@pytest.fixture
def config(crawled: Path, tmp_path: Path) -> Config:
    return copy_of(crawled, tmp_path / "home")


def recognise(config: Config, request: OcrRequest = REQUEST) -> OcrResult:
    database = open_database(config)
    try:
        return recognise_archive(config, database, request)
    finally:
        database.dispose()


def waiting(config: Config, request: OcrRequest = REQUEST) -> list[tuple[str, int]]:
    database = open_database(config)
    try:
        return [(each.name, each.tried) for each in files_to_recognise(database, request)]
    finally:
        database.dispose()


def test_scans_are_found_and_told_apart_from_text(config: Config) -> None:
    home = QuickHome(config.home)
    assert [name for name, _ in waiting(config)] == ["附件：a.png", "附件：b.zip"]
    result = recognise(config)
    assert (result.files, result.pages, result.indexed) == (2, 2, 1)
    assert waiting(config) == []
    hit = json.loads(home.run("search", "洛河水位观测", "--json").stdout)["hits"][0]
    assert hit["where"] == {"attachment": "附件：a.png", "page": 1, "recognised": True, "confidence": 0.9}
    assert hit["exact"]
    assert "recognised" in home.run("search", "堤坝巡查").stdout
    hit = json.loads(home.run("search", "堤坝巡查", "--json").stdout)["hits"][0]
    assert hit["where"] == {"attachment": "附件：b.zip", "page": 2, "member": "2.png", "recognised": True, "confidence": 0.9}
    assert "[附件：b.zip: 2.png, recognised" in home.run("search", "堤坝巡查").stdout
    shown = json.loads(home.run("show", "1", "--json").stdout)["attachments"]
    assert shown[0]["outcome"] == "scanned"
    assert shown[0]["recognised"] == {"recogniser": "fake 1", "pages": [1], "confidence": 0.9}
    assert shown[1]["recognised"]["pages"] == [2]
    assert shown[1]["members"] == [{"path": "1.png", "has_text": False}, {"path": "2.png", "has_text": True}]
    assert " 1.png (no text)\n" in home.run("show", "1").stdout
    assert "1 page recognised by fake 1, confidence from 0.9" in home.run("show", "1").stdout
    assert "recognised" not in json.loads(home.run("search", "年", "--json").stdout)["hits"][0]["where"]
    home.run("verify")
    home.run("reparse")
    assert value(config, "select count(*) from correction") == 0


def test_interrupted_run_goes_on_with_the_next_picture(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(extractor: Extractor, body: bytes, number: int) -> object:
        if number == 1:
            raise KeyboardInterrupt
        return recognised(extractor, body, number)

    recognised = Extractor.recognise
    monkeypatch.setattr(Extractor, "recognise", stopped)
    with pytest.raises(KeyboardInterrupt):
        recognise(config)
    monkeypatch.undo()
    assert waiting(config) == [("附件：b.zip", 1)]
    assert recognise(config).pages == 1
    assert value(config, "select failures from recognition where id = 2") == '{"0":"the reader ran out of memory or gave up on the file"}'


def test_limit_and_another_version(config: Config) -> None:
    assert recognise(config, OcrRequest(limit=1, recogniser=FAKE)).files == 1
    assert waiting(config) == [("附件：b.zip", 0)]
    recognise(config)
    assert waiting(config, OcrRequest(again=True, recogniser=FAKE)) == [
        ("附件：a.png", 0),
        ("附件：b.zip", 0),
    ]  # "fake 1" is not the module's name


def test_rewritten_text_is_damage_is_not_shown_and_comes_back(config: Config) -> None:
    recognise(config)
    change(config, "update recognition set pages = replace(pages, '0.9', '0.1') where id = 1")
    database = open_database(config)
    try:
        found = [(each.area, each.kind, each.place) for each in verify_archive(database, config)]
    finally:
        database.dispose()
    assert found == [("sql", "recognised", "recognition 1")]
    assert json.loads(QuickHome(config.home).run("show", "1", "--json").stdout)["attachments"][0]["recognised"] is None
    assert waiting(config) == [("附件：a.png", 0)]
    assert recognise(config).pages == 1
    QuickHome(config.home).run("verify")


@pytest.mark.parametrize("damage", ["'9.5'", "'{'", "'[]'"])
def test_damaged_text_is_removed_by_repair_and_recognised_again(config: Config, damage: str) -> None:
    home = QuickHome(config.home)
    recognise(config)
    change(config, f"update recognition set pages = {damage} where id = 1")
    home.run("verify", check=4)
    home.run("repair", "--apply", check=None)
    home.run("verify")
    assert waiting(config) == [("附件：a.png", 0)]
    assert json.loads(home.run("search", "洛河水位观测", "--json", check=None).stdout)["total"] == 0
    assert recognise(config).pages == 1


def test_archived_bytes_that_cannot_be_read_are_named(config: Config) -> None:
    change(config, "update attachment set snapshot_id = 1")
    result = recognise(config)
    assert (result.files, result.unreadable) == (2, 2)


def test_without_the_extra_the_command_says_how_to_get_it(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    home = QuickHome(config.home)
    monkeypatch.setattr(recognising, "missing", lambda: ["rapidocr"])
    done = home.run("ocr", check=2)
    assert done.stderr == "notices: ocr needs the packages rapidocr: pip install 'notices-archive[ocr]'\n"
    assert home.run("ocr", "--dry-run").stdout.count("sha256:") == 2
    assert "--limit: 0 is not a number from 1" in home.run("ocr", "--limit", "0", check=2).stderr


def test_the_command_prints_each_file(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognising, "_RAPIDOCR", FAKE)
    monkeypatch.setattr(recognising, "missing", list)
    monkeypatch.setattr(recognising, "version_name", lambda: "fake 1")
    lines = QuickHome(config.home).run("ocr").stdout.splitlines()
    assert lines[0] == "附件：a.png: 1 pages, confidence from 0.9"
    assert lines[1].startswith("附件：b.zip: 1 pages, confidence from 0.9 (the reader ran out of memory")
    assert lines[2] == "2 files, 2 pages with text"
    assert load_config(QuickHome(config.home).environment).home == config.home
