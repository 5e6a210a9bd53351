"""Why a response is not a notice: challenges, soft errors, log-ins, a section's index in an article's place (reference/domain.md §4.5).

A page with real text is a notice whatever words it uses; the marks of challenges are those that texts do not contain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from notices.text.html import line_of, parse


class PageClass(StrEnum):
    """What a response is when it is not the notice. The values begin the reasons that an archive stores."""

    CHALLENGE = "challenge"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    ERROR = "error"
    LOGIN = "login"
    MISSING = "missing"
    SOFT_404 = "soft 404"
    EMPTY = "empty"
    INTERSTITIAL = "interstitial"
    SECTION_INDEX = "section index"
    ANOTHER_PAGE = "another page"
    ELSEWHERE = "led to another page"

    @property
    def is_dead(self) -> bool:
        """Whether the site says that the page is not there any more."""
        return self in (PageClass.MISSING, PageClass.SOFT_404, PageClass.ELSEWHERE)


class Refusal(NamedTuple):
    """Why a response is not the notice; `detail` is the product of a challenge or the HTTP status."""

    page_class: PageClass
    detail: str = ""

    @property
    def reason(self) -> str:
        """The words that an archive stores: "challenge: jsl", "refused: 403", "soft 404"."""
        return f"{self.page_class}: {self.detail}" if self.detail else self.page_class.value


def class_of(reason: str | None) -> PageClass | None:
    """The class that a stored reason begins with; None for no reason and for those of other origin."""
    try:
        return PageClass((reason or "").partition(":")[0])
    except ValueError:
        return None


_SHORT = 600  # characters of visible text: a page of words like 请登录 says nothing else
# Marks in lower case: they occur in scripts, cookies and the names of things.
_CHALLENGES = {
    "wzws": ("wzwsquestion", "wzws_sessionid", "wzws-waf", "wzws-ray", "请开启javascript并刷新该页"),  # 网站卫士: 人民银行, 统计局, 安徽
    "jsl": ("__jsl_clearance",),  # 加速乐 (创宇), mostly with status 521: 公安部, 梅州
    "ruishu": ("$_ts=", "$_ts =", "$_ts[", "$_ts.", "'$_ts'", '"$_ts"'),  # 瑞数, mostly with status 412: 海关, 卫健委, 药监局
    "c3vk": ("c3vk=",),  # 380 bytes that set a cookie for five minutes: 税务法规库
    "hoy_tr": ("hoy_tr",),  # a cookie computed by script: 中央纪委
    "acw": ("acw_sc__v2", "acw_sc__v3"),  # 阿里云 WAF
    "cloudflare": ("cf-browser-verification", "challenge-platform/", "cf_chl_opt", "_cf_chl"),
    "safeline": ("safelinechallenge", "/.safeline/"),  # 长亭雷池
    "yunsuo": ("yunsuo_session", "yunsuoautojump", "security_session_verify"),  # 云锁
    "geo": ("reason:geobl", "reason: geobl"),  # a WZWS that refuses addresses abroad, status 403
}
_TOLD = {  # told by words that a notice may use, so only on a page of few words
    "captcha": re.compile(r"滑动验证|拖动滑块|请完成(?:安全)?验证|人机验证|请输入验证码继续"),
    "waf": re.compile(
        r"您的(?:请求|访问)(?:已被|被|存在|疑似)|访问被(?:拦截|拒绝|阻断)|(?:网站|Web应用)防火墙|(?:请求|访问)(?:过于)?频繁"
        r"|异常访问|非法访问|检测到(?:可疑|异常)|403 Forbidden|Access Denied",
        re.I,
    ),
}
_COOKIE = re.compile(r"document\.cookie\s{0,4}=", re.I)
_MOVES = re.compile(r"location(?:\.href|\.reload|\.replace)?\s{0,4}[=(]|http-equiv\s?=\s?[\"']?refresh", re.I)
_REFRESH_TO = re.compile(
    r"<meta\b[^>]{0,200}http-equiv\s*=\s*[\"']?\s*refresh[^>]{0,2000}?(?:url\s*=|content\s*=\s*[\"']?\s*\d+\s*[;,]\s*[^\s\"'>])", re.I
)
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
    401: Refusal(PageClass.LOGIN),
    403: Refusal(PageClass.REFUSED, "403"),
    404: Refusal(PageClass.MISSING),
    410: Refusal(PageClass.MISSING),
    412: Refusal(PageClass.CHALLENGE, "412"),  # 瑞数
    418: Refusal(PageClass.CHALLENGE, "418"),
    429: Refusal(PageClass.REFUSED, "429"),
    503: Refusal(PageClass.UNAVAILABLE, "503"),
    521: Refusal(PageClass.CHALLENGE, "jsl"),
}
_LINK = re.compile(r"<a\b[^>]{0,2000}>([^<]{0,300})", re.I)
_MANY_LINKS = 15


def classify(
    status: int, headers: Mapping[str, str], text: str, *, listed_title: str | None = None, page_title: str | None = None
) -> Refusal | None:
    """Why a response is not the notice that was asked for; None for a notice. `text` is the page's HTML."""
    return classify_seen(status, headers, text, line_of(parse(text[:300_000])), listed_title=listed_title, page_title=page_title)


def classify_seen(  # noqa: PLR0913  what a reader of pages has at hand anyway
    status: int, headers: Mapping[str, str], text: str, visible: str, *, listed_title: str | None = None, page_title: str | None = None
) -> Refusal | None:
    """`classify` for a caller that has the visible text of the page, in one line."""
    return (
        _by_challenge(text, headers, visible)
        or _by_status(status)
        or _by_words(text, visible)
        or _by_title(text, visible, listed_title, page_title)
    )


def title_disagrees(listed: str, shown: str) -> bool:
    """Whether two titles cannot be one notice's: neither contains the other, and they share few pairs of characters."""
    one, two = _characters(listed), _characters(shown)
    if not one or not two or one in two or (two in one and len(two) > 4):
        return False
    pairs, others = _pairs(one) - _COMMON, _pairs(two) - _COMMON
    if not pairs or not others:
        return not others
    shared = len(pairs & others)
    return shared < 0.3 * min(len(pairs), len(others))


def _by_challenge(text: str, headers: Mapping[str, str], visible: str) -> Refusal | None:
    if len(visible) > _SHORT:
        return None
    seen = "".join([text[:100_000], *(f"{k}: {v}\n" for k, v in headers.items())]).lower()
    for name, marks in _CHALLENGES.items():
        if any(mark in seen for mark in marks):
            return Refusal(PageClass.CHALLENGE, name)
    if len(visible) <= 300 and not _ARTICLE.search(visible):
        told = next((name for name, words in _TOLD.items() if words.search(visible)), None)
        if told:
            return Refusal(PageClass.CHALLENGE, told)
    if len(visible) < 60 and len(text) < 30_000 and _COOKIE.search(text) and _MOVES.search(text):
        return Refusal(PageClass.CHALLENGE, "script")
    return None


def _by_status(status: int) -> Refusal | None:
    if status in _STATUS:
        return _STATUS[status]
    return Refusal(PageClass.ERROR, str(status)) if status >= 400 else None


def _by_words(text: str, visible: str) -> Refusal | None:
    if len(visible) > 1500:
        return None
    characters = len(_BLANKS.sub("", visible))
    if characters == 0:
        return _without_words(text[:300_000])
    if characters > 300 or _ARTICLE.search(visible) or ("。" in visible and characters > 200):
        return None
    if characters <= 200 and _MISSING.search(visible):
        return Refusal(PageClass.SOFT_404)
    if (_PASSWORD.search(text) and _LOGIN.search(visible)) or (characters <= 60 and _LOGIN.search(visible)):
        return Refusal(PageClass.LOGIN)
    leads = characters <= 120 and (_LEAVING.search(visible) or _REFRESH_TO.search(text[:20_000]))
    return Refusal(PageClass.INTERSTITIAL) if leads else None


def _without_words(text: str) -> Refusal | None:
    """A page of pictures or files may be a notice; one that only leads elsewhere, or nowhere, is not."""
    if _MOVES.search(text):
        return Refusal(PageClass.INTERSTITIAL)
    return None if re.search(r"<(?:img|iframe|embed|object)\b|\.pdf", text, re.I) else Refusal(PageClass.EMPTY)


def _by_title(text: str, visible: str, listed: str | None, shown: str | None) -> Refusal | None:
    """A page in an article's place (证监会 sends its section's index after bursts): its title is not the list's, which it does not contain either."""
    if not listed or len(_characters(listed)) < 6 or shown is None:
        return None
    wanted, words = _characters(listed), _characters(visible)
    index = Refusal(PageClass.SECTION_INDEX)
    if not title_disagrees(listed, shown):
        return None if wanted in words or _characters(shown) == wanted or not _is_links(text, visible) else index
    if wanted in words or wanted[:16] in words:
        return index if _INDEX.search(visible) and len(re.findall(r"<li\b|<tr\b", text)) > 8 else None
    return index if _INDEX.search(visible) or len(re.findall(r"<a\b", text)) > 20 else Refusal(PageClass.ANOTHER_PAGE)


def _is_links(text: str, visible: str) -> bool:
    """Whether a page contains hardly anything but the texts of many links."""
    links = _LINK.findall(text[:1_000_000])
    return len(links) >= _MANY_LINKS and sum(len(_characters(link)) for link in links) > 0.8 * len(_characters(visible))


def _characters(text: str) -> str:
    return _BLANKS.sub("", text).lower()


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}
