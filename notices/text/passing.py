"""What changes on a page while nothing that it tells changes: counters of visits, clocks, tokens, the time it took to make the page.

Only for comparing two readings of one notice: the words themselves stay in its text.
"""

from __future__ import annotations

import re

from notices.text.whitespace import remove_whitespace

_PIECES = re.compile(r"(?<=。)|\n")
_LONGEST = 160  # characters of a line of furniture; a sentence that counts visitors is a part of the notice
_ACT = "(?:浏览|阅读|访问|点击|查看|点阅|阅览|下载|点赞|转发|分享|收藏|评论|围观|人气|热度|在线|瀏覽|閱讀|訪問|點擊)"
_COUNT = r"[\[【(（]?\s{0,4}\d[\d,，. ]{0,16}\s{0,4}[万亿]?\s{0,4}[\]】)）]?\s{0,4}(?:人次|次|人|位|条|回)?"
_MOMENT = r"[\d年月日号时分秒点:：./\-\s星期周礼拜一二三四五六七八九十天上下中午早晚凌晨农历甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳未申酉戌亥正冬腊闰初廿AaPpMmGTZ+]{4,70}"
_PASSING = re.compile(
    rf"(?:本[文页站]|文章|累计|总|共|已被?|被|今日|昨日)?{_ACT}(?:次数|总数|人数|人次|总量|量|数|率)\s{{0,4}}[:：是为]?\s{{0,4}}{_COUNT}"
    rf"|{_ACT}\s{{0,4}}[:：]\s{{0,4}}{_COUNT}"
    rf"|(?:已有?|共有?|被)?{_ACT}\s{{0,4}}[（(]?\d[\d,，]{{0,12}}\s{{0,4}}(?:人次|次|人)[）)]?"
    rf"|(?:已有?|共有?)?\s{{0,4}}\d[\d,，]{{0,12}}\s{{0,4}}(?:人次|次|人|位)?(?:已经?|参与)?{_ACT}"
    r"|您是(?:本[站页文]|我们|今天|今日)?的?第?\s{0,4}\d[\d,，]{0,12}\s{0,4}(?:位|个)?(?:访客|访问者|访问用户|浏览者|读者|来访者|客人)?"
    rf"|(?:^|(?<=[\s|｜\[【(（]))(?:今天是|现在是|(?:本?(?:网页|页面|页))?(?:现在|当前|系统|服务器|本地|打印|刷新|生成)(?:时间|日期)|页面生成于)\s{{0,4}}[:：]?\s{{0,4}}{_MOMENT}"
    r"|(?:^|(?<=[\s|｜\[【(（]))北京时间\s{0,4}[:：]?[^，。；：:]{0,30}\d{1,2}[:：]\d\d[:：]\d\d"
    r"|(?:页面|程序|本页)?(?:执行|加载|处理|生成|响应)(?:时间|用时|耗时|共用)\s{0,4}[:：]?\s{0,4}[\d.]{1,12}\s{0,4}(?:毫秒|秒|ms|s)"
    r"|(?:token|csrf\w{0,20}|(?:j|php)?session\s?_?-?id|request[\s_-]?id|trace[\s_-]?id|uuid|nonce|(?:请求|会话|访问|页面|事件)(?:编号|标识|ID)|随机码)"
    r"\s{0,4}[:：=]\s{0,4}[\w+/=.-]{4,160}",
    re.I,
)


def lasting(text: str) -> str:
    """The text without white space and, in short lines and what follows the last sentence of a line, without what passes."""
    return "".join(remove_whitespace(_PASSING.sub("", piece) if _is_furniture(piece) else piece) for piece in _PIECES.split(text))


def _is_furniture(piece: str) -> bool:
    return len(piece) <= _LONGEST and not piece.endswith("。")
