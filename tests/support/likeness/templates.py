"""Pages in the likeness of the platforms that the product reads, with furniture inside and around the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.support.likeness import words

# Containers of the text by platform; the last ones are of sites of nobody's platform.
PLATFORMS: dict[str, tuple[str, ...]] = {
    "trs": ('class="TRS_Editor"', 'class="view TRS_UEDITOR trs_paper_default"', 'id="zoom"'),
    "jpage": ('id="zoom"', 'class="article_con" id="zoom"'),
    "jpaas": ('class="article-content" id="zoom"', 'class="art_con"'),
    "vsb": ('class="v_news_content"', 'id="vsb_content_2"'),
    "ucap": ('id="UCAP-CONTENT"', 'class="pages_content"'),
    "gkmlpt": ('class="article-content nfw-cms-content"', 'class="zw"'),
    "was": ('class="xl_con"', 'class="TRS_Editor"'),
    "sitesources": ('class="content_article"', 'class="con_con"'),
    "public_column": ('class="xxgk_content"', 'class="zwgk-content"'),
    "epoint": ('class="ewb-article-info"', 'class="con"'),
    "webplus": ('class="wp_articlecontent"', 'class="wp_articlecontent" id="c1"'),
    "jeecms": ('class="content-txt"', 'class="news-text"'),
    "empire": ('id="text"', 'class="article-text"'),
    "plain": ('class="box7"', 'id="k3"', ""),
    "menu": ('class="menu-content"', 'id="page-right"', 'class="side main-side"'),
}
# Platforms whose container has nothing but what an editor typed; in others the template's parts may be inside.
EDITORS = ("trs", "vsb", "ucap", "webplus")
INFO = (
    "发布时间：2026-03-01　来源：{source}　浏览次数：{n}",
    "<span>来源：{source}</span><span>发布日期：2026-03-01</span><span>【字体：<a>大</a> <a>中</a> <a>小</a>】</span>",
    "2026-03-01 10:1{d}　　点击数：<span id='hits'>{n}</span>　　【打印】【关闭】",
    "【信息发布时间：2026-03-01　阅读次数：<span>{n}</span>】【<a href='javascript:window.print();'>我要打印</a>】【<a href='javascript:window.close();'>关闭</a>】",
    "时间：2026-03-01 08:0{d}:00　作者：甲一　点击：{n}次　字号：<a>大</a> <a>中</a> <a>小</a>",
    "发布机构：{source}<br>发布日期：2026-03-01<br>浏览量：{n}",
)
BUTTONS = (
    "<span>大</span> <span>中</span> <span>小</span> <a href='javascript:window.print()'>打印</a>",
    "【<a href='javascript:print()'>打印本页</a>】【<a href='javascript:close()'>关闭窗口</a>】",
    "<a href='#'>打印此页</a> | <a href='#'>关闭</a> | <a href='#'>收藏本页</a>",
    "分享到：<a href='#'>微信</a> <a href='#'>微博</a> <a href='#'>QQ空间</a>",
    "扫一扫在手机打开当前页",
    "<a href='#top'>返回顶部</a>",
    "字体：[<a>大</a> <a>中</a> <a>小</a>]",
    "[ <a href='#'>打印</a> ] [ <a href='#'>关闭</a> ] [ <a href='#'>返回</a> ]",
    "浏览次数：{n}",
    "责任编辑：甲一",
    "（编辑：乙二）",
    "点击数：{n}",
)
# Rows that are nothing but buttons which act by script, wherever they are.
ROWS = (
    "【<a href='javascript:window.print()'>打印本页</a>】【<a href='javascript:window.close()'>关闭窗口</a>】",
    "<a href='javascript:;' onclick='doPrint()'>打印</a> <a href='javascript:;' onclick='doClose()'>关闭</a>",
    "字号：<a href='javascript:doZoom(18)'>大</a> <a href='javascript:doZoom(16)'>中</a> <a href='javascript:doZoom(14)'>小</a>",
)
NEIGHBOURS = (
    "<div>上一篇：<a href='/a/1.html'>关于{subject}的公告</a></div><div>下一篇：<a href='/a/2.html'>关于{subject}培训的通知</a></div>",
    "<p>上一条：<a href='/a/1.html'>{subject}简报</a></p><p>下一条：没有了</p>",
    "<ul><li>上一篇：没有了</li><li>下一篇：<a href='/a/3.html'>{subject}公示</a></li></ul>",
    "<h4>相关信息</h4><ul><li><a href='/a/4.html'>{subject}的通知</a> 2026-02-03</li><li><a href='/a/5.html'>{subject}的公告</a> 2026-02-01</li></ul>",
    "<div>延伸阅读</div><ul><li><a href='/b/1.html'>{subject}答问</a></li></ul>",
)
FOOTERS = (
    "<p>版权所有：{source}　主办：{source}</p><p>青ICP备0000000{d}号　网站标识码：000000000{d}</p><p>地址：长街{n}号　电话：000-7654321</p>",
    "<a href='/'>网站地图</a> | <a href='/l'>联系我们</a> | <a href='/s'>网站声明</a>"
    "<p>主办单位：{source}　承办单位：{source}信息中心</p><p>建议使用1024*768分辨率浏览本站</p>",
    "<p>Copyright © 2026 {source} All Rights Reserved</p><p>技术支持：青禾软件公司　您是第{n}位访问者</p>",
)
CRUMBS = (
    "当前位置：<a href='/'>首页</a> &gt; <a href='/g/'>政务公开</a> &gt; 通知公告",
    "您现在的位置：<a href='/'>网站首页</a> » <a href='/t/'>公示公告</a> » 正文",
    "<a href='/'>首页</a> &gt;&gt; <a href='/x/'>新闻中心</a>",
)
_SECTIONS = ("首页", "新闻中心", "政务公开", "办事服务", "互动交流", "专题专栏", "机构职能", "政策文件", "通知公告", "数据开放")


@dataclass(frozen=True, slots=True)
class Page:
    """A generated page: its platform, title, HTML, and the lines that are its text."""

    platform: str
    title: str
    html: str
    lines: list[str]


def page(rng: Random, platform: str) -> Page:
    """A page in the likeness of a platform."""
    title, lines, source = words.title(rng), words.paragraphs(rng), f"{rng.choice(words.PLACES)}{rng.choice(words.OFFICES)}"
    fill = _filler(rng, source)
    container = rng.choice(PLATFORMS[platform])
    heading = rng.choice(('<h1 class="{}">{}</h1>', '<div class="{}">{}</div>', '<h3 class="{}">{}</h3>')).format(
        rng.choice(("title", "tit", "a1", "")), title
    )
    inner, over, under = _broken_up(rng, _text(rng, lines), container, fill), [heading, _block(rng, "info", fill(INFO))], []
    if rng.random() < 0.3:
        over.append(_block(rng, "tools", fill(BUTTONS)))
    if platform not in EDITORS and rng.random() < 0.4:
        if rng.random() < 0.3:
            over.insert(0, _block(rng, "crumb", rng.choice(CRUMBS)))
        inner, over = "".join(over) + inner, []
    elif rng.random() < 0.2:
        inner = f'<p style="text-align:center">{title}</p>{inner}'  # the editor typed it again
    blocks = [_block(rng, "tools", fill(BUTTONS)) for _ in range(rng.randint(0, 3))]
    blocks += [_block(rng, "neighbours", fill(NEIGHBOURS)) for _ in range(rng.randint(0, 2))]
    inside = platform not in EDITORS and rng.random() < 0.3
    for block in blocks:
        if inside and not under:
            inner += block
            inside = rng.random() < 0.6
        else:
            under.append(block)
    article = f"{''.join(over)}<div {container}>{inner}</div>{''.join(under)}"
    crumb = f'<div class="{rng.choice(("crumb", "dqwz", "x2"))}">{rng.choice(CRUMBS)}</div>'
    body = f'{_menu(rng)}<div class="main">{crumb}{_around(rng, platform, article)}</div>{_below(rng, container, fill)}'
    html = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}_{source}</title></head><body>{body}</body></html>'
    return Page(platform, title, html, lines)


def _below(rng: Random, container: str, fill: Callable[[tuple[str, ...]], str]) -> str:
    """The footer, maybe in a second container of the text's class, and maybe a list of other articles in a third."""
    footer = (
        f"<div {container}>{fill(FOOTERS)}</div>" if container and rng.random() < 0.25 else f'<div class="footer">{fill(FOOTERS)}</div>'
    )
    others = f"<div {container}>{fill(NEIGHBOURS) * rng.randint(1, 5)}</div>" if container and rng.random() < 0.2 else ""
    return others + footer


def _filler(rng: Random, source: str) -> Callable[[tuple[str, ...]], str]:
    def fill(forms: tuple[str, ...]) -> str:
        return rng.choice(forms).format(source=source, n=rng.randint(1, 9999), d=rng.randint(0, 9), subject=rng.choice(words.SUBJECTS))

    return fill


def _text(rng: Random, lines: list[str]) -> str:
    form = rng.randrange(7)
    if form == 6:
        return "<table><tbody><tr><td>" + "".join(f"<p>{line}</p>" for line in lines) + "</td></tr></tbody></table>"
    if form == 5:
        return "".join(
            f"<ul><li>{line}</li></ul>" if n % 3 == 1 else f"<p align='left'><font>{line}</font></p>" for n, line in enumerate(lines)
        )
    if form == 0:
        return "<br>".join(f"　　{line}" for line in lines)
    if form == 1:
        return "".join(f"<div>{line}</div>" for line in lines)
    if form == 2:
        return (
            "<div>" + "".join(f'<p style="text-indent:2em"><span>{line[:5]}</span><span>{line[5:]}</span></p>' for line in lines) + "</div>"
        )
    if form == 3:
        half = len(lines) // 2
        return "".join(f"<section>{''.join(f'<p>{line}</p>' for line in part)}</section>" for part in (lines[:half], lines[half:]))
    return "".join(f"<p>　　{line}</p>" for line in lines)


def _broken_up(rng: Random, html: str, container: str, fill: Callable[[tuple[str, ...]], str]) -> str:
    """The text with buttons between two paragraphs, or a part of it in a second container of the same name within the first."""
    at = [m.end() for m in re.finditer(r"</p>(?=<p)", html)]
    if not at or rng.random() >= 0.2:
        return html
    middle = rng.choice(at)
    if rng.random() < 0.5:
        return f"{html[:middle]}<p>{fill(ROWS)}</p>{html[middle:]}"
    return f"{html[:middle]}<div {container}>{html[middle:]}</div>" if "<section" not in html and "<div" not in html else html


def _block(rng: Random, name: str, html: str) -> str:
    inline = not any(tag in html for tag in ("<div", "<ul", "<p"))
    return rng.choice((f'<div class="{name}">{html}</div>', f"<p>{html}</p>" if inline else f"<div>{html}</div>", f"<div>{html}</div>"))


def _around(rng: Random, platform: str, article: str) -> str:
    """The article in the template's frame: a column beside a list of links, a table of layout, or a block named like a menu."""
    if platform == "menu" or rng.random() < 0.1:
        return f'<div class="{rng.choice(("main-menu-box", "page", "right side", "nav-content", "qh-page-set"))}">{article}</div>'
    aside = "".join(f'<li><a href="/l/{n}.html">{rng.choice(words.SUBJECTS)}栏目{n}</a></li>' for n in range(rng.randint(2, 8)))
    if rng.random() < 0.3:
        return f'<table width="1000"><tr><td width="200"><ul>{aside}</ul></td><td>{article}</td></tr></table>'
    return f'<div class="left"><ul>{aside}</ul></div><div class="r1">{article}</div>' if rng.random() < 0.5 else article


def _menu(rng: Random) -> str:
    links = "".join(f'<li><a href="/{n}/">{section}</a></li>' for n, section in enumerate(rng.sample(_SECTIONS, rng.randint(4, 9))))
    return f'<div class="{rng.choice(("nav", "menu", "header", "top"))}"><ul>{links}</ul></div>'
