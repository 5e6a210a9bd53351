"""Where the notice stands on its page: known containers first, then the block that holds the most running text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from notices.html import text_of

_CONTAINERS = (
    "UCAP-CONTENT UCAPCONTENT zoom zoomcon TRS_UEDITOR trs_editor_view TRS_Editor vsb_content vsb_content_2 v_news_content xxgk-content article-content "
    "article_content articleContent article_con article-con article-body content-article pages_content mainText con_con ccontent Custom_UnionStyle detail-content "
    "detail_content detailContent ivs_content Article_content main-txt news_cont_d_wrap wp_articlecontent news-content news_content newscontent NewsContent "
    "zw_content zwContent info-content infoContent xl_content xxgk_content conTxt con_txt art_con artcontent article-txt article_txt text_content TextContent "
    "gkml_content ewb-article-info infodetail epoint-article-content nr_content contentText content_body bt_content main_content view_content"
).split()
_RANK = {name.lower(): n for n, name in enumerate(_CONTAINERS)}
_NOISE = re.compile(r"(?:^|[-_ ])(?:nav|menu|footer|foot|header|head|top|share|bdshare|breadcrumb|crumb|position|location|sidebar|side|related|friend|copyright|pager|pages?|search|login|hot|rank|tools?|prev|next|ewm|qrcode)(?:$|[-_ \d])", re.I)  # fmt: skip
_CUT = re.compile(
    r"^(?:【?(?:打印|关闭|打印本页|关闭窗口|关闭本页|打印页面|返回顶部|返回列表|收藏|我要推荐|网站纠错|纠错)】?[\s|/]*)+$|^(?:上一[篇条页]|下一[篇条页])|^(?:相关(?:链接|文章|信息|新闻|稿件|解读|附件下载|阅读|文件|政策|报道|推荐)|"
    r"扫一扫|分享到?|分享让更多|热门(?:文章|新闻)|友情链接|您可能|版权所有|Copyright|主办单位|网站标识码|浏览次数|责任编辑|(?:信息)?来源[:：]|字体|字号|\[?视力保护色|用手机|手机扫)"
)
_PUNCTUATION = re.compile(r"[，。；：、！？]")


def main_element(root: Any) -> tuple[Any, str]:
    """The element that holds the notice's text, and how it was found: container or density."""
    body = root.find("body") if root.find("body") is not None else root
    known = _known(body)
    if known is not None and len(text_of(known)) >= 30:
        return known, "container"
    dense = _densest(body)
    if dense is not None:
        return dense, "density"
    return (known if known is not None else body), "whole page"


def _known(body: Any) -> Any:
    """The best of the known containers: the one with most text among those of the best rank."""
    best, best_key = None, (0, 0)
    for element in body.iter("div", "td", "article", "section", "table", "form", "span", "p", "ucapcontent"):
        names = f"{element.get('id') or ''} {element.get('class') or ''}".lower().split()
        ranks = [_RANK[n] for n in names if n in _RANK]
        if element.tag == "ucapcontent":
            ranks.append(0)
        if not ranks:
            continue
        length = _length(element)
        key = (min(length, 80), -min(ranks))
        if key > best_key or best is None:
            best, best_key = element, key
    return best


def _length(element: Any) -> int:
    return sum(len(t.strip()) for t in element.itertext() if t)


def _densest(body: Any) -> Any:
    """The innermost block with most of the page's running text; text in links and in navigation does not count."""
    scores: dict[Any, float] = {}
    for element in body.iter("p", "div", "td", "section", "article", "li", "span", "pre"):
        own = _own_text(element)
        points = len(own) + 20 * len(_PUNCTUATION.findall(own))
        if points < 20 or _in_noise(element):
            continue
        for level, ancestor in enumerate(_ancestors(element)):
            scores[ancestor] = scores.get(ancestor, 0.0) + points * (1.0 if level <= 1 else 0.9 ** (level - 1))
    if not scores:
        return None
    return max(scores, key=lambda e: scores[e] * (1 - _link_share(e)))


def _own_text(element: Any) -> str:
    pieces = [element.text or ""]
    for child in element:
        if child.tag in ("b", "strong", "span", "font", "em", "u", "i", "br", "o:p", "st1:chsdate"):
            pieces += [child.text or "" if child.tag != "span" else "", child.tail or ""]
        else:
            pieces.append(child.tail or "")
    return "".join(pieces).strip()


def _ancestors(element: Any, depth: int = 8) -> Iterable[Any]:
    if element.tag in ("div", "td", "section", "article"):
        yield element
    parent = element.getparent()
    while parent is not None and depth and parent.tag not in ("body", "html"):
        if parent.tag not in ("tr", "tbody", "table", "ul", "span", "font", "p"):
            yield parent
            depth -= 1
        parent = parent.getparent()


def _in_noise(element: Any) -> bool:
    for _ in range(6):
        if element is None or element.tag == "body":
            return False
        if element.tag in ("a", "nav", "footer", "header", "script", "style", "select"):
            return True
        if _NOISE.search(f"{element.get('id') or ''} {element.get('class') or ''}"):
            return True
        element = element.getparent()
    return False


def _link_share(element: Any) -> float:
    linked = sum(_length(a) for a in element.iter("a"))
    return min(1.0, linked / max(_length(element), 1))


def trimmed(text: str, title: str | None) -> str:
    """The text without the title before it and the page's furniture around it."""
    lines = text.split("\n")
    bare_title = _bare(title or "")
    while lines and (_is_head(lines[0]) or (bare_title and len(_bare(lines[0])) >= 4 and _bare(lines[0]) in bare_title)):
        lines.pop(0)
    for n, line in enumerate(lines):
        if n > 0 and _CUT.match(line):
            lines = lines[:n]
            break
    return "\n".join(lines)


def _is_head(line: str) -> bool:
    return bool(_CUT.match(line)) or bool(re.match(r"^(?:发布(?:时间|日期)|时间|日期|发布人|作者|浏览|阅读|点击|编辑)[\s\u3000]*[:：]", line)) and len(line) < 90


def _bare(text: str) -> str:
    return re.sub(r"[\s“”\"'《》〈〉<>]", "", text)
