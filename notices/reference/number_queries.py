"""Numbers as readers type them: without brackets, without 号, in part (reference/domain.md §7.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notices.reference.number_grammar import LETTER, counter_value, year_value


@dataclass(frozen=True, slots=True)
class NumberQuery:
    """A number as a query gives it, whole or in part; None for a part that is not given. `key` is set for a whole number; `kind` is 公告, 通告 or 令."""

    code: str | None = None
    year: int | None = None
    no: str | None = None
    key: str | None = None
    kind: str | None = None


_B = r"\s*"
_CODE = f"(?P<code>{LETTER}{{2,14}})"
_YEAR = r"[〔﹝［\[【（(]?\s*(?P<year>\d{4})\s*[〕﹞］\]】）)]?"
_NO = r"(?P<no>\d{1,5})"
_HAO = f"(?:{_B}[号號]{_B}(?:文件?)?)"

_CODE_YEAR_NO = rf"{_CODE}{_B}{_YEAR}(?P<gap>\s*[年第—–-]*\s*){_NO}{_HAO}?"
_CODE_NO = f"{_CODE}{_B}第?{_B}{_NO}{_HAO}"
_CODE_YEAR = f"{_CODE}{_B}{_YEAR}年?"
_ORDER = f"(?P<code>{LETTER}{{2,12}})令{_B}第?{_B}{_NO}{_HAO}?"
_COLLOQUIAL = f"第?{_NO}{_B}[号號]文件?"

# A partial number is taken only where the characters look like a code: ordinary words end in 发, 办, 字 too.
_SERIES_END = "[发函办厅规字告复电令任纪呈请报联委政府]$"
_WORD_END = (
    "(?:批发|研发|开发|颁发|突发|多发|高发|始发|首发|转发|印发|下发|签发|引发|触发|激发|沙发|理发|头发|散发|自发|收发|"
    "文字|数字|汉字|名字|打字|签字|赤字|信函|公函|来函|复函|主办|承办|协办|督办|交办|举办|创办|网办|经办|代办|通办|法规|党规|违规|新规|常规|正规|"
    "家电|水电|发电|邮电|风电|供电|用电|充电|光电|机电|核电|火电|停电|公告|通告|报告|广告|被告|转告|批复|答复|恢复|修复|康复|回复|"
    "命令|法令|指令|口令|政令|夏令|禁令|责令|主任|责任|信任|担任|纪|申请|邀请|聘请|申报|通报|年报|日报|简报|举报|填报|情报|海报|预报|上报|汇报|"
    "互联|关联|妇联|工商联|常委|党委|政委|村委|行政|财政|民政|邮政|市政|执政|廉政|家政|德政|政府)$"
)
_HEADS = (
    "^(?:国发|国函|国办|中办|中发|厅字|财[税会金综建办库教社农行资预企文监]|国税|税总|发改|国市监|市监|国卫|国科|国知|国数|国资|国能|国土资|自然资|"
    "建[办质市规城房]|交[公水运办]|农[办医牧农]|商[务办流建贸]|银[发办监保]|证监|保监|工信|工信部|人社|科|教[办高基职师育技]|应急|安监|药监|食药|煤安|"
    "法[发释]|高检|公通|司发|民[发函电办]|水[利办]|环[办发评]|文[旅物]|体[规办]|审|汇发|汇综|总局|[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云滇藏陕甘青宁新穗深杭]"
    "[发办政府委人科教财民建环卫农交商税市]).{0,8}$"
)


def loose_query(text: str) -> NumberQuery | None:
    """A number without brackets or 号, or a part of one; None for ordinary words."""
    body = text.strip().strip("“”\"'")
    if not any(map(str.isdigit, body)):
        return None
    return _with_year(body) or _without_year(body)


def _with_year(body: str) -> NumberQuery | None:
    match = re.fullmatch(_CODE_YEAR_NO, body)
    if match and year_value(match["year"]) and (_is_code(match["code"]) or ("年" in match["gap"] and "号" in body)):
        return _query(match["code"], match["year"], match["no"])
    match = re.fullmatch(_CODE_YEAR, body)
    if match and year_value(match["year"]) and _is_code(match["code"]) and re.search(_SERIES_END, match["code"]):
        return _query(match["code"], match["year"], None)
    return None


def _without_year(body: str) -> NumberQuery | None:
    if order := re.fullmatch(_ORDER, body):
        no = counter_value(order["no"])
        code = order["code"].replace("中华人民共和国", "")
        return NumberQuery(code, None, no, f"{code}令||{no}", "令")
    if (match := re.fullmatch(_CODE_NO, body)) and _is_code(match["code"]):
        return _query(match["code"], None, match["no"])
    if match := re.fullmatch(_COLLOQUIAL, body):
        return NumberQuery(no=counter_value(match["no"]))
    return None


def _query(code: str, year: str | None, no: str | None) -> NumberQuery:
    value = year_value(year) if year else None
    count = counter_value(no) if no else None
    return NumberQuery(code, value, count, f"{code}|{value}|{count}" if value and count else None)


def _is_code(code: str) -> bool:
    if re.search(_WORD_END, code):
        return False
    return bool(re.match(_HEADS, code)) or (len(code) <= 8 and bool(re.search(_SERIES_END, code)))
