"""The demo, as a stranger runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.demo.site import build_site, notices
from tests.support.archive_home import Home

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_demo_crawls_indexes_and_finds(home: Home) -> None:
    out = home.run("demo").stdout
    assert "new 18" in out
    assert '$ search "两感"' in out
    assert "export NOTICES_HOME" in out
    assert home.search("两感")["total"] == 1
    _shows_what_is_promised(home)
    assert home.search("应急救援三脚架")["hits"][0]["where"] == {"attachment": "附件1：有限空间作业单位自查表.docx", "page": 1}
    assert home.search("竣工验收合格后三十日内")["total"] == 1
    assert home.search("镕湖水库水位")["hits"][0]["document_number"] == "澄汛〔2026〕9号"
    assert home.search("澄应急通告〔2026〕3号")["hits"][0]["exact"]
    assert "139****0000" in json.dumps(home.search("闻小满"), ensure_ascii=False)
    assert home.rows("select count(*) from listing where state = 'refused'") == [(1,)]


def _shows_what_is_promised(home: Home) -> None:
    """Both READMEs print this answer; the port, the id, the time taken and the end of a long line are left to the day."""
    for readme, language in (("README.md", "en"), ("README.zh-CN.md", "zh")):
        answer = home.run("search", "--lang", language, "两感").stdout
        block = (ROOT / readme).read_text(encoding="utf-8").partition('    $ search "两感"\n')[2]
        for line, real in zip(block.splitlines(), answer.splitlines(), strict=False):
            assert _timeless(real).startswith(_timeless(line.removeprefix("    ").removesuffix(" …"))), readme


def _timeless(line: str) -> str:
    return re.sub(r"(127\.0\.0\.1:|[(（]|^\[)[\d.]+(?=[ /\]])", r"\1", line)


def test_demo_twice_starts_anew(home: Home) -> None:
    home.run("demo")
    home.run("import", "-", stdin='{"url": "http://a.example/1", "title": "关于河段的通知", "text": "各县：请巡查。"}')
    home.run("checkpoint")
    home.run("index", "--rebuild", "--to", f"tantivy://{home.path}/fast")
    home.run("demo")
    assert not (home.path / "fast").exists()
    assert home.search("两感")["total"] == 1
    assert home.rows("select count(*), max(revisions) from notice") == [(18, 1)]
    assert home.run("verify").stdout.startswith("0 ")  # no signed note of the first run is left


def test_demo_never_touches_another_archive(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"url": "http://a.example/1", "title": "一", "text": "二"}), encoding="utf-8")
    home.run("import", str(file))
    assert "something else" in home.run("demo", check=2).stderr
    assert home.search("二")["total"] == 1


def test_site_is_built_the_same_every_time(tmp_path: Path) -> None:
    one, two = build_site(tmp_path / "one"), build_site(tmp_path / "two")
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert all((one / f).read_bytes() == (two / f).read_bytes() for f in files)
    assert len({n["column"] for n in notices()}) == 3
    assert len(notices()) >= 12
