"""The labelled values around a notice: the 政府信息公开 table in all its layouts, and the line 发布时间：… 来源：… (reference/domain.md §3.2).

Labels are compared whole, blanks and colons removed: 发布日期 is never found in 原发布日期, nor 文号 in 发文号.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from lxml import etree

from notices.reference.numbers import parse_number
from notices.text.dates import parse_date
from notices.text.fold import simplified
from notices.text.html import one_line, text_of
from notices.text.whitespace import remove_whitespace

_CONCEPTS = {
    "index_number": "索引号 信息索引 信息索引号 索取号 统一编号 序号",
    "document_number": "发文字号 文号 文件编号 文件文号 发文号 发文文号 编号 公文字号 文件字号 文件号 公文文号",
    "title": "标题 名称 信息名称 文件名称 公文名称 信息标题 文件标题",
    "issuer": "发文机关 发文机构 发布机构 发文单位 制发机关 颁布单位 公开责任部门 发布单位 发布机关 发布部门 制定机关 公开单位 公开部门 发文部门 责任部门"
    " 公告单位 公告机关 发稿单位 刊登单位",
    "source": "信息来源 来源 文章来源 稿件来源 内容来源 新闻来源 文件来源 信息提供单位 供稿单位 稿源 出处 来源单位 资料来源",
    "written_date": "成文日期 生成日期 产生日期 发文日期 印发日期 制定日期 签署日期 成文时间 生成时间 发文时间 制发日期 印发时间 形成日期",
    "published_date": "发布日期 公开日期 发布时间 公布日期 上网时间 发表时间 发稿时间 发表日期 公开时间 公布时间 上网日期 信息发布日期 信息发布时间 发布于"
    " 公告日期 刊登日期 张贴日期 上版日期 上稿日期",
    "shown_date": "时间 日期 添加时间 录入时间 上传时间 更新时间 更新日期 编辑日期 信息时间 最后更新日期 最后更新时间 最后异动日期",
    "effective_date": "生效日期 施行日期 实施日期 执行日期 生效时间 施行时间 实施时间",
    "expiry_date": "失效日期 废止日期 有效期至 失效时间 废止(失效)日期 废止（失效）日期 废止时间",
    "status": "有效性 效力状态 时效性 是否有效 文件状态 时效 文件有效性 效力 公文时效 信息有效性 信息时效 效力性 有效状态",
    "theme": "主题分类 信息分类 组配分类 信息类别 分类 所属分类 体裁分类 服务对象分类 所属主题 主题类别",
    "kind": "公文种类 文种 体裁",
    "disclosure": "公开方式 公开类别 公开属性 公开形式 公开范围 公开时限",
    "ignored": "主题词 关键词 关键字 内容概述 摘要 概述 点击数 点击量 浏览次数 浏览量 阅读次数 阅读量 访问量 访问次数 点击率 点击 浏览 阅读 人气 字体 字号 "
    "字体大小 作者 编辑 责任编辑 发布人 发布者 录入者 录入人 审核 审核人 分享 分享到 保护色 视力保护色 打印 附件下载 语种 载体类型 内容分类 信息格式 公开程序 "
    "公开对象 责任人 联系电话 点阅次数 点阅数 点阅率 浏览人次 文章类别 栏目 供稿 撰稿 监督索引号 记录形式 生成机构 关联",
}
_BY_LABEL = {label: concept for concept, labels in _CONCEPTS.items() for label in labels.split()}
_ALTERNATIVES = "|".join(r"\s{0,4}".join(map(re.escape, label)) for label in sorted(_BY_LABEL, key=len, reverse=True))
_LABELLED = re.compile(rf"(?<![\u4e00-\u9fff《])[\[【（(]?({_ALTERNATIVES})\s{{0,4}}[\]】）)]?\s{{0,4}}(?:[:：]|(?<=[\]】]))")
# Neighbouring spans with no blank between: 来源：云岫日报发布日期：2026-03-01. Labels that only the line under a title has.
_TOUCHING = re.compile(
    r"(?<![原前最后])(?:(?P<dated>发布日期|发布时间|发表日期|发表时间|发稿时间|公开日期|公开时间|更新时间|更新日期|录入时间|添加时间|上传时间|信息时间|时间|日期)"
    r"|(?P<named>信息来源|文章来源|稿件来源|内容来源|来源|作者|责任编辑|编辑|发布人|发布者|浏览次数|浏览量|阅读次数|阅读量|点击数|点击量|访问量|点击|字体大小|字体|字号))"
    r"\s{0,4}[:：]"
)
# A day, with or without the time, behind a name: 来源：云岫日报 2026-03-01 08:00.
_DAY_BEHIND = re.compile(
    r"\s*[（(\[]?\s*(?P<day>(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s{0,4}\d{1,2}[:：]\d\d(?:[:：]\d\d)?)?)\s*[）)\]]?(?P<rest>.*)"
)
# The line of a blog or forum template: admin 发表于 2026-03-01 08:00.
_POSTED = re.compile(
    r"^[^。，]{0,30}?(?:发表|发布|提交|添加|录入|更新)于\s{0,4}[:：]?\s{0,4}((?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?)"
)
_NAMES = frozenset(("source", "issuer", "ignored"))
# What CMSs and editors print where nobody filled in a source, alone or put together: 本站原创, 转自网络, 网站管理员, 未知来源.
_NOBODY = re.compile(
    r"(?:转自|来自|摘自)?(?:未知|不详|不明|佚名|匿名|暂?无|原创|转载|整理|综合|其[他它]|来源|作者|网络|互联网|网站|官网|(?:系统|超级)?管理员|编辑"
    r"|本网站?|本站|本(?:部门|单位|机关|局|厅|委|办)|讯){1,3}|admin\w*|test|null|none|undefined",
    re.I,
)
_TYPED = frozenset(("index_number", "document_number", "written_date", "published_date"))
_RUN_ON = re.compile(
    r"(索\s?引\s?号|信息索引|发文字号|文\s?号|成文日期|发文日期|生成日期|发布日期|公开日期)\s{0,4}([0-9A-Za-z\u4e00-\u9fff].{3,60})"
)
_TOOLS = re.compile(r"\s{0,4}(?:[|｜]|\s(?:【|\[)?\s?(?:打印|字号|字体|分享|收藏|关闭|浏览|我要纠错)).*")
_YEAR = re.compile(r"(?:19|20)\d\d|[一二三四五六七八九〇零○]{4}年")
# A name, a count, or a name with a day behind it.
_NAMED_OR_COUNTED = re.compile(r"[^\d。]*(?:(?:19|20)\d\d\D.*|[\d\s,.次人）)\]】|｜]*)")
_COLON = re.compile(r"[:：\]】]")
_AROUND = " \u3000|｜;；,，【[（("
_MAX_CELLS, _LONGEST_LABEL = 12, 8
_NOTHING = re.compile(r"[\s无空暂略—\-－_/\\.*null·〔〕\[\]()（）年号]*")
_TABLE = frozenset(_CONCEPTS) - {"shown_date", "kind", "effective_date", "expiry_date", "title"}
_ORDINARY = frozenset(
    ["编号", "序号", "责任部门", "出处", "分类", "联系电话", "责任人", "供稿", "撰稿", "栏目", "关联", "打印", "附件下载"]
)


def names_nobody(source: str) -> bool:
    """Whether a source is a placeholder of a CMS: 未知, 本网, 原创."""
    return _NOBODY.fullmatch(source.strip(" \u3000【】[]()（）")) is not None


def labelled_values(lines: Iterable[str]) -> Mapping[str, str]:
    """The first shown value of each concept. Cells of a line are separated by tabs; a label alone on its line is followed by its value."""
    values: dict[str, str] = {}
    waiting: str | None = None
    over: list[str] = []
    for line in lines:
        pairs, left = _pairs(line, waiting)
        pairs += _under(over, line)
        over = line.split("\t")
        for concept, value in pairs:
            if value and concept in ("source", "issuer") and names_nobody(value):
                values.setdefault("placeholder", value)
                continue
            if value and not _NOTHING.fullmatch(value) and (concept != "index_number" or is_index_number(value)):
                values.setdefault(concept, value)
        waiting = left
    return values


def is_index_number(value: str) -> bool:
    """Whether a value can be an identifier; they have no common form (domain.md §3.2)."""
    return len(value) <= 80 and bool(re.search("[0-9]", value)) and not set(value) & set("，。；：")


def definition_lines(root: etree._Element) -> Iterator[str]:
    """The <dt>, <dd> pairs of a page as lines of two cells."""
    for dt in root.iter("dt"):
        dd = dt.getnext()
        if dd is not None and dd.tag == "dd":
            yield f"{one_line(text_of(dt))}\t{one_line(text_of(dd))}"


def label_table_lines(root: etree._Element) -> Iterator[str]:
    """The cells of a row of values under a row of labels, as lines of two cells; a label that is not known is passed over.

    Not a list of files, where several rows of values follow the labels.
    """
    for row in root.iter("tr"):
        cells = list(row.iterchildren("td", "th"))
        if not 2 <= len(cells) <= _MAX_CELLS or not any(concept_of(_beginning(cell)) for cell in cells[: len(cells) // 2 + 1]):
            continue  # half of the labels must be known
        labels = [_beginning(cell) for cell in cells]
        if not is_label_row(labels):
            continue
        below = list(islice((r for r in _rows_after(row) if next(r.iterchildren("td", "th"), None) is not None), 2))
        if not below or _cell_count(below[0]) != len(labels) or any(map(concept_of, map(_beginning, below[0].iterchildren("td", "th")))):
            continue
        if len(below) > 1 and _cell_count(below[1]) == len(labels) and not is_label_row([_beginning(cell) for cell in below[1]]):
            continue
        values = [one_line(text_of(cell)) for cell in below[0].iterchildren("td", "th")]
        yield from (f"{label}\t{value}" for label, value in zip(labels, values, strict=True) if value and concept_of(label))


def _rows_after(row: etree._Element) -> Iterator[etree._Element]:
    """The rows that follow in the same table, also from <thead> to <tbody>."""
    yield from row.itersiblings("tr")
    group = row.getparent()
    if group is not None and group.tag in ("thead", "tbody"):
        for after in group.itersiblings("tr", "tbody"):
            yield from after.iterchildren("tr") if after.tag == "tbody" else (after,)


def _cell_count(row: etree._Element) -> int:
    return sum(1 for _ in row.iterchildren("td", "th"))


def _beginning(cell: etree._Element) -> str:
    return one_line("".join(islice(cell.itertext(), 8))[:40])


def is_label_row(cells: Sequence[str]) -> bool:
    """Whether a row is nothing but labels, half of them known: 索取号 发布机构 文件编号 备注. The head of a list (序号 标题) is not."""
    if len(cells) < 2 or any(len(cell) > _LONGEST_LABEL + 4 for cell in cells):
        return False
    labels = [simplified(remove_whitespace(cell)).rstrip(":：") for cell in cells]
    known = {concept for label in labels if (concept := _BY_LABEL.get(label))}
    return (
        2 * sum(label in _BY_LABEL for label in labels) >= len(labels)
        and len(known) >= 2
        and bool((_TYPED | {"issuer"}) & known)
        and "序号" not in labels
        and all(len(label) <= _LONGEST_LABEL and not re.search("[0-9。，；]", label) for label in labels)
    )


def concept_of(label: str) -> str | None:
    """The concept of a label: blanks, colons and outer brackets do not count."""
    return _BY_LABEL.get(simplified(re.sub(r"[\s:：【】\[\]]", "", label))) if len(label) <= 24 else None


def label_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and concept of each label with its colon in a text in simplified characters."""
    return ((match.start(1), match.end(1), _BY_LABEL[remove_whitespace(match[1])]) for match in _LABELLED.finditer(text))


def ends_in_label(text: str) -> bool:
    """Whether the words before a value end in the label of another value than the day of publication: 成文日期：."""
    text = remove_whitespace(text).rstrip(":：")
    concepts = (_BY_LABEL.get(text[-length:]) for length in range(_LONGEST_LABEL, 1, -1))
    return any(concept in ("written_date", "effective_date", "expiry_date") for concept in concepts)


def is_label_line(line: str) -> bool:
    """Whether a line is made of labels and their values, like the line under a title or a row of the table.

    A single label that texts use too (时间：, 编号：, 联系电话：) is not enough.
    """
    if len(line) > 400:
        return False
    cells = [cell for cell in line.split("\t") if cell.strip()]
    if len(cells) > 1 and concept_of(cells[0]) in _TABLE:
        return cells[0].strip() != "序号"
    found = list(_LABELLED.finditer(line)) if _COLON.search(line) else []
    if not found and (_run_on(line) or _posted(line)):
        return True
    if not found or re.search("[\u4e00-\u9fff]{2}|[一二三四五六七八九十]、", line[: found[0].start()]) or "。" in line[:60]:
        return False
    labels = [remove_whitespace(match[1]) for match in found]
    if len(labels) > 1:
        return True
    return _BY_LABEL[labels[0]] in _TABLE and labels[0] not in _ORDINARY and _is_value(labels[0], line[found[0].end() :])


def _is_value(label: str, value: str) -> bool:
    """Whether what follows the only label of a line can be its value: a text has 浏览次数：不少于100次 and 来源：财政拨款20万元 too."""
    if _BY_LABEL[label] in ("published_date", "written_date"):
        return not value.strip() or _YEAR.search(value) is not None
    if label.startswith("字"):
        return not re.search(r"\d", value)
    return _BY_LABEL[label] not in ("source", "ignored") or _NAMED_OR_COUNTED.fullmatch(value) is not None


def _under(labels: list[str], line: str) -> list[tuple[str, str]]:
    """The pairs of a row of values under a row of labels."""
    values = line.split("\t")
    concepts = [concept_of(label) for label in labels]
    if len(values) != len(labels) or not is_label_row(labels) or any(map(concept_of, values)):
        return []
    return [(concept, value.strip()) for concept, value in zip(concepts, values, strict=True) if concept]


def _pairs(line: str, waiting: str | None) -> tuple[list[tuple[str, str]], str | None]:
    """The pairs of a line, and the concept whose value the next cell or line must bring."""
    pairs: list[tuple[str, str]] = []
    for cell in line.split("\t"):
        if cell.strip() in (":", "："):
            continue
        exact = concept_of(cell)
        if exact:
            waiting = exact if "\t" in line or _COLON.search(cell) or exact in _TYPED else None
            continue
        inside = _in_cell(cell) or _run_on(cell) or _posted(cell)
        if waiting and (not inside or not inside[0][2]):
            pairs.append((waiting, cell.strip()))
        pairs += [(concept, value) for concept, value, _ in inside]
        waiting = inside[-1][0] if inside and not inside[-1][1] else None
    return pairs, waiting


def _run_on(cell: str) -> list[tuple[str, str, bool]]:
    """The pair of a cell whose label and value touch without a colon (索引号B2/2021-00003)."""
    match = _RUN_ON.fullmatch(cell) if len(cell) <= 80 else None
    concept = _BY_LABEL[remove_whitespace(match[1])] if match else ""
    return [(concept, match[2], True)] if match and has_form(concept, match[2]) else []


def _posted(cell: str) -> list[tuple[str, str, bool]]:
    """The day of a line <name> 发表于 <day>."""
    match = _POSTED.match(cell) if "于" in cell and len(cell) <= 120 else None
    return [("published_date", match[1], True)] if match else []


def has_form(concept: str | None, value: str) -> bool:
    """Whether a value has the form of its concept, for the concepts whose values have one."""
    if concept == "index_number":
        return is_index_number(value)
    if concept == "document_number":
        return parse_number(value, labelled=True) is not None
    return concept in ("written_date", "published_date") and parse_date(value) is not None


def _in_cell(cell: str) -> list[tuple[str, str, bool]]:
    """The pairs inside one cell as (concept, value, whether the label begins the cell)."""
    found = list(_LABELLED.finditer(cell[:2000])) if _COLON.search(cell) else []
    out = []
    for n, match in enumerate(found):
        end = found[n + 1].start() if n + 1 < len(found) else len(cell)
        concept = _BY_LABEL[remove_whitespace(match[1])]
        first = not cell[: match.start()].strip()
        for name, value in _touching(concept, cell[match.end() : end]):
            out.append((name, _TOOLS.sub("", value).strip(_AROUND), first))
            first = False
    return out


def _touching(concept: str, value: str) -> Iterator[tuple[str, str]]:
    """The value of a label, without the label and value that touch it, or the day behind it; then those."""
    match = _TOUCHING.search(value) if len(value) <= 300 else None
    if match and (match["named"] or parse_date(value[match.end() :].split("【", maxsplit=1)[0].strip(_AROUND)[:40])):
        yield from _touching(concept, value[: match.start()])
        yield from _touching(_BY_LABEL[match[0].rstrip(" :：\u3000\t")], value[match.end() :])
        return
    day = _DAY_BEHIND.search(value) if concept in _NAMES and len(value) <= 300 else None
    if day is None or not value[: day.start()].strip():
        yield concept, value
        return
    yield concept, value[: day.start()]
    if not re.match(r"\s*第", day["rest"]):  # the issue of a newspaper is not the day of publication
        yield "shown_date", day["day"]
