"""Thirty-six pages that are no notices come over a hundred archived ones, of which thirty use the very words of such pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.site_server import Page, notice_page, notice_path, serving, small_site

pytestmark = pytest.mark.faults

HTML = {"Content-Type": "text/html; charset=utf-8"}
GOOD = 100
WORDS = (  # what real notices say about the things that turn crawlers away
    *(
        "登录省统一身份认证平台，输入用户名和密码后填报。",
        "请先登录系统，再提交申请材料。",
        "访问频繁的用户须输入图形验证码。",
        "404页面整改情况纳入考核。",
    ),
    *("检测到可疑邮件应立即报告。", "网站防火墙的采购按政府采购法执行。", "页面不存在、链接失效等问题限期整改。", "系统维护期间暂停办理。"),
    *(
        "您访问的页面如有错误，请拨打热线。",
        "请稍候再试的提示语统一为普通话。",
        "滑动验证等人机验证方式应方便老年人。",
        "扫码登录后即可查询。",
    ),
    *("访问被拒绝的记录保存六个月。", "即将跳转到政务服务网办理。", "信息已被删除的，应当注明原因。", "服务器错误率不得高于千分之一。"),
    *(
        "<code>document.cookie</code>的使用应告知用户。",
        "<code>location.href</code>跳转须提示。",
        "$_ts 字段填写报送时间。",
        "403 Forbidden 一律计为失分。",
    ),
    *("下一页、尾页等按钮须可用键盘操作。", "共 3 页，第 1 页为目录。", "密码长度不少于十二位。", "您的请求存在异常的，由人工复核。"),
    *("非法访问的，依法追究责任。", "文件未找到的，按遗失处理。", "Access Denied 等英文提示改为中文。", "正在加载的提示不超过三秒。"),
    *("用户名与密码不得共用。", "滑块验证记录随日志保存。"),
)
LINKS = "".join(f"<li><a href='/c/{n}.html'>关于第{n}批项目的公示名单</a></li>" for n in range(40))
SHELL = "<html><head><title>{0}</title></head><body><div class='nav'>首页 政务公开</div>{1}<div class='foot'>版权所有 临杉市人民政府</div></body></html>"
AS_PAGES = {
    "waf, refused": SHELL.format("访问被拦截", "<h2>您的请求存在异常，已被网站防火墙拦截</h2><p>事件编号：A1B2C3</p>"),
    "waf, too often": SHELL.format("提示", "<p>您的访问过于频繁，请稍后再试。</p>"),
    "waf, suspicious": SHELL.format("安全提示", "<p>检测到可疑访问，请求已被阻断。</p><p>客户端地址 203.0.113.9</p>"),
    "slider": SHELL.format("安全验证", "<p>请拖动滑块完成验证</p><canvas></canvas>"),
    "captcha": SHELL.format("验证", "<p>请输入验证码继续访问</p><input name=code>"),
    "wzws": "<html><script>var wzwsquestion='12+3';document.cookie='wzws_sessionid=1'</script></html>",
    "jsl": "<script>document.cookie=('__')+('jsl_clearance=1;')+'x';location.href=location.pathname+location.search</script>",
    "ruishu": "<html><head><meta content='x' id='9DhefwqGPrzGxEp9hPaoag'><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script></head><body></body></html>",
    "acw": "<html><script>var arg1='3F';setCookie('acw_sc__v2',x)</script></html>",
    "cloudflare": "<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b/x.js'></script><body>Enable JavaScript</body></html>",
    "yunsuo": "<script>function YunSuoAutoJump(){self.location='/?security_verify_data=1'}</script><body onload='YunSuoAutoJump()'></body>",
    "cookie": "<script>document.cookie='sid=abc;path=/';window.location.reload();</script>",
    "refresh": "<html><head><meta http-equiv='refresh' content='1;url=/index.html'></head><body></body></html>",
    "leaving": SHELL.format("提示", "<p>您访问的链接即将离开临杉市人民政府网站，是否继续？</p>"),
    "jumping": "<html><body>页面正在跳转中，请稍候……如果没有自动跳转，请点击这里</body></html>",
    "404 in words": SHELL.format("404", "<h1>404</h1><p>抱歉，您访问的页面找不到了！</p><a href='/'>返回首页</a>"),
    "removed": SHELL.format("提示信息", "<p>该信息已被删除或不存在</p>"),
    "moved": SHELL.format("出错了", "<p>对不起，页面地址已失效，5秒后返回首页</p>"),
    "English 404": "<html><title>Not Found</title><body><h1>Not Found</h1><p>The requested URL was not found on this server.</p></body></html>",
    "server error": SHELL.format("错误", "<p>系统繁忙，请稍后再试</p>"),
    "under maintenance": SHELL.format("维护", "<p>系统维护中，预计今晚恢复</p>"),
    "login": SHELL.format("用户登录", "<form>用户名<input name=u>密码<input type=password name=p><button>登录</button></form>"),
    "login, unified": SHELL.format("统一身份认证", "<p>扫码登录</p><p>手机号</p><p>验证码</p><input type='password'>"),
    "session over": SHELL.format("提示", "<p>您尚未登录或会话已过期，请重新登录</p>"),
    "nothing": "",
    "blanks": "<html><body>\n \n</body></html>",
    "index": SHELL.format("通知公告", f"<ul>{LINKS}</ul><a>上一页</a><a>下一页</a><a>尾页</a>"),
    "front page": SHELL.format("临杉市人民政府", f"<ul>{LINKS}</ul>"),
}
UNDER_A_STATUS = (
    *((403, "waf, refused"), (404, "404 in words"), (410, "removed"), (412, "ruishu"), (429, "waf, too often")),
    *((500, "server error"), (502, "server error"), (503, "under maintenance")),
)


def pages_that_are_none() -> dict[str, Page]:
    """Each page as 200, some under a status that says no."""
    found: dict[str, Page] = {name: (200, HTML, body.encode()) for name, body in AS_PAGES.items()}
    return found | {f"{status} {name}": (status, HTML, AS_PAGES[name].encode()) for status, name in UNDER_A_STATUS}


@pytest.mark.timeout(1200)
def test_pages_that_are_no_notices_overwrite_none_and_notices_that_speak_of_them_are_stored(tmp_path: Path, figure: Figure) -> None:
    home, site = Home(tmp_path / "home"), small_site(GOOD, per_page=GOOD)
    site.pages |= {notice_path(n): notice_page(n, extra=words) for n, words in enumerate(WORDS, 1)}
    none = pages_that_are_none()
    places = {name: notice_path(2 * n) for n, name in enumerate(none, 1)}  # living ones between: three refusals in a row end a run
    rows = "select id, notice_id, n, content_digest, title, text, row_digest from revision order by id"
    with serving(site):
        home.source(site.base)
        home.run("crawl", "linshan", timeout=600)
        before = home.rows(rows)
        assert len(before) == GOOD, home.rows("select url, state, reason from listing where state != 'stored'")
        good = {places[name]: site.pages[places[name]] for name in none}
        site.pages |= {places[name]: page for name, page in none.items()}
        site.requests.clear()
        home.run("crawl", "linshan", "--revisit", check=None, timeout=600)
        assert min(site.requests[path] for path in places.values()) >= 1
        noted = dict(
            home.rows("select n.url, o.evidence || ': ' || o.detail from observation o join notice n on n.id = o.notice_id order by o.id")
        )
        states = dict(home.rows("select state, count(*) from notice group by state"))
        assert home.rows(rows) == before
        site.pages |= good
        home.run("crawl", "linshan", "--revisit", timeout=600)
    kinds = {name: noted.get(f"{site.base}{path}") for name, path in places.items()}
    overwritten = len(set(before) - set(home.rows(rows)))
    figure(
        f"challenge, log-in, soft-404, empty and index pages over {GOOD} good notices ({len(WORDS)} of which use such words)",
        len(none),
        f"overwritten {overwritten}, states {states}",
    )
    print("\n".join(f"  {name}: {kind}" for name, kind in kinds.items()))
    assert {name for name, kind in kinds.items() if kind is None or kind.startswith("seen")} == set()
    assert home.rows(rows) == before
    assert home.rows("select count(*) from notice where state in ('missing', 'withdrawn')") == [(0,)]
    assert home.search("堤防巡查")["total"] == GOOD
    home.run("verify")
