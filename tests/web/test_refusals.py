"""What the reading room refuses: a page or a problem document that says what to do, with the right status and nothing internal in it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.archive_home import ROOT
from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room, served


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/n/99", 404), ("/n/1/r/7", 404), ("/n/999999999999999999999999", 404), ("/n/x", 404), ("/n/1/r/1/a/9", 404), ("/etc/passwd", 404),
        ("/static/../app.py", 404), ("/static/%2e%2e/app.py", 404), ("/search?q=" + "河" * 400, 400), ("/search?q=日期:2020-13", 400),
        ("/search?q=" + "(" * 30 + "河" + ")" * 30, 200), ("/search?q=河道&since=2020-13", 400), ("/search?q=河道&state=zzz", 400),
        ("/search?q=河道&after=zzz", 409), ("/search?q=河道&sort=zzz", 400), ("/search?q=河道&limit=1000", 400), ("/search?q=河道&in=zzz", 400),
        ("/search?q=河道&has=zzz", 400), ("/search?q=河道&region=" + "x" * 300, 400),
        ("/search?q=河道&region=xyz", 404), ("/search?q=%00", 400), ("/search?q=%ff%fe", 200),
        ("/search?" + "&".join(f"kind=k{n}" for n in range(70)), 400), ("/search?q=" + "x" * 9000, 414), ("/search?similar=999", 404),
        ("/complete?q=" + "x" * 200, 400),
    ],
)  # fmt: skip
def test_status(room: TestClient, address: str, status: int, home: QuickHome) -> None:
    answer = room.get(address)
    assert answer.status_code == status, answer.text[-600:]
    assert str(home.path) not in answer.text
    assert "Traceback" not in answer.text


def test_a_program_gets_a_problem_document(room: TestClient) -> None:
    answer = room.get("/search?q=日期:2020-13", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"], problem["position"]) == (400, "Bad Request", 0)


def test_strange_hosts_and_methods(room: TestClient) -> None:
    assert room.get("/", headers={"host": "evil.example"}).status_code == 421
    assert "evil.example" not in room.get("/", headers={"host": "evil.example"}).text
    for host in ("localhost", "127.0.0.1:8080", "[::1]:8080", "192.0.2.7"):
        assert room.get("/", headers={"host": host}).status_code == 200
    assert room.post("/search", data={"q": "x"}).status_code == 405
    assert room.head("/n/1").status_code == 200


def test_the_name_in_the_settings_is_answered(home: QuickHome) -> None:
    home.environment["NOTICES_PUBLIC_ADDRESS"] = "https://notices.example.org"
    with reading_room(home) as client:
        assert client.get("/", headers={"host": "notices.example.org"}).status_code == 200
    home.environment["NOTICES_PUBLIC_ADDRESS"] = "ftp://x/y"
    assert home.run("status", check=2).stderr.count("public_address") + home.run("status", check=2).stderr.count("PUBLIC_ADDRESS")
    del home.environment["NOTICES_PUBLIC_ADDRESS"]


def test_connections_to_the_archive_cannot_write(room: TestClient, home: QuickHome) -> None:
    from sqlalchemy import text

    from notices.errors import NoticesError

    with pytest.raises(NoticesError), room.app.state.archive.database.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(text("delete from notice"))
    assert home.rows("select count(*) from notice") == [(5,)]


def test_an_index_that_is_damaged_rebuilt_or_gone_is_answered_and_recovers(tmp_path: Path) -> None:
    home = archive_in(tmp_path / "home")
    with reading_room(home) as client:
        assert client.get("/search?q=河道").status_code == 200
        index = home.path / "index"
        shutil.move(index, tmp_path / "kept")
        client.app.state.archive._index._looked = 0  # type: ignore[attr-defined]
        gone = client.get("/search?q=河道")
        assert gone.status_code == 503
        assert gone.headers["retry-after"]
        assert str(home.path) not in gone.text
        assert client.get("/n/1").status_code == 200
        home.run("index", "--rebuild")
        client.app.state.archive._index._looked = 0  # type: ignore[attr-defined]
        assert client.get("/search?q=河道").status_code == 200


@pytest.mark.parametrize(("verb", "package", "extra"), [("serve", "uvicorn", "web"), ("mcp", "mcp", "agent")])
def test_a_missing_extra_is_one_sentence(home: QuickHome, monkeypatch: pytest.MonkeyPatch, verb: str, package: str, extra: str) -> None:
    for name in [each for each in sys.modules if each in ("web.serve", "web.agents") or each.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    told = home.run(verb, check=2).stderr
    assert f"notices-archive[{extra}]" in told
    assert told.count("\n") == 1


def test_no_other_command_loads_a_web_server() -> None:
    named = ("starlette", "uvicorn", "jinja2", "mcp", "web")
    check = f"import cli.main, cli.search.run, operations.status, sys; print([m for m in sys.modules if m.split('.')[0] in {named}])"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_serve_names_what_it_cannot_use(home: QuickHome, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port}" in home.run("serve", "--port", port, check=2).stderr
    assert "--port" in home.run("serve", "--port", "99999", check=2).stderr
    assert "--workers" in home.run("serve", "--workers", "0", check=2).stderr
    assert "no archive" in QuickHome(tmp_path / "empty").run("serve", "--port", "0", check=2).stderr


@pytest.mark.parametrize(
    ("address", "chinese", "english"),
    [
        ("/search?q=日期:2020-13", "不是有效", "is not a valid date"),
        ("/search?q=河道&sort=zzz", "不认识", "is not known here"),
        ("/n/99", "没有", "contains no notice 99"),
        ("/export", "没有检索条件", "nothing is asked"),
    ],
)
def test_a_refusal_is_said_in_the_readers_language_and_keeps_the_query(room: TestClient, address: str, chinese: str, english: str) -> None:
    said = {language: room.get(address, headers={"accept-language": language}).text for language in ("zh-CN", "en")}
    assert chinese in said["zh-CN"]
    assert english not in said["zh-CN"]
    assert english in said["en"]
    if "q=" in address:
        query = address.partition("q=")[2].partition("&")[0]
        assert f'value="{query}"' in said["zh-CN"]


@pytest.mark.parametrize(
    ("address", "title", "chinese", "english"),
    [
        ("search?q=日期:2020-13", "无法回答这个问题", "不是有效", "is not a valid date"),
        ("search?q=河道&sort=zzz", "无法回答这个问题", "此处不能为", "is not allowed here"),
        ("notices/99", "未找到", "没有", "contains no notice 99"),
        ("zzz", "未找到", "此地址没有内容", "There is nothing at this address"),
        ("changes?since=999999", "列表已更新", "999999", "999999"),
        ("citations", "无法回答这个问题", "缺少 text", "text is missing"),
    ],
)
def test_a_problem_document_is_in_the_language_that_the_program_names(
    room: TestClient, address: str, title: str, chinese: str, english: str
) -> None:
    """RFC 9457, 3.1.3; a program that names no language gets that of the API."""
    asked = {each: room.get(f"/api/v1/{address}", headers={"accept-language": each}) for each in ("zh-CN,zh;q=0.9", "en", "fr", "")}
    for language, answer in asked.items():
        problem, is_chinese = answer.json(), language.startswith("zh")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == ("zh-Hans" if is_chinese else "en")
        assert "accept-language" in answer.headers["vary"].lower()
        assert (problem["title"] == title, chinese in problem["detail"]) == (is_chinese, is_chinese or chinese.isascii())
        assert (english in problem["detail"]) == (not is_chinese or chinese.isascii())
        assert problem["status"] == answer.status_code


def test_the_address_is_told_when_pages_are_answered(home: QuickHome) -> None:
    """The first reader finds no queue: the process has made pages for itself before it takes connections."""
    with served(home) as base, urllib.request.urlopen(f"{base}/", timeout=60) as answer:
        assert "本库收录 5 份公文" in answer.read().decode()
