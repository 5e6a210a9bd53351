"""Names of issuers: what looks like one, what a title says, long and short forms (reference/domain.md §1.2, §8.1)."""

from __future__ import annotations

import re

_SUFFIX = (
    "部|委|局|署|院|办|厅|会|室|司|处|行|社|所|站|队|团|科|股|政府|公司|集团|中心|组|机制|联席会议|大学|学院|学校|中学|小学|幼儿园|党组|党委|工委|党校|军区|中央|"
    "馆|台|园区|管委会|监管总局|法庭|基金会|商会|专班|工商联|妇联|残联|文联|科协|总社|协会|学会|供销社|省委|市委|县委|区委|纪委|监委|团委|工会|学部|医院|银行|报社|机关|指挥部"
)
_AGENCY = re.compile(rf"[\u3400-\u9fffA-Za-z·（）()/“”]{{1,60}}(?:{_SUFFIX})(?:[（(][^（）()]{{1,12}}[）)])?")
_SENTENCE = re.compile(
    "(?<!感染)的|[了请将把被须]|应当|应该|应于|关于|进行|开展|通知如下|特此|第[一二三四五六七八九十]|附件|联系|抄送|分送|印发|^各|^本|加强|做好"
)
_SEAL = re.compile("[（(](?:[^（）()]{0,10}代章|盖章|印章|章|公章|签章)[）)]")
_GAP = re.compile(r"[\s\u3000\xa0]+")
_START = re.compile(
    "中共|中央|国务院|中国|中华|全国|国家|省|市|县|区|最高|教育部|财政部|人民|[\u3400-\u9fff]{1,8}[省市县区州盟旗]|[\u3400-\u9fff]{2,8}(?:部|委|局|厅|办)"
)
_TITLE_CUT = re.compile("关于|(?:联合)?(?:印发|转发|批转|发布|公布|下发)|(?:公告|通告|令)[\\s（(]*(?:第|\\d)")
_LEVELS = "省市县区州盟旗镇乡"
_SPLIT = re.compile(r"[\s\u3000\xa0、]+")


def is_agency(text: str) -> bool:
    """Whether a short line is an agency's name."""
    return 2 <= len(text) <= 60 and _AGENCY.fullmatch(text) is not None and _SENTENCE.search(text) is None


def names_in(line: str) -> list[str]:
    """The agencies of a signature line or of a title's opening, [] where anything else stands in it."""
    line = _SEAL.sub("", line).strip()
    if not 2 <= len(line) <= 200 or any(c in line for c in "。；！？：:，,《"):
        return []
    tokens = [token for token in _GAP.split(line) if token]
    if len(tokens) > 1 and all(len(token) == 1 for token in tokens):
        tokens = ["".join(tokens)]
    names = [plain_name(name) for token in _rejoined(tokens) for name in token.split("、") if name]
    return names if names and all(is_agency(name) for name in names) else []


def _rejoined(tokens: list[str]) -> list[str]:
    """Runs of single letters put together: 财 政 部 beside 税务总局."""
    joined: list[str] = []
    single = False
    for token in tokens:
        if len(token) == 1 and single:
            joined[-1] += token
        else:
            joined.append(token)
        single = len(token) == 1
    return joined


def can_open_wrap(line: str) -> bool:
    """Whether a line may be the first half of a long name: it opens like an agency and holds no sentence."""
    return (
        4 <= len(line) <= 40
        and _START.match(line) is not None
        and not _SENTENCE.search(line)
        and not re.search("[，。；：、！？0-9]", line)
    )


def plain_name(name: str) -> str:
    """The name without seal notes and the 中华人民共和国 prefix."""
    return _SEAL.sub("", name).replace("中华人民共和国", "").strip() or name


def title_issuers(title: str) -> list[str]:
    """The agencies before 关于, 印发 or a number in a title, [] where the title names none."""
    head = title.replace("&nbsp;", " ").lstrip("《〈【[ \u3000")
    cut = _TITLE_CUT.search(head)
    if cut is None or cut.start() < 2 or cut.start() > 300:
        return []
    return names_in(head[: cut.start()].rstrip("、 "))


def full_name(issuer: str, text: str, region: str | None, title: str | None) -> str:
    """The name with its place: 市…办公室 becomes 某某市…办公室 where text, title or region give the place."""
    if issuer[0] not in _LEVELS or len(issuer) < 4:
        return issuer
    level, rest = issuer[0], issuer[1:]
    for where in (title or "", text[:100_000], text[-20_000:]):
        found = re.search(f"(?:^|[^\u3400-\u9fff])([\u3400-\u9fff]{{1,7}}{level}){re.escape(rest)}", where)
        if found and not found[1].startswith(("各", "全", "我", "本", "由", "在", "和")):
            return found[1] + rest
    place = (region or "").strip()
    if not place:
        return issuer
    return (place if place.endswith(level) else place + level) + rest
