"""What the classes and ids of a page's elements say: the main text, a title, a list of attachments, boilerplate (reference/domain.md §4.6).

One table for all readers of pages. An entry names the CMS or site whose templates use it; without one it is a word that templates of many
makers share.
"""

from __future__ import annotations

import re

from lxml import etree

# Containers that a CMS puts around what its editor typed, and around nothing else.
_TYPED = (
    r"ucap-?content",  # 开普 UCAP, gov.cn
    r"pages_content",  # gov.cn before UCAP
    r"trs_editor_view|trs_ueditor|trs_editor|trs_preappend",  # 拓尔思 TRS WCM 5 to 8
    r"custom_unionstyle",  # TRS WCM, text pasted from Word
    r"zoom|zoomcon|fontzoom",  # 大汉 JCMS, TRS: the block that the buttons 大 中 小 act on
    r"j-fontcontent",  # the same by its name; site unknown
    r"v_news_content|vsb_content(?:_\d+)?",  # 博达 VSB 9 and 8
    r"wp_articlecontent",  # 苏迪 WebPlus
)
_MAIN_TEXT = (
    *_TYPED,
    r"ewb-article-(?:info|content)",  # 新点 Epoint, 公共资源交易
    r"nfw-cms-content",  # 南方网 NFCMS, gkmlpt of Guangdong
    r"con_con|ccontent",  # 工信部
    r"ivs_content|news_cont_d_wrap|cas_content",  # from public crawlers of government sites; which sites is not recorded
    r"js_content|rich_media_content",  # WeChat articles that lists link to
    r"artibody",  # the Sina template, copied widely
    r"xxgk[-_]?content|zwgk[-_]?content|gkml_content",  # 政府信息公开
    r"zhengwen|neirong|zw|zwnr|wznr|wz_?con|xl_?con|art_?con|bt[-_]?content|nr[-_]?content",  # 正文, 内容, 文章, 细览 by initials
    r"wz[-_]?(?:content|con)|zw[-_]?(?:content|con)",
    r"article|article[-_]?(?:content|con|body|text|txt|main|detail)|artical[-_]?content|art[-_]?con(?:tent)?",
    r"maintext|main[-_]?(?:text|txt)",
    r"detail[-_]?(?:content|con|text|txt|body)|content[-_]?(?:detail|text|txt|body|article)",
    r"info[-_]?(?:content|text|txt|body)|news[-_]?(?:content|con|text|txt|body|detail)",
    r"text[-_]?con(?:tent)?|view[-_]?content|p_content|conTxt",
)
_BOILERPLATE = (
    r"nav\w*|menu\w*|crumb\w*|breadcrumb\w*|bread|position|location|dqwz|wz|weizhi",  # navigation, 当前位置
    r"foot\w*|copy\w*|bottom|tail",
    r"sidebar\w*|side|aside|banner\w*",
    r"share\w*|bdshare\w*|qrcode\w*|erweima|ewm",  # 分享 (bdshare: 百度分享), 二维码
    r"search\w*|login\w*|toolbar|tools?|print\w*",
    r"related\w*|relate|recommend\w*|hot|xgxx|xgwz|xgwj|xglj",  # 相关信息, 文章, 文件, 链接
    r"friend\w*|flink\w*|link|links",  # 友情链接
    r"page|pagination|prev\w*|next\w*|comment\w*",
)
_ATTACHMENT_LIST = (
    r"nfw-cms-attachment",  # NFCMS
    r"fujian|xgfj|[-_ ]fj|^fj",  # 附件, 相关附件
    r"attach|filelist|file[-_]?list|appendix|download",
)
_TITLE_PARTS = (
    r"\w{0,12}[-_]?tit|bt|biaoti|wzbt",  # tit, 标题, 文章标题
    r"headline|headtit|subject|arti?\w{0,12}[-_]?(?:h1|head)",
)

_IS_MAIN_TEXT = re.compile(rf"(?:^|(?<=\s))(?:{'|'.join(_MAIN_TEXT)})(?=\s|$)", re.I)
_IS_TYPED = re.compile(rf"(?:^|(?<=\s))(?:{'|'.join(_TYPED)})(?=\s|$)", re.I)
_IS_BOILERPLATE = re.compile(rf"(?:^|[-_ ])(?:{'|'.join(_BOILERPLATE)})(?=$|[-_ ])", re.I)
_IS_ATTACHMENT_LIST = re.compile("|".join(_ATTACHMENT_LIST), re.I)
_IS_TITLE = re.compile(rf"title|(?:^|[-_ ])(?:{'|'.join(_TITLE_PARTS)})(?=$|[-_ \d])", re.I)


def names_main_text(element: etree._Element) -> bool:
    """Whether id or class name a container of main text."""
    name, classes = element.get("id"), element.get("class")
    return bool((name and _IS_MAIN_TEXT.search(name)) or (classes and _IS_MAIN_TEXT.search(classes)))


def names_typed_text(element: etree._Element) -> bool:
    """Whether id or class name a container of nothing but what an editor typed."""
    return _IS_TYPED.search(element.get("id") or "") is not None or _IS_TYPED.search(element.get("class") or "") is not None


def names_boilerplate(element: etree._Element) -> bool:
    """Whether class and id name navigation, footer, tools or related links, and not main text."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(names) > 1 and _IS_BOILERPLATE.search(names) is not None and _IS_MAIN_TEXT.search(names) is None


def names_attachment_list(element: etree._Element) -> bool:
    """Whether id or class name a list of attached files."""
    return bool(_IS_ATTACHMENT_LIST.search(element.get("class") or "") or _IS_ATTACHMENT_LIST.search(element.get("id") or ""))


def names_title(element: etree._Element) -> bool:
    """Whether class or id name a title."""
    name, classes = element.get("id"), element.get("class")
    return bool((name and _says_title(name)) or (classes and _says_title(classes)))


def _says_title(name: str) -> bool:
    """Whether a name is a title's; one without any of these pairs of characters is not, which is cheaper to see than by the pattern."""
    return ("it" in name or "bt" in name or "h" in name or "su" in name or "IT" in name) and _IS_TITLE.search(name) is not None
