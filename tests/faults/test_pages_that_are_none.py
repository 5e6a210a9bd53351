"""Thirty challenge, log-in and error pages come in the place of archived notices; two schedulers and two crawls come at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.archive_home import ROOT, Home
from tests.site_server import Page, notice_path, serving, small_site

pytestmark = pytest.mark.faults

HTML = {"Content-Type": "text/html; charset=utf-8"}
BODIES = {
    "wzws": "<html><script>var wzwsquestion='a';</script><body>请开启JavaScript并刷新该页.</body></html>",
    "jsl": "<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname</script>",
    "ruishu": "<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>",
    "cookie": "<script>document.cookie='k=1';window.location.reload()</script>",
    "refresh": "<html><head><meta http-equiv='refresh' content='0;url=/tzgg/'></head></html>",
    "soft 404": "<html><head><title>404</title></head><body><h1>404 Not Found</h1></body></html>",
    "removed": "<html><body><p>很抱歉，您访问的页面不存在或已被删除</p><a href='/'>返回首页</a></body></html>",
    "login form": "<html><body><form>用户名<input name=u>密码<input type='password'>登录</form></body></html>",
    "login": "<html><body>您还未登录，请先登录后访问</body></html>",
    "leaving": "<html><body>您访问的链接即将离开本网站，是否继续？</body></html>",
    "empty": "<html><body>  </body></html>",
    "nothing": "",
    "index": "<html><body><ul>"
    + "".join(f"<li><a href='{n}.html'>关于第{n}项工作的公示</a></li>" for n in range(30))
    + "</ul><a>下一页</a></body></html>",
}
STATUSES = (403, 404, 410, 412)


def pages_that_are_none() -> list[Page]:
    """Thirty of them: each body as 200, then bodies under a status that says no."""
    found: list[Page] = [(200, HTML, body.encode()) for body in BODIES.values()]
    found += [(status, HTML, body.encode()) for status in STATUSES for body in list(BODIES.values())[:5]]
    return found[:30]


@pytest.mark.timeout(400)
def test_thirty_pages_that_are_no_notices_overwrite_none_of_a_hundred(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    site = small_site(100, per_page=100)
    with serving(site):
        home.source(site.base)
        home.run("crawl", "linshan")
        assert home.rows("select count(*), sum(length(text) > 60) from revision") == [(100, 100)]
        before = home.rows("select id, notice_id, n, content_digest, title, text, row_digest from revision order by id")
        asked = pages_that_are_none()
        for n, page in enumerate(asked):
            site.pages[notice_path(3 * n + 1)] = page
        home.run("crawl", "linshan", "--again", check=None, timeout=300)
        assert sum(site.requests[notice_path(3 * n + 1)] > 1 for n in range(len(asked))) == len(asked)
    assert home.rows("select id, notice_id, n, content_digest, title, text, row_digest from revision order by id") == before
    states = dict(home.rows("select state, count(*) from notice group by state"))
    evidence = dict(home.rows("select evidence, count(*) from observation group by evidence"))
    print(f"pages that are no notices {len(asked)}, good notices 100, overwritten 0, states {states}, evidence {evidence}")
    assert sum(n for said, n in evidence.items() if said != "seen") == len(asked)  # each is noted with its reason
    assert states["missing"] == sum(evidence.get(said, 0) for said in ("http_404", "http_410", "soft_404"))
    assert home.search("堤防巡查")["total"] == 100
    home.run("verify")


@pytest.mark.timeout(300)
def test_two_schedulers_and_two_crawls_at_once_fetch_each_notice_once(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with serving(small_site(8)) as site:
        home.source(site.base)
        schedule = [sys.executable, "scheduler.py", "--once"]
        commands = [schedule, home.command("crawl", "linshan"), schedule, home.command("crawl", "linshan")]
        running = [
            subprocess.Popen(c, cwd=ROOT, env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for c in commands
        ]
        for process in running:
            process.communicate(timeout=200)
        assert {p.returncode for p in running} <= {0, 6}
        assert [site.requests[notice_path(n)] for n in range(1, 9)] == [1] * 8
        asked = site.requests.total()
        home.run("crawl", "linshan")  # no lock was left behind
        assert site.requests.total() - asked <= 4
    assert home.rows("select count(*) from notice") == [(8,)]
    assert home.rows("select count(*) from tick where job = 'crawl:linshan'") == [(1,)]
    assert home.rows("select count(*) from run where outcome = 'running'") == [(0,)]
    home.run("verify")
