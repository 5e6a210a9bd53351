"""Citations of a revision in four forms, and its proof."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import PAGE, archive_in, reading_room


def test_a_reference_of_the_chinese_standard(room: TestClient) -> None:
    text = room.get("/n/2/r/1/cite/gbt7714").text
    start = re.escape("临杉市人民政府. 临杉市人民政府关于进一步加强河道巡查工作的意见: 临政〔2020〕9号[EB/OL]. (2024-03-03)[")
    assert re.fullmatch(start + r"\d{4}-\d\d-\d\d" + re.escape(f"]. {PAGE}2.html. 存档: http://127.0.0.1/n/2/r/1.\n"), text)
    assert text.strip() in room.get("/n/2/r/1").text


def test_the_forms_of_programs(room: TestClient) -> None:
    (csl,) = room.get("/n/2/r/1/cite/csl").json()
    assert (csl["number"], csl["issued"]) == ("临政〔2020〕9号", {"date-parts": [[2024, 3, 3]]})
    legislation = room.get("/n/2/r/1/cite/jsonld").json()
    assert legislation["@type"] == "Legislation"
    assert legislation["legislationRepeals"] == [
        {"@type": "Legislation", "@id": "http://127.0.0.1/n/1", "name": "临杉市人民政府关于加强河道巡查工作的通知"}
    ]
    bibtex = room.get("/n/3/r/1/cite/bibtex").text
    assert bibtex.count("{") == bibtex.count("}")
    assert "{\\{\\{7*7" in bibtex or "\\{\\{7*7\\}\\}\\{\\%" in bibtex
    assert room.get("/n/2/r/1/cite/zzz").status_code == 404
    assert room.get("/n/99/r/1/cite/csl").status_code == 404


def test_the_proof_is_that_of_the_command(room: TestClient, home: QuickHome, tmp_path: Path) -> None:
    answer = room.get("/n/2/r/1/proof")
    assert answer.status_code == 200, answer.text
    file = tmp_path / "proof.json"
    file.write_bytes(answer.content)
    assert "holds" in home.run("verify", "--proof", str(file), check=None).stdout
    assert home.run("prove", "2").stdout.strip() == answer.text.strip()


def test_a_page_that_is_not_signed_yet_has_no_proof(tmp_path: Path) -> None:
    home = archive_in(tmp_path / "home")
    import sqlite3

    raw = sqlite3.connect(home.path / "notices.db")
    raw.execute("update checkpoint set last_snapshot_id = 0")
    raw.commit()
    raw.close()
    with reading_room(home) as room:
        assert room.get("/n/2/r/1/proof").status_code == 404
        assert "/n/2/r/1/proof" not in room.get("/n/2").text


def test_the_page_names_the_signed_log_that_contains_it(room: TestClient, home: QuickHome) -> None:
    import sqlite3

    raw = sqlite3.connect(home.path / "notices.db")
    (root,) = raw.execute(
        "select root from checkpoint where last_snapshot_id >= (select snapshot_id from revision where notice_id = 2) order by id"
    ).fetchone()
    raw.close()
    assert root in room.get("/n/2").text
    assert "/n/2/r/1/proof" in room.get("/n/2").text
