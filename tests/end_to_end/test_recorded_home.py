"""An archive made by earlier code opens, verifies, is searched and goes on (recorded/README.md says how it was made)."""

from __future__ import annotations

import fcntl
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.demo.serve import serve
from cli.demo.site import build_site
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome

RECORDED = Path(__file__).parent / "recorded/home.tar.xz"
PORT = 18733  # the recorded addresses name it
OVERDUE = 3  # its source should have run every hour since it was recorded, and status says so
ENGINES = {"whoosh": "index", "tantivy": "index-tantivy"}


@contextmanager
def alone() -> Iterator[None]:
    """One test at a time: the port is fixed, and tests run in several processes."""
    with (Path(tempfile.gettempdir()) / f"notices-test-port-{PORT}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The recorded home, unpacked; its note of a second index names the folder where that now is."""
    with tarfile.open(RECORDED) as tar:
        tar.extractall(tmp_path, filter="tar")
    path = tmp_path / "home"
    (path / "index-aside").write_text(f"tantivy:///{str(path).lstrip('/')}/index-tantivy\n", encoding="utf-8")
    (path / "keys/checkpoint.pem").chmod(0o600)
    return QuickHome(path)


def use(home: Home, engine: str) -> None:
    """Let the commands use the recorded index of this engine."""
    home.environment["NOTICES_INDEX"] = f"{engine}:///{str(home.path).lstrip('/')}/{ENGINES[engine]}"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("engine", ENGINES)
def test_recorded_home_verifies_and_is_searched(home: Home, engine: str) -> None:
    use(home, engine)
    before = files(home.path / "warc")
    home.run("verify")
    found = home.search("两感")
    assert {hit["title"] for hit in found["hits"] if hit["exact"]} == {
        "关于印发《2026年度全省群众安全感和执法工作满意度调查迎检工作方案》的通知",
        "澄河市人民政府关于做好两感宣传工作的通知",
    }
    phrase = home.search('"三分之二以上业主参与表决"')
    assert [hit["document_number"] for hit in phrase["hits"][: phrase["total"]]] == ["澄政发〔2026〕12号"]
    attached = home.search("气体检测报警仪")
    assert attached["hits"][0]["where"]["attachment"] == "附件1：有限空间作业单位自查表.docx"
    assert "6 documents, 0 waiting" in home.run("status", check=OVERDUE).stdout
    assert files(home.path / "warc") == before


def test_recorded_home_shows_its_revisions_and_its_gone_notice(home: Home) -> None:
    (notice,) = home.rows("select id from notice where url like '%_120611.html'")[0]
    assert "10月11日（星期日）" in home.run("diff", str(notice)).stdout
    assert home.rows("select count(*) from revision") == [(7,)]
    assert home.rows("select state from notice where url like '%_120575.html'") != [("listed",)]
    status = json.loads(home.run("status", "--json", check=OVERDUE).stdout)
    assert {source["name"] for source in status["sources"]} == {"demo", "old"}


def test_recorded_checkpoint_is_proved_by_todays_program(home: Home, tmp_path: Path) -> None:
    (notice,) = home.rows("select id from notice where url like '%_120605.html'")[0]
    proof = tmp_path / "proof"
    proof.write_text(home.run("prove", str(notice)).stdout, encoding="utf-8")
    key = home.run("checkpoint", "--key").stdout.strip()
    home.run("verify", "--proof", str(proof), "--key", key)


@pytest.mark.parametrize("engine", ENGINES)
def test_recorded_home_goes_on(home: Home, tmp_path: Path, engine: str) -> None:
    use(home, engine)
    build_site(tmp_path / "site")  # now with all its notices; one has its first text again, one is back
    with alone(), serve(tmp_path / "site", PORT):
        home.run("crawl", "demo", "--again")
    lines = tmp_path / "more.jsonl"
    line = {"url": "http://www.chenghe.example/old/2019/2.html", "title": "关于防汛的通知", "text": "两感之外，另有防汛。", "source": "old"}
    lines.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    home.run("import", str(lines))
    home.run("index")
    home.run("verify")
    assert home.search("“防汛”")["total"] == 2
    assert home.search("公共充电设施布局方案")["total"] == 1
    assert home.rows("select count(*) from revision where notice_id in (select id from notice where url like '%_120611.html')") == [(3,)]
    home.run("reparse")
    home.run("index", "--rebuild")
    home.run("verify")
    assert home.search("两感")["total"] == 3
