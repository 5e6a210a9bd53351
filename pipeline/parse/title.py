"""The title of a notice: from tags, the table, the headline on the page or <title>, wraps and site names undone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import dropwhile, islice, pairwise

from lxml import etree

from notices.reference.agencies import names_in
from notices.reference.headings import heading_of
from notices.reference.numbers import parse_number
from notices.text.html import one_line, text_of
from notices.text.whitespace import remove_whitespace
from pipeline.anatomy import kind_of
from pipeline.parse.boilerplate import is_lead
from pipeline.parse.element_names import names_title
from pipeline.parse.labels import is_label_line
from pipeline.parse.parted_title import Runs, parted_title

MAX_TITLE = 400
_ENOUGH = 3.0
_SHORTEST_LISTED = 6
_LONGEST_SECTION = 8
# A title that a template cut to a length.
_CUT = re.compile(r"(?:\.\.\.?|…)$")
# The name of a site or a column.
_SITE_END = re.compile("(?:网站?|门户|政府网|平台|网首页|信息网|中心|分中心|栏目|频道)$")
# A day of publication inside the heading: <h3>…<span>日期：2026-03-01</span></h3>, <h2>… <small>( 2026-03-01)</small></h2>.
_DAY_BEHIND = re.compile(
    r"(?:\s*[（(\[【]?\s*(?:发布|更新|发表)?(?:日期|时间|于)\s*[:：]?\s*(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
    r"|(?:\s+[（(\[【]?\s*|[（(\[【]\s+)(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2})"
    r"(?:\s+\d{1,2}:\d\d(?::\d\d)?)?\s*[）)\]】]?$"
)
# The same touching the heading: only where the page's <title> or tags have the heading without it.
_DAY_TOUCHING = re.compile(r"[（(【\[]\s*(?:19|20)\d\d[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2}日?(?:\s+\d{1,2}:\d\d(?::\d\d)?)?\s*[）)】\]]$")
# 标　题： before the title, where an editor typed the table as lines.
_TITLE_LABEL = re.compile(r"^[\[【]?\s*(?:文件|信息|公文)?(?:标\s*题|名\s*称)\s*[\]】]?\s*[:：]\s*(?=\S{4})")
# A row of sections: 新闻中心 政务公开 办事服务; only if each word is the text of a link.
_ROW = re.compile(r"[^\s|｜·>]{2,8}(?:[\s|｜·>]+[^\s|｜·>]{2,8})+")
_CONTACT = re.compile(r"(?:联系|咨询|监督|举报)?(?:电话|地址|传真|邮箱|邮编|人)\s*[:：]")
_LIST_AGREES = 5.0
_HAN = "\u2e80-\u9fff\uf900-\ufaff《》（）〔〕“”、，。：；"
_WRAP = re.compile(rf"(?<=[{_HAN}])\s*\n\s*(?=[{_HAN}])")
# Characters set apart to fill a line: 关 于 公 布 名 单 的 通 知, and the kind at the end, …的通 知.
_SPACED = re.compile(
    r"(?<![^\s])(?:[\u4e00-\u9fff] ){3,}[\u4e00-\u9fff](?!\S)|(?:通 知|公 告|公 示|通 报|决 定|意 见|办 法|批 复|命 令|通 告|方 案|规 定)$"
)
_TAG = re.compile(r"<br\s*/?>|</?(?:p|span|font|b|strong|div)\b[^<>]{0,200}>", re.I)
# Marks between title, column and site in <title>.
_SPLIT = re.compile(r"\s*(?:[_|｜]|--+|—+|::|>>|»|\s[-－–]\s|(?<=[^\dA-Za-z])[-－–](?=[^\dA-Za-z]))\s*|\s{1,4}")
# The caption of a list of attached files (附件：1.…), which may be all that a page without a title shows near its head.
_CAPTION = re.compile(r"附\s*件\s*\d{0,2}\s*[：:]")
# Words of templates and columns that are not a notice's title.
_GENERIC = re.compile(
    r"(?:首页|网站首页|正文|详情|详细(?:内容|信息|页)?|内容页?|信息详情|新闻(?:中心|详情|详细)|文章(?:详情|内容)|通知公告|公告公示|政策文件|信息公开|政务公开|政府信息公开|无标题(?:文档)?|untitled\w*|标题|文章|列表|栏目)",
    re.I,
)


def find_title(
    root: etree._Element, tags: Mapping[str, str], table: str | None, around: tuple[Sequence[str], Sequence[str]], listed: str | None = None
) -> tuple[str | None, str]:
    """The title and where it came from. `around`: the lines over the main text, the nearest last, and those that begin it.

    `listed` is the title that a list gave, maybe cut short: of the page's texts the one that agrees with it comes first.
    """
    page = page_title(root)
    texts = _Texts(root, *around, page)
    tag = _tag_title(tags)
    if tag:
        tag = _without_site(tag, tags.get("sitename") or "")
    wanted = remove_whitespace(_CUT.sub("", listed or ""))
    wanted = wanted if len(wanted) >= _SHORTEST_LISTED else ""
    plain = _listed(wanted, tag, texts) or _plain(texts.head, page, tag or table)
    if plain and not any(plain in parts for parts in texts.parted):
        return plain, "line"
    if tag and not _CUT.search(tag) and (len(tag) < 20 or kind_of(tag)[0]):
        return tag, "tag"
    shown = _without_days(texts.shown, f"{page} {tag or ''}")
    if tag and not _CUT.search(tag):
        return _whole(tag, shown), "tag"
    if table and len(table) >= 4 and not _GENERIC.fullmatch(table):
        return _whole(table, shown), "table"
    names = [name for name in (tags.get("sitename"), tags.get("columnname")) if name]
    part = _stripped(page, names)
    agreeing = {text: _LIST_AGREES for text in shown if wanted and _agree(wanted, text)}
    scores = {text: weight + _score(text, page, names) + agreeing.get(text, 0.0) for text, weight in shown.items()}
    best = max(scores, key=lambda text: scores[text], default=None)
    sure = best is not None and scores[best] >= _ENOUGH
    if part and not sure:
        return part, "tag"
    return (None, "") if best is not None and not sure and best.endswith(("。", "；")) else (best, "line")


class _Texts:
    """The texts of a page that could be its title; each kind is read when it is first asked for, as most pages name their title in a tag."""

    def __init__(self, root: etree._Element, head: Sequence[str], lines: Sequence[str], page: str) -> None:
        self.root, self.head, self._lines, self._page = root, head, lines, page

    @cached_property
    def runs(self) -> Runs:
        """The lines over the text and those that begin it, without menus."""
        linked = _linked(self.root)
        lines = _behind_navigation(self.head, self._lines, linked)
        return Runs(_near(self.head, linked), _first(lines, linked), lines)

    @cached_property
    def parted(self) -> list[list[str]]:
        """See parted_title."""
        return parted_title(self.root, self.runs, self._page)

    @cached_property
    def shown(self) -> dict[str, float]:
        """The texts, with the weight that their place and markup give them."""
        return _shown(self)


def _listed(wanted: str, tag: str | None, texts: _Texts) -> str | None:
    """The text of the page that agrees with the listed title, where the tag does not."""
    if not wanted or tag is None or _agree(wanted, tag):
        return None
    return next((text for text in texts.shown if _agree(wanted, text)), None)


def _agree(wanted: str, text: str) -> bool:
    """Whether a text of the page is the listed title: one begins with the other."""
    short = remove_whitespace(text)
    return len(short) >= _SHORTEST_LISTED and (short.startswith(wanted) or wanted.startswith(short))


def _plain(head: Sequence[str], page: str, known: str | None) -> str | None:
    """The line near the text that <title> begins with and that ends like a title: no need to look further."""
    if known:
        return None
    whole = remove_whitespace(page)
    for line in reversed(head[-6:]):
        if len(line) >= 10 and whole.startswith(remove_whitespace(line)) and kind_of(line)[0]:
            return undo_wraps(line)
    return None


def page_title(root: etree._Element) -> str:
    """The text of <title>."""
    title = next(root.iter("title"), None)
    return undo_wraps("".join(title.itertext())) if title is not None else ""


def undo_wraps(text: str) -> str:
    """A title in one line: <br> and line breaks between Chinese characters vanish, entities are resolved."""
    if "&" in text:
        text = html.unescape(text)
    text = one_line(_WRAP.sub("", _TAG.sub("\n", text[:4000])))[:MAX_TITLE]
    return _SPACED.sub(lambda match: remove_whitespace(match[0]), text) if " " in text else text


def _without_site(tag: str, site: str) -> str:
    """A title without the site's name that a template put behind it."""
    head = re.sub(r"\s*[-_—|｜–]+\s*$", "", tag.removesuffix(site)) if site and tag.endswith(site) else tag
    return head if head != tag.removesuffix(site) and len(head) >= 6 else tag


def _tag_title(tags: Mapping[str, str]) -> str | None:
    for name in ("articletitle", "og:title", "title"):
        value = undo_wraps(tags.get(name, ""))
        if len(value) >= 4 and value not in (tags.get("sitename"), tags.get("columnname")) and not _GENERIC.fullmatch(value):
            return value
    return None


def _behind_navigation(head: Sequence[str], lines: Sequence[str], linked: frozenset[str]) -> Sequence[str]:
    """The lines from the first one that is no section of the menu; of a page without a narrower block from the first that is no link."""

    def is_menu(line: str) -> bool:
        if head and len(line) > _LONGEST_SECTION:
            return False
        return remove_whitespace(line)[:20] in linked or (not head and _is_row_of_links(line, linked))

    return [*dropwhile(is_menu, lines)]


def _shown(texts: _Texts) -> dict[str, float]:
    head, (near, first, lines) = texts.head, texts.runs
    shown: dict[str, float] = {}
    for n, line in enumerate(reversed(near)):
        shown[undo_wraps(line)] = max(0.0, 2.5 - 0.5 * n)
    for over, under in pairwise(head[-25:]):
        if near and near[-1].endswith(over) and is_label_line(under):
            shown[undo_wraps(near[-1])] += 1.5
    for n, line in enumerate(first[:3]):
        shown.setdefault(undo_wraps(line), 1.5 - 0.5 * n - (1.5 if line.endswith(("：", ":")) else 0))
    for above, under in pairwise(lines[:8]):
        if is_label_line(under) and undo_wraps(above) in shown:
            shown[undo_wraps(above)] += 2.0
    over, within = remove_whitespace("".join(head[-60:])), remove_whitespace("".join(lines[:6]))
    for text, weight in _headlines(texts.root):
        short = remove_whitespace(text)
        if short in over or short in within:
            shown[text] = shown.get(text, 0.0) + (weight if short in over else weight - 1)
    for parts in texts.parted:
        weights = [shown.pop(undo_wraps(part), 0.0) for part in parts]
        joined = undo_wraps("\n".join(parts))
        whole = next((text for text in shown if len(text) > len(joined) and text.endswith(joined)), joined)  # a block named like a title
        shown[whole] = max(shown.get(whole, 0.0), *weights)
    long_enough = (text for text in shown if 4 <= len(text) < MAX_TITLE or _is_bare_kind(text))
    return {text: shown[text] for text in long_enough if not _GENERIC.fullmatch(text)}


def _near(head: Sequence[str], linked: frozenset[str]) -> list[str]:
    """The lines over the text that could be a title, the nearest last."""
    return [*islice((line for line in reversed(head[-25:]) if not is_lead(line) and not _is_row_of_links(line, linked)), 8)][::-1]


def _first(lines: Sequence[str], linked: frozenset[str]) -> list[str]:
    """The lines that begin the text and could be a title."""
    first = [line for line in lines[:6] if not (is_lead(line) or _CAPTION.match(line) or _is_row_of_links(line, linked))]
    return [_TITLE_LABEL.sub("", line) for line in first]


def _linked(root: etree._Element) -> frozenset[str]:
    """The texts of the page's links, 20 characters of each."""
    return frozenset(remove_whitespace("".join(a.itertext()))[:20] for a in islice(root.iter("a"), 500))


def _is_row_of_links(line: str, linked: frozenset[str]) -> bool:
    """Whether a line is a bar of the site's sections."""
    return len(line) <= 200 and bool(_ROW.fullmatch(line.strip())) and linked.issuperset(re.split(r"[\s|｜·>]+", line.strip()))


def _without_days(shown: Mapping[str, float], elsewhere: str) -> dict[str, float]:
    """The texts without a day of publication at their end, but for one that <title> or a tag repeats."""
    out: dict[str, float] = {}
    for text, weight in shown.items():
        touching = _DAY_TOUCHING.sub("", text)
        bare = touching if touching != text and touching in elsewhere else _DAY_BEHIND.sub("", text)
        title = bare if len(bare) >= 4 and text not in elsewhere else text
        out[title] = max(weight, out.get(title, 0.0))
    return out


def _headlines(root: etree._Element) -> Iterator[tuple[str, float]]:
    """The texts of headings and of blocks named like a title, in page order; small blocks only."""
    for element in islice(root.iter("h1", "h2", "h3", "div", "p", "td", "span", "ucaptitle", "li", "dt"), 20_000):
        heading = element.tag in ("h1", "h2", "h3", "ucaptitle")
        if (heading or names_title(element)) and 2 <= len("".join(islice(element.itertext(), 60)).strip()) <= 600:
            text = undo_wraps("\n".join(line for line in text_of(element).split("\n") if not is_lead(line)))
            yield text, (3.0 if element.tag in ("h1", "ucaptitle") else 2.0)


def _is_bare_kind(text: str) -> bool:
    """Whether a text is nothing but a kind, as some headings are: 公　示, 通告."""
    short = remove_whitespace(text)
    return 2 <= len(short) <= 3 and kind_of(short)[0] is not None


def _score(text: str, page: str, names: Sequence[str]) -> float:
    """How much a line reads like a title, and whether <title> agrees."""
    short, whole = remove_whitespace(text), remove_whitespace(page)
    kind = kind_of(short if _is_bare_kind(text) else text)[0]
    score = -8.0 if text in names or (kind is None and len(short) <= 24 and parse_number(text)) else 0.0
    if len(short) >= 6 and short in whole:
        score += 2 + 4 * len(short) / len(whole)
    elif len(short) >= 12 and short.startswith(remove_whitespace(_SPLIT.split(page.strip(". …"))[0])[:40] or "\0"):
        score += 4
    if kind:
        score += 2
    if "关于" in text:
        score += 1
    if _SITE_END.search(text):
        score -= 3
    if text.endswith(("。", "；", "：", ":")) or heading_of(text) or _CONTACT.match(text):
        score -= 4
    return score + (1 if 10 <= len(short) <= 120 else 0 if len(short) >= 6 else -2)


def _whole(title: str, shown: Mapping[str, float]) -> str:
    """The spelling on the page where a tag's length limit cut the title."""
    short = remove_whitespace(title)
    longer = [
        text
        for text in shown
        if len(short) >= 20
        and (whole := remove_whitespace(text)).startswith(short)
        and 0 < len(whole) - len(short) < 80
        and not is_label_line(whole[len(short) :])
    ]
    return longer[0] if longer and not short.endswith(("通知", "公告", "意见", "办法", "通报", "函", "决定", "）")) else title


def _stripped(page: str, names: Sequence[str]) -> str | None:
    """<title> without the site's and the column's name."""
    parts = [part for part in _SPLIT.split(page) if part and part not in names and not _GENERIC.fullmatch(part)]
    parts = [part for part in parts if not _SITE_END.search(part)]
    if len(parts) > 1 and len(parts[0]) >= 4 and not names_in(parts[0]):
        parts = [part for part in parts if not names_in(part)]  # the site's owner behind the page's own words
    best = max(parts, key=len, default="")
    return best if len(best) >= 4 else None
