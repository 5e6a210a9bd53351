"""Names of agencies and of those who sign for them: the one grammar for title, letterhead and signature (reference/domain.md §1.2, §8.1)."""

from __future__ import annotations

import re

from notices.text.whitespace import remove_whitespace

# What a name ends with; 会 院 部 社 行 cover 委员会, 法院, 指挥部, 报社, 银行 and the like.
_SUFFIX = (
    "部|委|局|署|院|办|厅|会|室|司|处|行|社|所|站|队|团|科|股|政府|公司|集团|中心|组|机制|联席会议|大学|学校|党校|中学|小学|幼儿园|党组|军区|中央|"
    "馆|台|园区|法庭|专班|工商联|妇联|残联|文联|科协|机关|海关|监狱|考点|防指|基地|联盟"
)
_AGENCY = re.compile(rf"[\u3400-\u9fffA-Za-z·（）()/“”]{{1,60}}(?:{_SUFFIX})(?:[（(][^（）()]{{1,12}}[）)])?")
# Words of a sentence; 第一中学 and 第三监狱 are names, 第三批 is not. 感染的肺炎疫情联防联控机制 is the one agency with 的 in its name.
_SENTENCE = re.compile(
    "(?<!感染)的|[了请将把被须]|应当|应该|应于|关于|进行|开展|通知如下|特此|第[一二三四五六七八九十百]{1,4}[条章节款项次批届季期年名类个步天轮版审]|附件|联系|抄送|分送|印发|^各|^本|加强|做好"
)
_SEAL = re.compile("[（(](?:[^（）()]{0,10}代章|盖章|印章|章|公章|签章)[）)]")
_GAP = re.compile(r"[\s\u3000\xa0]+")
_START = re.compile(
    "中共|中央|国务院|中国|中华|全国|国家|省|市|县|区|最高|教育部|财政部|人民|[\u3400-\u9fff]{1,8}[省市县区州盟旗]|[\u3400-\u9fff]{2,8}(?:部|委|局|厅|办)"
)
# A title that is nothing but an agency and a kind: 云岫市人民政府令, 云岫市水利局公告（第3号）.
_ORDER_OF = re.compile(r"(.{4,60}?)(?:令|命令|公告|通告|公示)(?:[（(〔]?(?:\d{4}年)?第?\d{1,4}号[）)〕]?)?")
_TITLE_CUT = re.compile("关于|(?:联合)?(?:印发|转发|批转|发布|公布|下发)|(?:公告|通告|令)[\\s（(]*(?:第|\\d)")
_LEVELS = "省市县区州盟旗镇乡"
_HAN = "[\u3400-\u9fff]"
_OFFICES = "总理|省长|市长|县长|区长|州长|旗长|镇长|乡长|部长|局长|厅长|署长|主任|主席|委员长|行长|院长|校长|检察长|关长|社长|会长"
_SIGNER = re.compile(rf"({_HAN}{{0,16}}?)(?:代理?)?(?:{_OFFICES})[:：]?({_HAN}{{2,5}}|{_HAN}{{1,6}}(?:·{_HAN}{{1,6}}){{1,3}})?")
_REGION = re.compile(f"{_HAN}{{1,8}}?[省市县区州盟旗]")
_NAME = re.compile(rf"(?:{_HAN}|[（）()·、]){{5,30}}")
_SHORT = {"中华人民共和国": "", "国家": "", "人民政府": "政府", "办公厅": "办", "办公室": "办", "委员会": "委", "监督管理": "监管"}
_SPLIT = re.compile(r"[\s\u3000\xa0、]+")


def is_agency(text: str) -> bool:
    """Whether a short line is an agency's name."""
    return 2 <= len(text) <= 60 and _AGENCY.fullmatch(text) is not None and _SENTENCE.search(text) is None


def names_in(line: str) -> list[str]:
    """The agencies that a line, or a title's opening, is made of; [] where it contains anything else."""
    line = _SEAL.sub("", line).strip()
    if not 2 <= len(line) <= 200 or any(c in line for c in "。；！？：:，,《"):
        return []
    tokens = [token for token in _GAP.split(line) if token]
    if len(tokens) > 1 and all(len(token) == 1 for token in tokens):
        tokens = ["".join(tokens)]
    names = [plain_name(name) for token in _rejoined(tokens) for name in token.split("、") if name]
    return [part for name in names for part in _apart(name)] if names and all(is_agency(name) for name in names) else []


def may_sign(line: str) -> bool:
    """Whether a line between the last sentence and the date may be a signer that no list of offices knows: any short name."""
    name = remove_whitespace(_SEAL.sub("", line))
    return _NAME.fullmatch(name) is not None and _SENTENCE.search(name) is None and not signs_for_agency(line)


def _apart(name: str) -> list[str]:
    """The agencies in a name where two touch, as two spans of one line do: the region of the first begins the second too."""
    region = _REGION.match(name)
    at = name.find(region[0], region.end()) if region else -1
    if at > 0 and is_agency(name[:at]) and is_agency(name[at:]):
        return [name[:at], *_apart(name[at:])]
    return [name]


def _rejoined(tokens: list[str]) -> list[str]:
    """Runs of single characters put together: 财 政 部 beside 税务总局."""
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
    """Whether a line may be the first half of a long name: it opens like an agency and is not a sentence."""
    return (
        4 <= len(line) <= 40
        and _START.match(line) is not None
        and not _SENTENCE.search(line)
        and not re.search("[，。；：、！？0-9]", line)
    )


def signs_for_agency(line: str, *, named: bool = False) -> bool:
    """Whether a line is the office of a signer (市长), with or without the name; `named`: with it, maybe after the agency (云岫市市长 李四)."""
    match = _SIGNER.fullmatch(remove_whitespace(line)) if len(line) <= 40 else None
    if match is None or names_in(line):
        return False
    return bool(match[2]) if named else not match[1]


def short_name(name: str) -> str:
    """The name with its common words in short form, for comparing: 云岫市政府办 for 云岫市人民政府办公室."""
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    return name


def same_agency(one: str, other: str) -> bool:
    """Whether two names are one agency: 市政府办公室 is 云岫市人民政府办公室, and is not 云岫市红旗区人民政府办公室."""
    short, long = sorted((short_name(one), short_name(other)), key=len)
    if short == long:
        return True
    if short[:1] in _LEVELS and long.endswith(short):
        place = long[: len(long) - len(short)]
        return 1 <= len(place) <= 8 and not any(level in place for level in _LEVELS)
    return False


def plain_name(name: str) -> str:
    """The name without seal notes and the 中华人民共和国 prefix."""
    return _SEAL.sub("", name).replace("中华人民共和国", "").strip() or name


def title_issuers(title: str) -> list[str]:
    """The agencies before 关于, 印发 or a number in a title, [] where the title names none."""
    head = title.replace("&nbsp;", " ").lstrip("《〈【[ \u3000")
    cut = _TITLE_CUT.search(head)
    if cut is None or cut.start() < 2 or cut.start() > 300:
        named = _ORDER_OF.fullmatch("".join(head.split()))
        return names_in(named[1]) if named else []
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
