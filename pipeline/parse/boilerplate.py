"""Lines around a notice that are not part of it: 打印, 关闭, 扫一扫, 上一篇, 版权所有 (reference/domain.md §4.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from lxml import etree

from notices.reference.headings import heading_of
from notices.text.dates import date_line, split_day
from notices.text.whitespace import remove_whitespace
from pipeline.anatomy.signature import signs_with_labels
from pipeline.parse.labels import is_label_line, is_label_row

# Buttons around a text: 【字体：大 中 小】 打印 关闭 收藏 分享.
_TOOL = (
    r"(?:打\s?印|关\s?闭|收\s?藏|返\s?回|纠\s?错|保\s?存|下\s?载|推\s?荐|复\s?制|分\s?享|转\s?发|朗\s?读|字\s?体|字\s?号"
    r"|大|中|小|默认|超大|顶部|窗口|本页|页面|网页|此页|此文|正文|当前|首页|列表|TOP|我要|网站"
    r"|[\s\[\]【】|｜/:：、，。●·()（）‹›<>«»]|进入|无障碍|加入|发表|评论|告诉|好友|到|上一页|下一页|文章|本文|预览|全文|一键|放大|缩小|A[+-]?|\+|-|T)"
)
_TOOLS = re.compile(rf"{_TOOL}{{1,30}}+")
_NEIGHBOUR = r"(?:上\s?一\s?[篇条则页]|下\s?一\s?[篇条则页]|上篇|下篇|前一[篇条]|后一[篇条])"
_LINKED_NEIGHBOUR = re.compile(_NEIGHBOUR)
# A line that begins what the site shows below a text: neighbours and other articles.
_OTHERS = re.compile(
    rf"(?:{_NEIGHBOUR}(?:$|\s?[:：】\]>〉»）)|｜]|\s|没有|无$|已是)"
    r"|延伸阅读|推荐阅读|猜你喜欢|为您推荐|热门推荐|最新(?:文章|信息|新闻)$|热点(?:文章|信息|新闻)$)"
)
# One of the site's footer, which hardly occurs inside a text.
_FOOTER = re.compile(
    r"(?:(?:返回(?:顶部|列表|上一页|首页)|回到顶部|网站地图|友情链接)(?:$|\s?[:：】\]>〉»|｜,，、/]|\s)"
    r"|.{0,60}版权所有(?!权)|copyright|©|\(c\)\s?20|.{0,60}ICP[备证]|.{0,40}公网安备|网站标识码|政府网站标识码"
    r"|您访问的链接即将离开|(?:您现在所在的位置|当前位置)(?:$|\s?[:：>]|\s?首页))",
    re.I,
)
# One that texts use too (主办单位 of an event, 联系我们, 相关附件) or that templates put above a text: QR codes, buttons, counters.
_WEAK_END = re.compile(
    r"(?:扫一扫[^，。]{0,12}$|(?:微信|手机)?扫码(?:分享|打开|查看|阅读|浏览)|微信扫一扫|用微信扫|手机(?:查看|浏览|打开|阅读)|分\s?享(?:到|至|本文|：|:)|分享$"
    r"|相关(?:链接|文章|信息|新闻|阅读|文档|稿件|内容|报道|推荐|解读|政策|资讯|文件|专题|附件|资料)\s?[:：]?$|【?相关(?:链接|文章|信息|阅读|新闻)】"
    r"|打印(?:本页|此页|本文|页面|文章|正文|\s?[|｜/\]】])|【\s?打印|\[\s?打\s?印|关闭(?:窗口|本页|此页|页面|当前)|【\s?关\s?闭|\[\s?关\s?闭|【字体|我要(?:纠错|评论|分享|收藏)|网站纠错"
    r"|版权声明|主办(?:单位)?\s?[:：]|承办(?:单位)?\s?[:：]|技术支持\s?[:：]|.{2,40}(?:主办|承办)$|[^。]{0,60}(?:分辨率|浏览器(?:浏览|访问|获得))|关于我们|联系我们|网站声明|免责声明"
    r"|建议使用|本站(?:使用|建议)|最佳浏览|(?:浏览|阅读|点击|访问)(?:次数|数|量|率)\s?[:：]?[\s\d,次人（）()\[\]]*(?:$|[|｜】]|[^\d\s]{2,4}[:：]))",
    re.I,
)
# A sentence of a footer: 版权所有，未经授权不得转载。
_OWNERS_RIGHTS = re.compile(
    r"版权所有(?!权)|copyright|©|\(c\)\s?20|您访问的链接即将离开|(?:建议使用|最佳浏览).{0,40}(?:分辨率|浏览器)|(?:版权|免责)声明[:：]", re.I
)
# Sentences that a site says of itself below a text.
_OF_THE_SITE = re.compile(
    r"本(?:网站|网页|网|站)|未经|凡|转载|建议|欢迎|您是第|为了?(?:获得|达到)|版权|免责|(?:特别)?声明|如(?:有|需|果)|任何(?:单位|个人)|网站"
)
# Of the weak ones those that only a text's meaning tells from a footer's.
_TEXT_TOO = re.compile(r"(?:主办|承办|技术支持|关于我们|联系我们|网站声明|免责声明|版权声明|相关(?:文件|政策|附件|资料))")
_ANY_END = re.compile("|".join(pattern.pattern for pattern in (_OTHERS, _FOOTER, _WEAK_END)), re.I)
# Lines that may be the last of a text only as leftovers of templates: editors and reviewers, sources, counters, lone marks.
_SOFT_END = re.compile(
    r"(?:[\[【（(]?\s?(?:(?:责任编辑|责\s?编|编\s?辑|网络编辑|信息录入|录入|初审|复审|终审|审核|审稿|校对|一审|二审|三审|信息来源|稿件来源|文章来源|来源|发布人|关键词|标签|Tags?|相关附件|附件下载)\s?[:：\]】][^\d。]{0,60}(?:(?:19|20)\d\d\D.{0,40}|[\d\s次人）)\]】]*)"
    r"|(?:发布时间|发布日期|更新时间)\s?[:：]\s?(?:(?:19|20)\d\d\D.{0,50})?|(?:点击|阅读|浏览|人气)(?:次数|数|量|率)?\s?[:：][\s\d,次人）)\]】]*)"
    r"|[\s|｜>»<«‹›·_\-—*=]+|false|true|null|undefined|首页|尾页|\d{1,3}|中)",
    re.I,
)
# Leftovers that even an editor's own text may end with: the reviewers in brackets, lone marks.
_TYPED_END = re.compile(
    r"(?:[\[【（(]\s?(?:责任编辑|责\s?编|编\s?辑|网络编辑|一审|初审)\s?[:：].{0,60}[）)\]】]|责任编辑\s?[:：].{0,12}|(?:点击|阅读|浏览)(?:次数|数|量|率)\s?[:：][\s\d,次]*"
    r"|[\s|｜>»<«‹›·_\-—*=]+|false|true|null|undefined)",
    re.I,
)
# The site owner's address in the footer: cut only if a line of _OWNER is near, as notices end with contacts too.
_CONTACT = re.compile("(?:联系|办公|通[讯信]|单位)?(?:地址|电话|邮编|邮箱|传真|邮政编码|工作时间|联系方式|E-?mail)\\s?[:：]", re.I)
_OWNER = re.compile("版权所有|主办|承办|ICP备|公网安备|copyright|技术支持|分辨率", re.I)
# Breadcrumbs: 当前位置：首页 > 通知公告.
_CRUMB = re.compile(
    r"(?:您?(?:现在|目前|当前|所在|所处|正在|浏览|页面|栏目|的|在|是){0,4}位置(?=\s?[:：]|\s?(?:首页|>))|(?:您?(?:现在)?(?:的|所在|当前)?(?:所在)?位置)(?=$|\s?[:：>»]|\s?(?:网站)?首页)|当前栏目\s?[:：>]|今天是|首页\s?(?:>|»|›|/|&gt;|-|—|→|·))"
)
# The line under a title: 发布日期 2026-03-01 浏览次数 12 【字体：大 中 小】.
_LEAD_TOOLS = re.compile(rf"(?:{_TOOL}|[\d:：\-年月日次\s]|浏览|阅读|点击|次数|量|数|来源|发布|日期|时间|视力保护色|作者|编辑){{1,60}}+")
# A date alone above the text: the day of publication; above a place or a programme it belongs to a meeting.
_WEEKDAY = r"(?:\s*[（(]?\s*(?:星期|周|週)[一二三四五六日天]\s*[）)]?)?"
_DATED = re.compile(
    rf"(?:(?:时间|日期|作者)\s?[:：]\s?)?(?:19|20)\d\d[-/年.]\d{{1,2}}[-/月.]\d{{1,2}}日?{_WEEKDAY}(?:\s+\d{{1,2}}:\d\d(?::\d\d)?)?{_WEEKDAY}"
)
# A day with the site's or the office's name beside it, parted by a bar: 2026-09-01 | 云岫市水利局.
_DAY_AND_NAME = re.compile(
    r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d\d(?::\d\d)?)?\s*[|｜·]\s*[^，。；：]{2,40}|[^，。；：]{2,40}\s*[|｜·]\s*(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d\d(?::\d\d)?)?"
)
_SHOWN_DAY = re.compile(r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}")
_BRACKETS = " \u3000[【|<>"
_SENTENCE_FROM = 15  # characters: shorter ones end in 。 on buttons and in slogans
_ANNEX = re.compile(r"附\s?件\s?\d{0,2}\s?[:：]")
_PLACE = re.compile("(?:地点|地址|会议|主讲|内容|参加)")


def is_end(line: str) -> bool:
    """Whether a line begins the part below a notice: tools, neighbours, the site's footer."""
    return _begins(_ANY_END, line) or is_tools(line)


def _begins(pattern: re.Pattern[str], line: str) -> bool:
    return len(line) <= 300 and pattern.match(line.strip(_BRACKETS)) is not None


def is_tools(line: str) -> bool:
    """Whether a line is nothing but buttons: 打印 关闭 【字体：大 中 小】."""
    return 2 <= len(line) <= 60 and _TOOLS.fullmatch(line) is not None and bool(re.search("印|闭|藏|享|字|错|返|荐|顶|评论|好友", line))


def is_lead(line: str) -> bool:
    """Whether a line belongs to the part above a notice: breadcrumbs, the line of labels, buttons."""
    if _sentence(line):
        return False
    if _CRUMB.match(line) is not None or is_label_line(line):
        return True
    return len(line) <= 60 and _LEAD_TOOLS.fullmatch(line) is not None and not _DATED.fullmatch(line)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the block that contains a text.

    `named`: its name says that it contains the text; others may contain the site's navigation above the title. `typed`: it contains what an editor
    typed and no part of the template. `dated`: the page shows its day above the block.
    """

    named: bool = False
    typed: bool = False
    dated: bool = False


def trim(lines: Sequence[str], titles: Sequence[str], place: Place) -> tuple[int, int]:
    """The span of lines that is the notice itself; `titles` are spellings of its title without white space, left out where they lead.

    Lines are cut at the outer edges only. A named block is never cut to nothing.
    """
    first = 0 if place.named else _below_title(lines, titles)
    end = _end(lines, first, place)
    start = first + _start(lines[first:end], titles, place)
    if place.named and start >= end:
        start = _title_lines(lines, titles)
        end = next((n for n in range(start, len(lines)) if is_end(lines[n]) and not _is_weak(lines[n])), len(lines))
    return start, max(start, end)


def without_buttons(lines: Sequence[str], block: etree._Element) -> list[str]:
    """The lines without rows of buttons that act by script, which templates put anywhere: 【打印本页】【关闭窗口】."""
    acting = {text for a in block.iter("a") if _acts(a) and (text := remove_whitespace("".join(a.itertext())))}
    return [line for line in lines if not (is_tools(line) and any(text in line for text in acting))] if acting else list(lines)


def _acts(link: etree._Element) -> bool:
    href = link.get("href")
    return href is not None and (href.startswith("#") or href[:11].lower() == "javascript:")


def _below_title(lines: Sequence[str], titles: Sequence[str]) -> int:
    """The line after a title that has navigation or labels over it."""
    for n, line in enumerate(lines[:200]):
        if remove_whitespace(line) in titles or (n and remove_whitespace(lines[n - 1] + line) in titles):
            over = lines[:n]
            if any(_sentence(above) and not is_end(above) for above in over):
                return 0  # the order that promulgates a regulation is above the title of it
            return n + 1 if len(over) > 5 or any(is_lead(above) or "首页" in above for above in over) else 0
    return 0


def _end(lines: Sequence[str], first: int, place: Place) -> int:
    """The end of the notice: the first line that begins the site's part below it, as long as no text follows that line."""
    marks = [n for n in range(first + 1, len(lines)) if is_end(lines[n]) and not (place.typed and _is_weak(lines[n]))]
    found = frozenset(marks)
    sentences = [0, *accumulate(0 if n in found else _sentence(line) for n, line in enumerate(lines[first:], first))] if marks else []
    end = next((n for n in marks if _begins_end(lines, n, (sentences[n - first], sentences[-1] - sentences[n - first]))), len(lines))
    while (
        not place.typed
        and first + 1 < end < len(lines)
        and _CONTACT.match(lines[end - 1])
        and _OWNER.search("".join(lines[end - 1 : end + 6]))
    ):
        end -= 1
    while end > 1 and _is_leftover(lines, end - 1, place):
        end -= 1
    return end


def _is_weak(line: str) -> bool:
    """Whether a line only may begin the site's part: texts have such lines too."""
    return _begins(_TEXT_TOO, line)


def _is_leftover(lines: Sequence[str], n: int, place: Place) -> bool:
    """Whether the last line before the site's part belongs to that part: an editor's name, a counter, 分享到：."""
    line = lines[n]
    if _sentence(line):
        return False
    if place.typed:
        return _TYPED_END.fullmatch(line) is not None or (is_end(line) and not _is_weak(line))
    if _SOFT_END.fullmatch(line):
        return not signs_with_labels(lines[n - 1], line)
    return is_end(line)


def _begins_end(lines: Sequence[str], n: int, sentences: tuple[int, int]) -> bool:
    """Whether the site's part begins at a line that looks so; `sentences` are the characters of sentences before and after it.

    Neighbours end a text, unless none was before them; a footer ends it with no more than a disclaimer below; a weak mark only if
    no sentence follows, else it is inside the text or above it.
    """
    before, after = sentences
    line = lines[n]
    if _is_text(lines, n):
        return False
    if _begins(_OTHERS, line) or _LINKED_NEIGHBOUR.match(line):
        return not (after and not before)
    if _begins(_FOOTER, line):
        return not any(_sentence(below) and not _OF_THE_SITE.match(below) for below in lines[n + 1 :])
    return not after


def _sentence(line: str) -> int:
    """The characters of a line with a sentence, 0 for other lines."""
    return len(line) if len(line) >= _SENTENCE_FROM and ("。" in line or line.endswith("；")) else 0


def _is_text(lines: Sequence[str], n: int) -> bool:
    """Whether a line that looks like boilerplate is text: it is a sentence with more after it, or the signature's day still follows."""
    if _sentence(lines[n]) and not _OWNERS_RIGHTS.match(lines[n].strip(_BRACKETS)):
        return True
    if lines[n].rstrip().endswith("：") and len(lines[n]) > 25 and sum(map(len, lines[n + 1 : n + 60])) > 200:
        return True
    below = lines[n + 1 : n + 60]
    return any("年" in line and date_line(line) for line in below) or (_is_weak(lines[n]) and any(map(_ANNEX.match, below)))


def _start(lines: Sequence[str], titles: Sequence[str], place: Place) -> int:
    """The first line of the notice: lines down to the last line of labels among the first twenty are left out."""
    start = over = _title_lines(lines, titles)
    dated = place.dated or place.typed
    for n, line in enumerate(lines[:20]):
        if n < over:
            continue
        if _is_head(lines, n, dated=dated) or (
            n and n == start and (remove_whitespace(line) in titles or (is_end(line) and not (_is_weak(line) or _sentence(line))))
        ):
            start = n + 1
            dated = dated or _SHOWN_DAY.search(line) is not None
        elif place.typed or len(line) > 80 or line.endswith(("。", "；", "：", ":")) or heading_of(line) or (n > 2 and date_line(line)):
            break
    return start + _title_lines(lines[start : start + 8], titles)


def _is_head(lines: Sequence[str], n: int, *, dated: bool) -> bool:
    """Whether one of the first lines belongs to the head: labels, buttons, the way to the page, the day of publication unless it was above."""
    line = lines[n]
    if is_lead(line) or split_day(lines[n : n + 2]) or (n and (split_day(lines[n - 1 : n + 1]) or is_label_row(lines[n - 1].split("\t")))):
        return True
    return (
        n < 3
        and not dated
        and bool(_DATED.fullmatch(line) or _DAY_AND_NAME.fullmatch(line))
        and not _PLACE.match("".join(lines[n + 1 : n + 2]))
    )


def _title_lines(lines: Sequence[str], titles: Sequence[str]) -> int:
    """How many of the first lines only repeat the title, which may be wrapped over several of them."""
    run = ""
    for n, line in enumerate(lines[:5]):
        run += remove_whitespace(line)
        if run in titles:
            return n + 1
    return 0
