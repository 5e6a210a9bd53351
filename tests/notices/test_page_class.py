"""Challenges, soft errors and log-ins are named; real notices that use their words stay notices."""

from __future__ import annotations

from typing import Any

import pytest

from notices.page_class import PageClass, class_of, classify, title_disagrees

NOTICE = "<html><head><title>{title}</title></head><body><h1>{title}</h1><div>发布时间：2021-03-04</div><p>{text}</p></body></html>"


def reason_of(*args: Any, **told: Any) -> str | None:
    found = classify(*args, **told)
    return found.reason if found else None


def page(text: str, title: str = "关于开展网站安全检查的通知") -> str:
    return NOTICE.format(title=title, text=text)


@pytest.mark.parametrize(
    ("status", "html", "reason"),
    [
        (200, "<html><script>var wzwsquestion='a';</script><body>请开启JavaScript并刷新该页.</body></html>", "challenge: wzws"),
        (521, "<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname</script>", "challenge: jsl"),
        (412, "<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>", "challenge: ruishu"),
        (200, "<script>document.cookie='C3VK=abc; path=/';location.reload()</script>", "challenge: c3vk"),
        (200, "<script>document.cookie='HOY_TR='+f();location.href='/x'</script>", "challenge: hoy_tr"),
        (200, "<script>document.cookie='k=1';window.location.reload()</script>", "challenge: script"),
        (200, "<html><head><meta http-equiv='refresh' content='0;url=/tzgg/'></head></html>", "interstitial"),
        (403, "<html><body>reason:GeoBL</body></html>", "challenge: geo"),
        (412, "<html></html>", "challenge: 412"),
        (200, "<html><head><title>404</title></head><body><h1>404 Not Found</h1></body></html>", "soft 404"),
        (200, "<html><body><p>很抱歉，您访问的页面不存在或已被删除</p><a href='/'>返回首页</a></body></html>", "soft 404"),
        (200, "<html><body><form>用户名<input name=u>密码<input type='password'>登录</form></body></html>", "login"),
        (200, "<html><body>您还未登录，请先登录后访问</body></html>", "login"),
        (200, "<html><body>您访问的链接即将离开本网站，是否继续？</body></html>", "interstitial"),
        (200, "<html><body>  </body></html>", "empty"),
        (200, "", "empty"),
        (404, page("正文"), "missing"),
        (500, "<html><body>x</body></html>", "error: 500"),
        (429, "<html><body>x</body></html>", "refused: 429"),
    ],
)
def test_what_is_no_notice_has_a_reason(status: int, html: str, reason: str) -> None:
    assert reason_of(status, {}, html) == reason
    assert str(class_of(reason)) == reason.partition(":")[0]


@pytest.mark.parametrize(
    "text",
    [
        "各单位要检查登录页面，用户名和密码不得使用默认值。",
        "发现网页出现404错误、页面不存在等情况的，应当立即整改。",
        "请登录省平台填报，系统繁忙时请稍候再试。" + "各单位要认真落实。" * 40,
        "检测到异常访问请求频繁的，由网站防火墙拦截。" + "特此通知。" * 60,
        "",
    ],
)
def test_notice_that_uses_the_words_stays_a_notice(text: str) -> None:
    assert classify(200, {}, page(text)) is None


def test_challenge_is_told_by_its_cookie() -> None:
    assert reason_of(200, {"Set-Cookie": "wzws_sessionid=x"}, "<html><body></body></html>") == "challenge: wzws"


def test_page_of_one_picture_is_not_empty() -> None:
    assert classify(200, {}, "<html><body><img src='W020210101.jpg'></body></html>") is None


def test_section_index_in_an_articles_place() -> None:
    items = "".join(f"<li><a href='{n}.html'>关于第{n}项工作的公示</a></li>" for n in range(30))
    html = f"<html><body><ul>{items}</ul><a>下一页</a></body></html>"
    assert reason_of(200, {}, html, listed_title="关于举办农民丰收节的通知", page_title="通知公告") == "section index"


def test_title_longer_than_the_lists_is_the_same_notice() -> None:
    html = page("全文如下。", "云溪市人民政府关于举办农民丰收节活动的通知（云政发〔2021〕3号）")
    assert (
        classify(
            200,
            {},
            html,
            listed_title="关于举办农民丰收节活动的通知",
            page_title="云溪市人民政府关于举办农民丰收节活动的通知（云政发〔2021〕3号）",
        )
        is None
    )


def test_titles_disagree_only_when_they_share_little() -> None:
    assert title_disagrees("关于举办农民丰收节的通知", "2021年财政预算公开说明")
    assert not title_disagrees("关于举办农民丰收节的通知", "关于举办 农民丰收节的通知")
    assert not title_disagrees("市教育局关于2021年秋季开学工作的通知", "云溪市教育局关于做好2021年秋季开学工作的通知")


def test_stored_reasons_name_their_class() -> None:
    assert class_of("challenge: jsl") is PageClass.CHALLENGE
    assert class_of("led to another page") is PageClass.ELSEWHERE
    assert [c.value for c in PageClass if c.is_dead] == ["missing", "soft 404", "led to another page"]
    assert (class_of(None), class_of("IncompleteBody: 3 of 9 bytes")) == (None, None)
