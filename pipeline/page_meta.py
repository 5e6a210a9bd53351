"""What a page says of itself outside its text: metadata tags and the 政府信息公开 table (reference/domain.md §3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from notices.html import text_of

_ALIASES = {
    "index_number": "索引号 信息索引 信息索引号 索取号 统一编号",
    "document_number": "发文字号 文号 文件编号 文件文号 发文号 发文文号 发文字号文号",
    "title": "标题 名称 信息名称 文件名称 公文名称",
    "issuer": "发文机关 发文机构 发布机构 发文单位 制发机关 颁布单位 公开责任部门 发布单位 发布部门 责任部门 公开机构 发文部门 制定机关",
    "origin": "信息来源 来源 文章来源 稿件来源",
    "written_date": "成文日期 生成日期 产生日期 发文日期 印发日期 制定日期 签署日期 成文时间 发文时间",
    "published_date": "发布日期 公开日期 发布时间 公布日期 上网时间 发稿时间 发表时间 更新时间 公开时间 信息时间 发布于",
    "effective_date": "生效日期 施行日期 实施日期 执行日期",
    "expiry_date": "失效日期 废止日期 有效期至 失效时间 废止失效日期",
    "validity": "有效性 效力状态 时效性 是否有效 文件状态 时效",
    "theme": "主题分类 信息分类 组配分类 信息类别 分类 所属分类 体裁分类 服务对象分类",
    "subject": "主题词 关键词 关键字",
    "disclosure": "公开方式 公开类别 公开属性 公开形式 公开范围 公开时限",
    "abstract": "内容概述 摘要 概述 内容摘要",
    "kind": "公文种类 文种 体裁",
}
LABELS = {label: name for name, labels in _ALIASES.items() for label in labels.split()}
_MARKS = re.compile(r"[\s\u3000:：\[\]【】()（）]+")
_PAIR = re.compile(r"([\u4e00-\u9fff][\u4e00-\u9fff \u3000\xa0]{0,12}?)\s*[:：]\s*(.*)", re.S)
_MAX_LABEL, _MAX_VALUE, _MAX_PAIRS = 14, 400, 600
_NAMES = {
    "articletitle": "title",
    "pubdate": "published_date",
    "publishdate": "published_date",
    "firstpublishedtime": "published_date",
    "contentsource": "origin",
    "source": "origin",
    "sitename": "site_name",
    "siteidcode": "site_code",
    "columnname": "column",
    "author": "author",
}


def meta_tags(root: Any) -> dict[str, str]:
    """The page's metadata by our names; of several tags of one name the first that is not empty."""
    found: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = _NAMES.get((tag.get("name") or tag.get("property") or "").strip().lower())
        value = re.sub(r"\s+", " ", tag.get("content") or "").strip()
        if name and value and name not in found:
            found[name] = value
    return found


def label_name(text: str) -> str | None:
    """The concept a label names, exactly; blanks and colons do not count."""
    return LABELS.get(_MARKS.sub("", text)) if len(text) <= 40 else None


def labelled(root: Any) -> dict[str, tuple[str, str]]:
    """Concept to (value, where) for every labelled value on the page, the first of each; where is table or line."""
    found: dict[str, tuple[str, str]] = {}
    for name, value, where in _pairs(root):
        if name not in found and len(value) <= _MAX_VALUE:
            found[name] = (value, where)
    return found


def _pairs(root: Any) -> Iterator[tuple[str, str, str]]:
    count = 0
    for element in root.iter("td", "th", "dt", "li", "span", "p", "div", "b", "strong", "em", "font", "i", "label"):
        if len(element) > 4 and element.tag not in ("li", "p"):
            continue
        text = _short_text(element)
        if not text:
            continue
        pair = _pair_of(element, text)
        if pair:
            yield pair
            count += 1
        if count > _MAX_PAIRS:
            return


def _short_text(element: Any) -> str:
    total, pieces = 0, []
    for piece in element.itertext():
        pieces.append(piece)
        total += len(piece)
        if total > 300:
            return ""
    return "".join(pieces).strip()


def _pair_of(element: Any, text: str) -> tuple[str, str, str] | None:
    """A label with its value: both in the element, or the value in the one after it."""
    where = "table" if element.tag in ("td", "th", "dt") else "line"
    name = label_name(text)
    if name:
        value = _value_after(element)
        return (name, value, where) if value is not None else None
    match = _PAIR.match(text)
    if match and (name := label_name(match[1])):
        return name, _first_value(match[2]), where
    return None


def _first_value(text: str) -> str:
    """The value up to the next label on the same line."""
    text = re.sub(r"\s+", " ", text).strip()
    for match in re.finditer(r"([\u4e00-\u9fff ]{2,10})[:：]", text):
        words = match[1].strip().split(" ")
        if label_name(words[-1]) or words[-1] in (
            "字体",
            "浏览次数",
            "点击数",
            "阅读次数",
            "点击量",
            "点击率",
            "浏览量",
            "作者",
            "编辑",
            "审核",
            "责任编辑",
        ):
            return text[: match.start() + match[1].rfind(words[-1])].strip(" |[【")
    return text.strip(" |[]【】")


def _value_after(element: Any) -> str | None:
    follower = element.getnext()
    if element.tail and element.tail.strip(" :：\n\t\r\xa0\u3000"):
        return _first_value(element.tail.strip(" :：\n\t\r\xa0\u3000"))
    if follower is None and element.tag in ("b", "strong", "span", "font", "em", "label", "i"):
        parent = element.getparent()
        follower = parent.getnext() if parent is not None and parent.tag in ("td", "th", "dt") else None
    if follower is None:
        return None
    value = re.sub(r"\s+", " ", text_of(follower)).strip()
    return "" if label_name(value) else value
