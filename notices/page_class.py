"""Why a response is no notice: challenges, soft errors, log-ins, a section's index in an article's place (reference/domain.md §4.5).

A page with real text is a notice whatever words it uses; the marks of challenges are those no text contains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from notices.text.html import line_of, parse

_SHORT = 600  # letters of visible text: a page of words like 请登录 says nothing else
_CHALLENGES = {  # marks in lower case: they stand in scripts, cookies and the names of things
    "wzws": ("wzwsquestion", "wzws_sessionid", "wzws-waf", "wzws-ray", "请开启javascript并刷新该页"),
    "jsl": ("__jsl_clearance",),
    "ruishu": ("$_ts=", "$_ts =", "$_ts[", "$_ts.", "'$_ts'", '"$_ts"'),
    "c3vk": ("c3vk=",),
    "hoy_tr": ("hoy_tr",),
    "acw": ("acw_sc__v2", "acw_sc__v3"),
    "cloudflare": ("cf-browser-verification", "challenge-platform/", "cf_chl_opt", "_cf_chl"),
    "safeline": ("safelinechallenge", "/.safeline/"),
    "yunsuo": ("yunsuo_session", "yunsuoautojump", "security_session_verify"),
    "geo": ("reason:geobl", "reason: geobl"),
}
_TOLD = {  # told by words that a notice may use
    "captcha": re.compile(r"滑动验证|拖动滑块|请完成(?:安全)?验证|人机验证|请输入验证码继续"),
    "waf": re.compile(
        r"您的(?:请求|访问)(?:已被|被|存在|疑似)|访问被(?:拦截|拒绝|阻断)|(?:网站|Web应用)防火墙|(?:请求|访问)(?:过于)?频繁"
        r"|异常访问|非法访问|检测到(?:可疑|异常)|403 Forbidden|Access Denied",
        re.I,
    ),
}
_COOKIE = re.compile(r"document\.cookie\s{0,4}=", re.I)
_MOVES = re.compile(r"location(?:\.href|\.reload|\.replace)?\s{0,4}[=(]|http-equiv\s?=\s?[\"']?refresh", re.I)
_MISSING = re.compile(
    r"(?:^|[^\d])404(?:[^\d]|$).{0,80}?(?:not found|error|错误|不存在|找不到|未找到|页面)"
    r"|(?:页面|网页|内容|文件|信息|文章|地址)[^。]{0,12}(?:不存在|找不到|未找到|已被?删除|已下线|已经?失效|丢失了?|飞走了)"
    r"|(?:不存在|找不到|未找到|无法找到)[^。]{0,14}(?:页面|网页|内容|文件|信息|文章|资源)"
    r"|not found|page can(?:no|')t be found|出错了|系统(?:繁忙|错误|异常|维护)|服务器(?:错误|繁忙|内部错误)",
    re.I,
)
_LOGIN = re.compile(
    r"(?:用户名|账号|帐号|手机号|身份证号).{0,60}(?:密码|验证码)|(?:请先?|您(?:还|尚)未|重新)登[录陆]|登[录陆].{0,40}(?:密码|注册)|统一身份认证|扫码登[录陆]",
    re.S,
)
_PASSWORD = re.compile(r"<input[^<>]{0,300}type\s*=\s*[\"']?password", re.I)
_LEAVING = re.compile(
    r"即将(?:离开|跳转|为您跳转)|正在(?:跳转|前往|为您跳转|加载)|页面(?:跳转|自动跳转)中|(?:如果|若)[^。]{0,20}没有(?:自动)?跳转|请稍[候等]|loading|redirecting|点击(?:此处|这里)继续",
    re.I,
)
_INDEX = re.compile(r"(?:下一页|尾页|末页|共\s{0,2}\d{1,5}\s{0,2}页)")
_ARTICLE = re.compile(
    r"(?:发布|公开|成文|信息|文章)?(?:时间|日期|来源|者|机构|机关)\s{0,2}[:：]|索\s{0,4}引\s{0,4}号|浏览次数|上一篇|〔20\d\d〕|特此(?:通知|公告|通告)|附件\s?[:：1]"
)
_COMMON = frozenset(
    ("关于", "通知", "公告", "公示", "的通", "的公", "知公", "通告", "信息", "工作", "公开", "政策", "文件", "首页", "正文")
)
_BLANKS = re.compile(r"[\s\W_]+")
_STATUS = {
    401: "login",
    403: "refused: 403",
    412: "challenge: 412",
    418: "challenge: 418",
    429: "refused: 429",
    521: "challenge: jsl",
    503: "unavailable: 503",
}


_LINK = re.compile(r"<a\b[^>]{0,2000}>([^<]{0,300})", re.I)
_MANY_LINKS = 15


def classify(
    status: int, headers: Mapping[str, str], text: str, *, listed_title: str | None = None, page_title: str | None = None
) -> str | None:
    """The reason why a response is not the notice that was asked for; None for a notice. `text` is the page's HTML."""
    return classify_seen(status, headers, text, line_of(parse(text[:300_000])), listed_title=listed_title, page_title=page_title)


def classify_seen(  # noqa: PLR0913  what a reader of pages has at hand anyway
    status: int, headers: Mapping[str, str], text: str, visible: str, *, listed_title: str | None = None, page_title: str | None = None
) -> str | None:
    """`classify` for whoever has the visible text of the page already, in one line."""
    return (
        _by_challenge(text, headers, visible)
        or _by_status(status)
        or _by_words(text, visible)
        or _by_title(text, visible, listed_title, page_title)
    )


def title_disagrees(listed: str, shown: str) -> bool:
    """Whether two titles cannot be one notice's: neither holds the other, and they share few pairs of letters."""
    one, two = _letters(listed), _letters(shown)
    if not one or not two or one in two or (two in one and len(two) > 4):
        return False
    pairs, others = _pairs(one) - _COMMON, _pairs(two) - _COMMON
    if not pairs or not others:
        return not others
    shared = len(pairs & others)
    return shared < 0.3 * min(len(pairs), len(others))


def _by_challenge(text: str, headers: Mapping[str, str], visible: str) -> str | None:
    if len(visible) > _SHORT:
        return None
    seen = "".join([text[:100_000], *(f"{k}: {v}\n" for k, v in headers.items())]).lower()
    for name, marks in _CHALLENGES.items():
        if any(mark in seen for mark in marks):
            return f"challenge: {name}"
    if len(visible) <= 300 and not _ARTICLE.search(visible):
        told = next((name for name, words in _TOLD.items() if words.search(visible)), None)
        if told:
            return f"challenge: {told}"
    if len(visible) < 60 and len(text) < 30_000 and _COOKIE.search(text) and _MOVES.search(text):
        return "challenge: script"
    return None


def _by_status(status: int) -> str | None:
    if status in _STATUS:
        return _STATUS[status]
    if status in (404, 410):
        return "missing"
    return f"error: {status}" if status >= 400 else None


def _by_words(text: str, visible: str) -> str | None:
    if len(visible) > 1500:
        return None
    letters = len(_BLANKS.sub("", visible))
    if letters == 0:
        return _without_words(text[:300_000])
    if letters > 300 or _ARTICLE.search(visible) or ("。" in visible and letters > 200):
        return None
    if letters <= 200 and _MISSING.search(visible):
        return "soft 404"
    if (_PASSWORD.search(text) and _LOGIN.search(visible)) or (letters <= 60 and _LOGIN.search(visible)):
        return "login"
    return "interstitial" if letters <= 120 and _LEAVING.search(visible) else None


def _without_words(text: str) -> str | None:
    """A page of pictures or files may be a notice; one that only leads elsewhere, or nowhere, is none."""
    if _MOVES.search(text):
        return "interstitial"
    return None if re.search(r"<(?:img|iframe|embed|object)\b|\.pdf", text, re.I) else "empty"


def _by_title(text: str, visible: str, listed: str | None, shown: str | None) -> str | None:
    """A page that came in an article's place: its title is not the list's, and the list's title stands nowhere in it."""
    if not listed or len(_letters(listed)) < 6 or shown is None:
        return None
    wanted = _letters(listed)
    if not title_disagrees(listed, shown):
        return None if wanted in _letters(visible) or _letters(shown) == wanted or not _is_links(text, visible) else "section index"
    if wanted in _letters(visible) or wanted[:16] in _letters(visible):
        return "section index" if _INDEX.search(visible) and len(re.findall(r"<li\b|<tr\b", text)) > 8 else None
    return "section index" if _INDEX.search(visible) or len(re.findall(r"<a\b", text)) > 20 else "another page"


def _is_links(text: str, visible: str) -> bool:
    """Whether a page holds hardly anything but the texts of many links."""
    links = _LINK.findall(text[:1_000_000])
    return len(links) >= _MANY_LINKS and sum(len(_letters(link)) for link in links) > 0.8 * len(_letters(visible))


def _letters(text: str) -> str:
    return _BLANKS.sub("", text).lower()


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}
