"""The API: the same answers as the command line's, described by its own OpenAPI document."""

from __future__ import annotations

import json
import re

from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome


def test_a_search_answers_as_the_command_does(room: TestClient, home: QuickHome) -> None:
    answer = room.get("/api/v1/search", params={"q": "河道巡查", "issuer": "人民政府", "facets": "1", "limit": 10}).json()
    printed = home.search("河道巡查", "--issuer", "人民政府", "--facets")
    for value in (answer, printed):
        del value["took_ms"]
        value.pop("next")
    assert [hit.pop("address") for hit in answer["hits"]] == ["/n/2/r/1", "/n/1/r/2"]
    assert answer == printed


def test_a_cursor_goes_through_all_hits_once(room: TestClient) -> None:
    seen, after = [], None
    while True:
        asked = {"q": "检查", "limit": 1, "sort": "date", "copies": "all"} | ({"after": after} if after else {})
        answer = room.get("/api/v1/search", params=asked).json()
        seen += [hit["id"] for hit in answer["hits"] if hit["exact"]]
        after = answer["next"]
        if not after:
            break
    assert sorted(seen) == [4, 5]


def test_a_notice_and_its_parts(room: TestClient) -> None:
    notice = room.get("/api/v1/notices/1").json()
    assert (notice["address"], notice["revision"], notice["document_number"]) == ("/n/1/r/2", 2, "临政〔2018〕5号")
    assert "13912345678" not in json.dumps(notice)
    assert room.get("/api/v1/notices/1/revisions/1").json()["revision"] == 1
    assert [each["n"] for each in room.get("/api/v1/notices/1/revisions").json()["revisions"]] == [2, 1]
    assert {p["sign"] for p in room.get("/api/v1/notices/1/diff").json()["text"]} == {"-", "+"}
    assert room.get("/api/v1/notices/1/citations").json()["repealed_by"][0]["id"] == 2
    assert room.get("/api/v1/notices/1/history").json()["events"][0]["event"] == "revision"
    assert room.get("/api/v1/sources").json()["sources"][0]["notices"] == 5


def test_changes_after_a_cursor(room: TestClient) -> None:
    first = room.get("/api/v1/changes", params={"limit": 2}).json()
    rest = room.get("/api/v1/changes", params={"since": first["next"]}).json()
    assert [c["seq"] for c in (*first["changes"], *rest["changes"])] == list(range(1, rest["next"] + 1))
    assert room.get("/api/v1/changes", params={"since": rest["next"]}).json() == {"changes": [], "next": rest["next"]}
    assert {room.get("/api/v1/changes", params={"since": wrong}).status_code for wrong in ("x", "-1", " ", "")} == {400}
    assert room.get("/api/v1/changes", params={"since": "999999"}).status_code == 409


def test_citations_of_a_text(room: TestClient) -> None:
    found = room.get("/api/v1/citations", params={"text": "按临政〔2018〕5号和虚政〔2001〕8号办理"}).json()["citations"]
    assert [(c["number"], c["verdict"]) for c in found] == [("临政〔2018〕5号", "repealed"), ("虚政〔2001〕8号", "not_held")]


def test_citations_of_a_longer_text_are_checked_in_a_body(room: TestClient) -> None:
    text = "各县区要落实责任。" * 1500 + "按临政〔2018〕5号办理。"
    (found,) = room.post("/api/v1/citations", content=text.encode()).json()["citations"]
    assert (text[found["start"] : found["end"]], found["verdict"]) == ("临政〔2018〕5号", "repealed")
    for wrong in (b"", b"\xff\xfe", b"x" * 90_000, ("长" * 21_000).encode()):
        answer = room.post("/api/v1/citations", content=wrong)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
    assert room.post("/api/v1/citations", content=b"x", headers={"origin": "https://evil.example"}).status_code == 403
    assert room.post("/api/v1/search", content=b"x").status_code == 405


def test_every_documented_address_is_served_and_every_problem_is_a_problem_document(room: TestClient) -> None:
    described = room.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, operations in described["paths"].items():
        address = re.sub(r"\{\w+\}", "1", path)
        answer = room.get(address, params={"text": "《临杉市河道管理办法》"} if address.endswith("v1/citations") else {})
        documented = operations["get"]["responses"]
        assert str(answer.status_code) in documented, (address, answer.text)
        assert answer.headers["content-type"] in documented[str(answer.status_code)]["content"]
        missing = room.get(re.sub(r"\{\w+\}", "987654321", path))
        assert missing.status_code in (200, 400, 404)
        if missing.status_code >= 400:
            assert missing.headers["content-type"] == "application/problem+json"
            assert missing.json()["status"] == missing.status_code


def test_values_that_a_parameter_cannot_have_are_refused(room: TestClient) -> None:
    described = room.get("/api/v1/openapi.json").json()["paths"]["/api/v1/search"]["get"]["parameters"]
    for parameter in described:
        schema = parameter["schema"].get("items", parameter["schema"])
        wrong = {"enum": "zzz", "pattern": "20-x", "minimum": "0", "maxLength": "x" * 2000}
        value = next((wrong[rule] for rule in wrong if rule in schema), None)
        answer = room.get("/api/v1/search", params={"q": "河道"} | {parameter["name"]: value})
        assert answer.status_code == 400, (parameter, answer.text[:200])


def test_unknown_addresses_and_unchanged_answers(room: TestClient) -> None:
    assert room.get("/api/v1/zzz").json()["status"] == 404
    assert room.get("/api/v1").json()["openapi"] == "/api/v1/openapi.json"
    tag = room.get("/api/v1/notices/2").headers["etag"]
    assert room.get("/api/v1/notices/2", headers={"if-none-match": tag}).status_code == 304


def test_json_shows_no_character_that_drives_a_terminal(room: TestClient) -> None:
    body = room.get("/api/v1/notices/3").text
    assert "\u202e" not in body
    assert "\\u202e" in body


def test_a_query_without_a_character_that_is_searched_finds_nothing(room: TestClient) -> None:
    for asked in ({}, {"q": ""}, {"q": "！？ -"}, {"facets": "1"}):
        answer = room.get("/api/v1/search", params=asked)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["total"], answer.json()["hits"]) == (0, [])
    assert room.get("/api/v1/search", params={"region": "河道"}).status_code == 404
    assert room.get("/api/v1/search", params={"q": "河道", "similar": "1", "as_of": "2024"}).status_code == 409


def test_a_method_that_an_address_lacks_is_told_those_it_has(room: TestClient) -> None:
    for address, methods in (("/api/v1/search", {"GET"}), ("/api/v1/citations", {"GET", "POST"})):
        refused = room.delete(address)
        assert refused.status_code == 405
        assert set(refused.headers["allow"].split(", ")) - {"HEAD", "OPTIONS"} == methods
        assert set(room.options(address).headers["allow"].split(", ")) - {"HEAD"} == methods
    assert room.post("/api/v1/search").status_code == 405


def test_an_export_of_nothing_is_an_empty_file(room: TestClient) -> None:
    for query in ("", "?q=", "?q=%20", "?in=all"):
        assert room.get(f"/api/v1/export{query}").text == '{"exported": 0}\n'
    assert room.get("/api/v1/export?all=1").text.endswith('{"exported": 5}\n')
    assert room.get("/export").status_code == 400
