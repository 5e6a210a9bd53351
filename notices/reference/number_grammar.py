"""Where a 发文字号 begins and how its characters fold (reference/domain.md §2.3, §2.4): no word boundary marks its left edge."""

from __future__ import annotations

import re
import unicodedata

# `search` waits for this import: patterns stay strings until used, and characters are a category, as Han ranges compile slowly.
LETTER = r"[^\W\d_]"
BLANK = r"\s"
MAX_CODE = 14
MAX_ISSUER = 60
_SHORT = 6  # characters of a code without lead-in

_ZEROS = str.maketrans("〇○◯零OＯo", "0000000")
_HAN_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_HAN_VALUES = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_BLANKS = r"[\s\u200b-\u200d\u2060\ufeff]+"

# Words of a sentence that a greedy reading glues to a code or an issuer.
_SENTENCE = (
    "的|关于|根据|按照|依照|依据|参照|遵照|参见|详见|执行|贯彻|落实|废止|失效|修改|修订|印发|转发|下发|颁发|发布|公布|下达|文号|文件|字号|编号|"
    "通知|意见|规定|办法(?![规制函发字审])|方案|决定|批复|条例|细则|精神|要求|以及|其中|如下|收悉|国务院办公厅(?=国)|国务院(?=国)|号|是|了|见|为"
)
_CUT = f"(?s)^.*(?:{_SENTENCE})"
_JOINTS = "和与及、由以于在"
# After these no joint can follow: 根据于府办字〔2026〕12号 cites a number of 于都县.
_BEFORE_A_NAME = "(?s)^.*(?:根据|按照|依照|依据|参照|遵照|参见|详见|文号|字号|编号)$"
# Places that begin with a joint, as issuers begin: 于都县人民政府令第3号, 和县人民政府公告2026年第1号 (all of regions.csv).
_PLACE = "于(?:都|田|洪)|和(?:县|政|平|顺|静|硕|田|龙|林格尔|布克)"
# Codes of offices of law (教办法, 国卫办法规) contain 办法 without a regulation: a regulation's word follows 管理, 暂行, 实施 and the like.
_CODE_OF_LAW = "(?<![理行施定试核评])办法$"
_AFTER_DIGIT = "年月日号条款项、"
_FORMER = "^原(?=[国财建教京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新])"
# An agency's full name before its code (苏州市住房和城乡建设局苏住建规). Short forms that open codes (人社部, 国卫办) are not listed.
_AGENCY = (
    "(?s)^.*(?:办公厅|办公室|委员会|人民政府|省政府|市政府|县政府|区政府|管理局|税务局|总局|建设局|教育局|财政局|公安局|司法局|民政局|保障局|资源局|环境局|农村局|"
    "(?:财政|教育|民政|公安|司法|商务|水利|国防|科技|科学技术|自然资源|生态环境|交通运输|农业农村|应急管理|人力资源社会保障|人力资源和社会保障|"
    "住房城乡建设|住房和城乡建设|工业和信息化|文化和旅游|退役军人事务|外交)[部厅局]|发展改革委|改革委|健康委|[省市县区]委(?![规办发函字])|审计署|总署|"
    "银保监会|证监会|高级人民法院|人民法院|检察院|\\w{2}省(?=.{3}))"
)
_SERIES = frozenset("发函办厅综规字令告复电明任纪呈请报联委文通")
_COURT = "公诉|刑诉|民诉|行诉|[检院].*[刑诉捕]|民初|刑初|行初|民终|刑终|执字$|判字$"


def normalise_number_text(text: str) -> str:
    """The text without white space and zero-width characters: pages put both inside a number."""
    return re.sub(_BLANKS, "", text)


def year_value(text: str) -> int | None:
    """The year in ASCII, full-width or Chinese digits (二〇一七, ２０１７), any of the zeros; None outside 1900-2099."""
    folded = unicodedata.normalize("NFKC", text).translate(_ZEROS).translate(_HAN_DIGITS)
    return int(folded) if folded.isascii() and folded.isdigit() and folded[:2] in ("19", "20") else None


def counter_value(text: str) -> str:
    """The running number in ASCII without leading zeros; `15-1` keeps its suffix; 七百一十一 is read with its tens."""
    folded = re.sub("[—–−-]", "-", unicodedata.normalize("NFKC", normalise_number_text(text)))
    if folded[0].isdigit():
        head, dash, tail = folded.partition("-")
        return (head.lstrip("0") or "0") + dash + tail
    if not any(c in _HAN_UNITS for c in folded):
        return "".join(str(_HAN_VALUES[c]) for c in folded).lstrip("0") or "0"
    total = digit = 0
    for c in folded:
        if c in _HAN_UNITS:
            total += (digit or 1) * _HAN_UNITS[c]
            digit = 0
        else:
            digit = _HAN_VALUES[c]
    return str(total + digit)


def cut_code(run: str, after_digit: bool = False, alone: bool = False) -> str:
    """The 机关代字 at the end of a run of characters, "" if the run contains no code.

    `after_digit`: a digit is before the run. `alone`: run and number have a line, brackets or a field for themselves, so that a first
    character such as 于 of 于府办字 joins nothing.
    """
    if after_digit:
        run = run.lstrip(_AFTER_DIGIT)
    if not (alone and len(run) <= _SHORT and re.search(_CODE_OF_LAW, run)):
        cut = re.sub(_CUT, "", run)
        keeps = (alone and cut == run) or re.search(_BEFORE_A_NAME, run[: len(run) - len(cut)])
        run = re.sub(_FORMER, "", cut if keeps else re.sub(f"^[{_JOINTS}]", "", cut))
    named = re.match(_AGENCY, run)
    if named and _is_distinct(run[named.end() :]):
        run = run[named.end() :]
    return run if len(run) <= MAX_CODE and not re.search(_COURT, run) else ""


def _is_distinct(rest: str) -> bool:
    """Whether a code can begin here: two characters and more than a series suffix (明电 of 人社厅明电 cannot)."""
    return len(rest) >= 2 and not _SERIES.issuperset(rest)


def cut_issuer(run: str, after_digit: bool = False) -> str:
    """The issuer's name at the end of a run, without blanks, 、 and the 中华人民共和国 prefix."""
    if after_digit:
        run = run.lstrip(_AFTER_DIGIT)
    run = re.sub("^.*(?:公告|通告)" + BLANK, "", run, flags=re.S)
    run = normalise_number_text(re.sub(_CUT, "", run))
    run = (run if re.match(_PLACE, run) else run.lstrip(_JOINTS)).replace("、", "")
    return run.replace("中华人民共和国", "")


def is_court_number(run: str) -> bool:
    """Whether the characters before a number belong to a court or a procuratorate."""
    return bool(re.search(_COURT, run))
