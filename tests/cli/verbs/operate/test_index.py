"""`notices index --rebuild --to URL`: another engine's index beside the one in use, and changing over to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.engines import outgrown, same_place
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome

LINE = {"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好“汛防”工作。", "published_date": "2026-10-16"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = QuickHome(tmp_path / "home")
    bring(made, LINE, {**LINE, "url": "http://a.example/2", "text": "森林防火。"})
    return made


def bring(home: Home, *lines: dict[str, str]) -> None:
    file = home.path.parent / "lines.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    home.run("import", str(file))


def found(home: Home, query: str) -> list[str]:
    return [hit["url"] for hit in home.search(query)["hits"] if hit["exact"]]


def test_the_new_index_is_the_one_in_use_once_it_is_built(home: Home) -> None:
    url = f"tantivy://{home.path}/fast"
    said = home.run("index", "--rebuild", "--to", url).stdout
    assert "2 notices in the new index" in said
    assert "the new index is in use now" in said
    assert found(home, "汛防") == ["http://a.example/1"]
    assert json.loads(home.run("status", "--json").stdout)["index"]["url"] == url
    bring(home, {**LINE, "url": "http://a.example/3", "text": "新来的一件。"})
    assert found(home, "新来的一件") == ["http://a.example/3"]


def test_all_else_in_the_configuration_stays(home: Home) -> None:
    file, url = home.path / "notices.toml", f"tantivy://{home.path}/fast"
    file.write_text(f'# ours\nrevisit_budget = 7\nindex = "whoosh://{home.path}/index"  # slow\ndrain_minutes = 9\n', encoding="utf-8")
    home.run("index", "--rebuild", "--to", url)
    assert file.read_text(encoding="utf-8") == '# ours\nrevisit_budget = 7\nindex = "tantivy:fast"\ndrain_minutes = 9\n'


def test_a_file_that_cannot_be_changed_safely_is_left_alone(home: Home) -> None:
    file = home.path / "notices.toml"
    text = f'contact = "a@b.example"\n"index" = "whoosh://{home.path}/index"\n'
    file.write_text(text, encoding="utf-8")
    said = home.run("index", "--rebuild", "--to", f"tantivy://{home.path}/fast", check=2).stderr
    assert 'write this line into it: index = "tantivy:fast"' in said
    assert file.read_text(encoding="utf-8") == text
    assert found(home, "汛防") == ["http://a.example/1"]


def test_a_variable_that_wins_over_the_file_is_said(home: Home) -> None:
    home.environment["NOTICES_INDEX"] = f"whoosh://{home.path}/index"
    assert (
        "the variable NOTICES_INDEX overrides it" in home.run("index", "--rebuild", "--to", f"tantivy://{home.path}/fast", check=2).stderr
    )


@pytest.mark.parametrize("option", ["--stage", "--aside"])
def test_one_that_is_staged_is_not_used_yet(home: Home, option: str) -> None:
    said = home.run("index", "--rebuild", "--to", f"tantivy://{home.path}/fast", option).stdout
    assert "is still the one in use" in said
    assert not (home.path / "notices.toml").exists()
    assert found(home, "汛防") == ["http://a.example/1"]


def test_what_came_between_building_and_changing_over_is_in_both(home: Home) -> None:
    url = f"tantivy://{home.path}/fast"
    home.run("index", "--rebuild", "--to", url, "--stage")
    bring(home, {**LINE, "text": "改过的正文。"}, {**LINE, "url": "http://a.example/3", "text": "新来的一件。"})
    assert found(home, "新来的一件") == ["http://a.example/3"]
    (home.path / "notices.toml").write_text(f'index = "{url}"\n', encoding="utf-8")
    assert home.run("index").stdout == "2 notices written to the index\n"
    assert found(home, "汛防") == []
    assert found(home, "改过的正文") == ["http://a.example/1"]
    assert found(home, "新来的一件") == ["http://a.example/3"]
    assert home.run("index").stdout == "0 notices written to the index\n"


def test_a_rebuild_of_the_old_index_does_not_hide_what_the_new_one_lacks(home: Home) -> None:
    url = f"tantivy://{home.path}/fast"
    home.run("index", "--rebuild", "--to", url, "--stage")
    (home.path / "index" / "current").unlink()
    bring(home, {**LINE, "text": "改过的正文。"})
    home.run("index", "--rebuild")
    (home.path / "notices.toml").write_text(f'index = "{url}"\n', encoding="utf-8")
    home.run("index")
    assert found(home, "改过的正文") == ["http://a.example/1"]


def test_a_rebuild_in_the_new_engine_works_like_any(home: Home) -> None:
    (home.path / "notices.toml").write_text(f'index = "tantivy://{home.path}/fast"\n', encoding="utf-8")
    assert home.run("index").stdout.startswith("2 notices")
    assert home.run("index", "--rebuild").stdout == "2 notices in the rebuilt index\n"
    assert found(home, "汛防") == ["http://a.example/1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "tantivy:///x/y"), "go with --rebuild"),
        (("--rebuild", "--to", "tantivy://{home}/index"), "this is the folder of the index in use"),
        (("--rebuild", "--to", "whoosh://{home}/./index"), "this is the folder of the index in use"),
        (("--rebuild", "--to", "tantivy://fast"), "three slashes"),
        (("--rebuild", "--to", "lucene:///x/y"), "no engine for 'lucene'"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(home: Home, words: tuple[str, ...], said: str) -> None:
    done = home.run("index", *(word.format(home=home.path) for word in words), check=2)
    assert said in done.stderr
    assert found(home, "汛防") == ["http://a.example/1"]


def test_two_engines_never_share_a_folder() -> None:
    assert same_place("whoosh:///a/index", "tantivy:///a/b/../index")
    assert not same_place("whoosh:///a/index", "tantivy:///a/fast")


def test_a_large_archive_has_outgrown_whoosh() -> None:
    assert outgrown(50_000, 200) is None
    for documents, megabytes in ((50_001, 10), (10, 201)):
        assert "notices index --rebuild --to tantivy:tantivy" in str(outgrown(documents, megabytes))
