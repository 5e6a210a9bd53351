"""The maintainers' pages: nobody sees or writes anything there without a password or the name that a proxy has checked."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, reading_room

PASSWORD = "a long password 长"
NEW = {"do": "add", "name": "rivers", "query": "河道 state:listed"}
FORM = "/maintain/watches"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    home = archive_in(tmp_path_factory.mktemp("maintained"))
    home.run("maintainer", "add", "li", stdin=f"{PASSWORD}\n")
    return home


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home) as client:
        yield client


def test_without_maintainers_there_are_no_such_pages(tmp_path: Path) -> None:
    with reading_room(archive_in(tmp_path)) as room:
        assert room.get("/maintain", auth=("li", PASSWORD)).status_code == 404
        assert room.post(FORM, data=NEW, auth=("li", PASSWORD)).status_code == 404
        page = room.get("/search?q=河道&state=listed", headers={"accept-language": "en"}).text
        assert "notices watch add NAME &#39;河道 state:listed&#39;" in page
        assert "/maintain" not in page
        page = room.get("/search?q=河道&validity=unknown", headers={"accept-language": "en"}).text
        assert "notices watch add NAME &#39;河道 validity:unknown&#39;" in page


def test_the_file_of_passwords_is_its_owners_and_contains_none(home: QuickHome) -> None:
    file = home.path / "maintainers"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    assert home.run("maintainer", "list").stdout == "li\n"
    for name, password, said in (("a b", PASSWORD, "characters"), ("wang", "short", "at least")):
        assert said in home.run("maintainer", "add", name, stdin=f"{password}\n", check=2).stderr


@pytest.mark.parametrize("auth", [None, ("li", "wrong password"), ("wang", PASSWORD), ("", ""), ("li", "")])
def test_whoever_has_not_signed_in_sees_and_writes_nothing(home: QuickHome, room: TestClient, auth: tuple[str, str] | None) -> None:
    answer = room.get("/maintain", auth=auth)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert str(home.path) not in answer.text
    assert room.post(FORM, data=NEW, auth=auth).status_code == 401
    assert home.run("watch", "list", "--json").stdout == ""


def test_odd_credentials_are_refused(room: TestClient) -> None:
    for given in ("Basic", "Basic %%%", "Basic bGk=", "Bearer x", "Basic " + "A" * 5000):
        assert room.get("/maintain", headers={"authorization": given}).status_code == 401


def test_a_maintainer_saves_a_search_and_removes_it(home: QuickHome, room: TestClient) -> None:
    auth = ("li", PASSWORD)
    found = room.get("/search?q=河道&state=listed", headers={"accept-language": "en"}).text
    assert "/maintain?query=" in found
    page = room.get("/maintain", params={"query": NEW["query"]}, auth=auth, headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Signed in as li." in page.text
    assert 'value="河道 state:listed"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert room.post(FORM, data=NEW, auth=auth).status_code == 303
    assert "rivers" in room.get("/maintain", auth=auth).text
    assert room.post(FORM, data={"do": "pause", "name": "rivers"}, auth=auth).status_code == 303
    assert '"paused": true' in home.run("watch", "list", "--json").stdout
    for wrong, status in (
        ({"do": "steal"}, 400),
        (NEW, 400),
        ({**NEW, "name": "x", "query": "日期:2020-13 "}, 400),
        ({"do": "remove", "name": "y"}, 404),
    ):
        assert room.post(FORM, data=wrong, auth=auth).status_code == status
    assert room.post(FORM, data={**NEW, "query": "x" * 20_000}, auth=auth).status_code == 413
    assert room.post(FORM, data={"do": "remove", "name": "rivers"}, auth=auth).status_code == 303
    assert home.run("watch", "list", "--json").stdout == ""


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]
)
def test_a_form_of_another_site_writes_nothing(room: TestClient, headers: dict[str, str]) -> None:
    assert room.post(FORM, data=NEW, auth=("li", PASSWORD), headers=headers).status_code == 403


def test_a_form_of_this_site_is_taken(room: TestClient) -> None:
    own = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    assert room.post(FORM, data=NEW, auth=("li", PASSWORD), headers=own).status_code == 303
    assert (
        room.post(FORM, data={"do": "remove", "name": "rivers"}, auth=("li", PASSWORD), headers={"origin": own["origin"]}).status_code
        == 303
    )


def test_takedowns_and_status_are_shown(home: QuickHome, room: TestClient) -> None:
    home.run("takedown", "4", "--reason", "by <b>mistake</b>")
    page = room.get("/maintain", auth=("li", PASSWORD), headers={"accept-language": "en"}).text
    assert "by &lt;b&gt;mistake" in page
    assert "notices takedown undo 1" in page
    assert str(home.path) in page
    home.run("takedown", "undo", "1")


def test_a_proxy_of_this_machine_says_who_asks_and_nobody_else(tmp_path: Path) -> None:
    home = archive_in(tmp_path)
    (home.path / "notices.toml").write_text('maintainer_header = "X-Remote-User"\n')
    with reading_room(home) as room:
        named = {"x-remote-user": "zhang"}
        assert room.get("/maintain", headers=named).status_code == 401  # the client of this test has no address
        local, stranger = (TestClient(room.app, base_url="http://127.0.0.1", client=(host, 50)) for host in ("127.0.0.1", "203.0.113.9"))
        assert "zhang" in local.get("/maintain", headers=named).text
        assert local.get("/maintain").status_code == 401
        assert stranger.get("/maintain", headers=named).status_code == 401


def test_a_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    home = archive_in(tmp_path)
    home.run("maintainer", "add", "li", stdin=f"{PASSWORD}\n")
    (home.path / "maintainers").chmod(0o644)
    with reading_room(home) as room:
        assert room.get("/maintain", auth=("li", PASSWORD)).status_code == 503
    assert "chmod 600" in home.run("maintainer", "list", check=2).stderr
    (home.path / "maintainers").chmod(0o600)
    home.run("maintainer", "remove", "li")
    assert not (home.path / "maintainers").exists()
