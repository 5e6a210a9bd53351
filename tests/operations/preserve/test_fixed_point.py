"""Any re-derivation is a fixed point: the same parser reads the same values from the same bytes, over whole random archives."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from tests.support.passing_days import crawl
from tests.support.quick_home import QuickHome
from tests.support.site_server import Site, list_page, notice_path, serving, title

_ROWS = "select * from {} order by rowid"
_DERIVED = ("revision", "attachment", "citation", "alias", "notice", "correction", "instrument_key")
_NAMES = ("岗位表", "报名表", "评分表", "巡查表")


def _packed(rng: random.Random) -> bytes:
    """An archive whose members are texts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for n in range(rng.randint(1, 3)):
            packed.writestr(f"{rng.choice(_NAMES)}{n}.txt", f"第{rng.randint(1, 99)}行 堤防 巡查")
    return buffer.getvalue()


def _links(site: Site, n: int, rng: random.Random) -> str:
    """Links of a page: with an address, without one, twice the same address, to a file that is not there; on one page more than are fetched."""
    lines = []
    for k in range(60 if n == 1 else rng.randint(0, 6)):
        name, path = f"{k + 1}.{rng.choice(_NAMES)}.doc", f"/files/{n}-{rng.randint(0, 3) if k else 0}.zip"
        site.pages.setdefault(path, (200, {"Content-Type": "application/zip"}, _packed(rng)))
        address = rng.choice(["javascript:void(0)", path, path, f"/files/gone-{n}-{k}.doc"])
        lines.append(f'<p><a href="{address}">{name}</a></p>')
    return "".join(lines) + "<p>附件：1.甲表.xls</p><p>2.乙表.xls</p>"


def _page(site: Site, n: int, rng: random.Random) -> bytes:
    """A notice that names no title or date of its own now and then: then the list's is taken."""
    own = rng.random() < 0.7
    head = f"<h1>{title(n)}</h1><div>发布时间：2026-10-{n % 28 + 1:02d}</div>" if own else ""
    return (
        f"<html><head><title>{title(n) if own else ''}</title></head><body>{head}<div class='content'>"
        f"<p>各县区人民政府：</p><p>现将第{n}号河段防汛工作有关事项通知如下。{rng.choice(['加强巡查。', '备足物资。'])}</p>{_links(site, n, rng)}"
        "<p>临杉市人民政府</p><p>2026年10月1日</p></div></body></html>"
    ).encode()


def _line(n: int, rng: random.Random) -> str:
    files = [
        {
            "name": rng.choice(_NAMES),
            **({"url": f"http://a.example/f{rng.randint(0, 1)}"} if rng.random() < 0.5 else {}),
            "text": f"第{k}张",
        }
        for k in range(rng.randint(0, 4))
    ]
    line = {"url": f"http://a.example/{n % 5}", "title": f"关于第{n}批检查的通知", "text": f"第{n}批。\n临杉市人民政府\n2026年9月1日"}
    return json.dumps(line | {"attachments": files}, ensure_ascii=False)


def _site(seed: int) -> Site:
    rng, site = random.Random(seed), Site()
    site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([5, 4, 3, 2, 1], 0, 1)
    for n in range(1, 6):
        site.pages[notice_path(n)] = _page(site, n, rng)
    return site


@pytest.mark.parametrize("seed", [1, 2])
def test_same_parser_changes_nothing_in_an_archive(tmp_path: Path, seed: int) -> None:
    home, rng = QuickHome(tmp_path / "home"), random.Random(seed)
    with serving(_site(seed)) as site:
        home.source(site.base)
        crawl(home, check=None)
        site.pages[notice_path(3)] = _page(site, 3, rng).replace("有关事项".encode(), "新的事项".encode())
        # The list names the notice otherwise now: what was read before keeps the entry it was read with.
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([5, 4, 3, 2, 1], 0, 1).replace("通知".encode(), "通报".encode())
        crawl(home, check=None, revisit=True, full=True)
    for some in (range(5), range(5, 9)):  # of 5 to 8 the addresses are those of 0 to 3: their notices are revised
        home.run("import", "-", stdin="\n".join(_line(n, rng) for n in some))
    assert home.rows("select max(n) from revision where notice_id in (select id from notice where url like '%/tzgg/%')") >= [(2,)]
    assert home.rows("select count(*) from attachment where url is null")[0][0] >= 4
    before = {table: home.rows(_ROWS.format(table)) for table in _DERIVED}
    count = len(before["revision"])
    assert home.run("reparse", "--dry-run").stdout == f"{count} revisions read, 0 would change\n"
    assert home.run("reparse").stdout == f"{count} revisions read, 0 changed\n"
    assert {table: home.rows(_ROWS.format(table)) for table in _DERIVED} == before
    home.run("verify")
