"""Pages that are no notice although the server sent them: challenges, soft 404s, logins (reference/domain.md §4.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SMALL = 12_000
_CHALLENGES = (
    ("challenge: wzws", re.compile(r"wzwsquestion|wzwschallenge|wzws_sessionid|请开启JavaScript并刷新该页")),
    ("challenge: jsl", re.compile(r"__jsl_clearance|__jsluid")),
    ("challenge: script cookie", re.compile(r"C3VK=|HOY_TR|document\.cookie\s*=.{0,400}location\.(?:reload|href|replace)", re.S)),
    ("challenge: rs", re.compile(r"\$_ts\s*=|\$_ts\[")),
    ("challenge: turnstile", re.compile(r"challenges\.cloudflare\.com|cf-chl-|cf_chl_")),
    ("challenge: captcha", re.compile(r"请完成安全验证|滑动验证|请输入验证码(?:继续|后)|访问验证|安全验证中")),
    ("blocked by a firewall", re.compile(r"您的访问(?:请求)?(?:被|已被)(?:拦截|拒绝|阻断)|访问被拦截|您的请求带有不合法参数|Web应用防火墙|GeoBL")),
)
_SOFT_404 = re.compile(
    r"(?:页面|网页|文章|内容|信息|您(?:要)?访问的[^<。]{0,12})(?:不存在|已(?:被)?删除|未找到|找不到|已下线|已失效|走丢了)|404\s*(?:not found|页面|错误|error)|"
    r"page not found|抱歉[，,][^<。]{0,20}(?:不存在|找不到|删除)",
    re.I,
)
_LOGIN = re.compile(r"<input[^>]{0,200}type\s*=\s*[\"']?password", re.I)
_TITLE = re.compile(r"<title[^>]*>([^<]{0,300})", re.I)
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.I | re.S)


def classify(status: int, headers: Mapping[str, str], text: str, *, listed_title: str | None = None, page_title: str | None = None) -> str | None:
    """Why the answer is no content: the reason, or None for a page that may be one."""
    if status == 412 and len(text) < 60_000 and "$_ts" in text[:60_000]:
        return "challenge: rs"
    if status == 521 or (status in (403, 412, 429, 503) and len(text) < _SMALL):
        return _challenge(text) or f"HTTP {status}"
    if not text.strip():
        return "empty"
    plain = _TAGS.sub(" ", text[:200_000])
    readable = len(re.sub(r"\s", "", plain))
    if readable < 600:
        return _challenge(text) or _small_page(text, plain)
    return _other_title(listed_title, page_title)


def _challenge(text: str) -> str | None:
    head = text[:_SMALL]
    return next((name for name, sign in _CHALLENGES if sign.search(head)), None)


def _small_page(text: str, plain: str) -> str | None:
    title = _TITLE.search(text)
    if _SOFT_404.search(plain) or (title and re.search(r"404|未找到|不存在|错误页", title[1])):
        return "soft 404"
    if _LOGIN.search(text):
        return "login"
    return None


def _other_title(listed: str | None, shown: str | None) -> str | None:
    """A section index in the place of an article: its title shares next to nothing with the list's."""
    if not listed or not shown or len(listed) < 8:
        return None
    wanted, got = ({t[i : i + 2] for i in range(len(t) - 1)} for t in (_bare(listed), _bare(shown)))
    return "section index" if wanted and len(wanted & got) * 10 < len(wanted) else None


def _bare(title: str) -> str:
    return re.sub(r"\W", "", title)
