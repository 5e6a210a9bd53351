"""The address of an index in a cluster, and commands for one that cannot be used; tests/cluster asks real clusters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.engines import open_engine
from index.opensearch.address import address_of
from notices.errors import ConfigError
from tests.support.opensearch.nodes import free_ports
from tests.support.quick_home import QuickHome


def test_every_part_of_an_address_is_read(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    found = address_of(f"opensearch+https://me:p%40ss@search-1:9201,[::1],search-3/linshan?ca={ca}&shards=6&replicas=2")
    assert found.hosts == ("https://search-1:9201", "https://[::1]:9200", "https://search-3:9200")
    assert (found.user, found.password, found.name, found.ca, found.shards, found.replicas) == ("me", "p@ss", "linshan", ca, 6, 2)
    assert "p%40ss" not in found.shown
    assert "me" not in found.shown.partition("/linshan")[0]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("opensearch+https://me:secret@search.example:9200", "name of an index"),
        ("opensearch+https://me:secret@search.example:9200/Notices", "name of an index"),
        ("opensearch+https://me:secret@search.example:99999/notices", "not a host"),
        ("opensearch+https://me:secret@/notices", "not a host"),
        ("opensearch+https://me:secret@search.example/notices?shards=0", "from 1 to"),
        ("opensearch+https://me:secret@search.example/notices?replica=1", "unknown option replica"),
        ("opensearch+https://me:secret@search.example/notices?ca=/nowhere/ca.pem", "missing"),
    ],
)
def test_address_that_cannot_be_used_says_why_without_the_password(address: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        open_engine(address)
    assert "secret" not in str(refused.value)


def test_without_the_extra_a_command_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = QuickHome(tmp_path / "home")
    home.run("import", "-", stdin='{"url": "https://a.example/1", "title": "关于堤防巡查的通知", "text": "各县：请巡查。"}\n')
    home.environment["NOTICES_INDEX"] = "opensearch+https://me:secret@search.example/notices"
    monkeypatch.setitem(sys.modules, "httpx2", None)
    said = home.run("index", check=2).stderr
    assert "notices-archive[opensearch]" in said
    assert "secret" not in said


def test_cluster_that_does_not_answer_ends_with_exit_7_and_the_notices_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch.client.PATIENCE", 0.5)
    home = QuickHome(tmp_path / "home")
    ports = free_ports(2)
    home.environment["NOTICES_INDEX"] = f"opensearch+http://me:secret@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/notices"
    line = '{"url": "https://a.example/1", "title": "关于堤防巡查的通知", "text": "各县：请巡查。"}\n'
    for words, given in ((["import", "-"], line), (["index"], None), (["search", "堤防"], None)):
        said = home.run(*words, check=7, stdin=given).stderr
        assert "out of reach" in said
        assert "secret" not in said
    assert "1 waiting" in home.run("status", check=None).stdout
    home.environment.pop("NOTICES_INDEX")
    home.run("index")
    assert home.search("堤防")["total"] == 1


def test_an_archive_in_folders_loads_nothing_of_a_cluster(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    home.run("import", "-", stdin='{"url": "https://a.example/1", "title": "关于堤防巡查的通知", "text": "各县：请巡查。"}\n')
    program = """
import sys
from cli.search.command import main
main(["堤防", "--facets"])
main(["堤坊巡查"])
print([name for name in sys.modules if name.startswith(("index.opensearch", "httpx2", "psycopg"))])
"""
    done = subprocess.run([sys.executable, "-c", program], env=home.environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
