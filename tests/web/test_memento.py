"""Memento, RFC 7089: a TimeGate chooses a revision, a TimeMap lists all, and a revision's page says that it is a memento."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import PAGE, archive_in, reading_room

URL = f"{PAGE}1.html"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> QuickHome:
    home = archive_in(tmp_path_factory.mktemp("memento"))
    raw = sqlite3.connect(home.path / "notices.db")
    for n, day in ((1, "2024-03-01"), (2, "2024-05-01")):
        raw.execute(
            "update snapshot set fetched_at = ? where id = (select snapshot_id from revision where notice_id = 1 and n = ?)",
            (f"{day} 10:00:00.000000", n),
        )
    raw.commit()
    raw.close()
    return home


@pytest.mark.parametrize(
    ("wanted", "revision"),
    [
        ("Fri, 01 Mar 2024 09:00:00 GMT", 1),
        ("Fri, 01 Mar 2024 10:00:00 GMT", 1),
        ("Tue, 30 Apr 2024 10:00:00 GMT", 1),
        ("Wed, 01 May 2024 10:00:00 GMT", 2),
        ("Sun, 01 Jan 2040 00:00:00 GMT", 2),
        (None, 2),
    ],
)
def test_the_timegate_chooses_by_time(room: TestClient, wanted: str | None, revision: int) -> None:
    answer = room.get(f"/timegate/{URL}", headers={"accept-datetime": wanted} if wanted else {})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/n/1/r/{revision}"
    assert "accept-datetime" in answer.headers["vary"].lower()
    assert f'<{URL}>; rel="original"' in answer.headers["link"]


def test_the_timemap_lists_every_revision(room: TestClient) -> None:
    answer = room.get(f"/timemap/link/{URL}")
    assert answer.headers["content-type"].startswith("application/link-format")
    found = re.findall(r'<([^>]+)>; rel="((?:first |last )*memento)"; datetime="([^"]+)"', answer.text)
    assert found == [
        ("http://127.0.0.1/n/1/r/1", "first memento", "Fri, 01 Mar 2024 10:00:00 GMT"),
        ("http://127.0.0.1/n/1/r/2", "last memento", "Wed, 01 May 2024 10:00:00 GMT"),
    ]
    assert 'from="Fri, 01 Mar 2024 10:00:00 GMT"; until="Wed, 01 May 2024 10:00:00 GMT"' in answer.text


def test_a_memento_says_so(room: TestClient) -> None:
    answer = room.get("/n/1/r/1")
    assert answer.headers["memento-datetime"] == "Fri, 01 Mar 2024 10:00:00 GMT"
    assert f'<http://127.0.0.1/timegate/{URL}>; rel="timegate"' in answer.headers["link"]
    assert "memento-datetime" not in room.get("/n/1").headers


def test_every_answer_leads_to_the_others(room: TestClient) -> None:
    around = [
        f'<{URL}>; rel="original"',
        f'<http://127.0.0.1/timegate/{URL}>; rel="timegate"',
        f'<http://127.0.0.1/timemap/link/{URL}>; rel="timemap"',
    ]
    gate = room.get(f"/timegate/{URL}", headers={"accept-datetime": "Tue, 30 Apr 2024 10:00:00 GMT"})
    assert "memento-datetime" not in gate.headers
    assert all(link in gate.headers["link"] for link in around)
    assert '<http://127.0.0.1/n/1/r/1>; rel="first memento"; datetime="Fri, 01 Mar 2024 10:00:00 GMT"' in gate.headers["link"]
    assert '<http://127.0.0.1/n/1/r/2>; rel="last next memento"; datetime="Wed, 01 May 2024 10:00:00 GMT"' in gate.headers["link"]
    later = room.get(f"/timegate/{URL}")
    assert '<http://127.0.0.1/n/1/r/1>; rel="first prev memento"' in later.headers["link"]
    listed = room.get(f"/timemap/link/{URL}").text
    assert all(link in listed for link in (*around[:2], f'<http://127.0.0.1/timemap/link/{URL}>; rel="self"'))
    for address in re.findall(r"<http://127.0.0.1(/n/[^>]+)>", listed):
        memento = room.head(address)
        assert memento.headers["memento-datetime"] in listed
        assert all(link in memento.headers["link"] for link in around)


def test_a_revision_without_a_page_is_a_memento_of_the_time_of_its_import(tmp_path: Path) -> None:
    home = archive_in(tmp_path / "home")
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("update revision set snapshot_id = null, created_at = '2024-03-01 10:00:00.000000' where notice_id = 2")
    raw.close()
    with reading_room(home) as room:
        assert room.get("/n/2/r/1").headers["memento-datetime"] == "Fri, 01 Mar 2024 10:00:00 GMT"


def test_what_is_refused(room: TestClient) -> None:
    assert room.get("/timegate/http://nowhere.example/x?y=1").status_code == 404
    assert room.get("/timemap/link/javascript:alert(1)").status_code == 404
    assert room.get(f"/timegate/{URL}", headers={"accept-datetime": "yesterday"}).status_code == 400
