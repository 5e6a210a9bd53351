"""Skeletons of the pages that content management systems make, one notice in each: everything that it shows is read."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.parse.detail import read_detail
from tests.pipeline.parse.test_templates import FOOTER, LINES, NAVIGATION, NUMBER, NUMBERED, OFFICE, TEXT, TITLE

FILE = "隐患排查登记表.docx"
ATT = f"<p>附件：<a href='/u/1.docx'>{FILE}</a></p>"
B = NUMBERED + ATT
MAKERS = {
    "trs": (
        f"<div class=xl><h1 class=bt>{TITLE}</h1><div class=xx><span>发布时间：2026-09-01 09:10</span><span>来源：区政府办</span></div>"
        f"<div class='view TRS_UEDITOR trs_paper_default'>{B}</div></div>"
    ),
    "jpaas": (
        f"<div class=main-txt><!--ZJEG_RSS.title.begin-->{TITLE}<!--ZJEG_RSS.title.end--></div><div>"
        "<span>发布日期：2026-09-01 09:10</span>浏览次数：<script>x</script></div><div id=zoom>"
        f"<!--ZJEG_RSS.content.begin-->{B}<!--ZJEG_RSS.content.end--></div>"
    ),
    "gkmlpt": (
        "<div class=classify><table><tr><td class=td-label>索引号：</td><td>9901/2026-00014</td><td class=td-label>分类：</td>"
        f"<td>通知</td></tr><tr><td class=td-label>发布机构：</td><td>{OFFICE}</td><td>成文日期：</td><td>2026-08-31</td></tr><tr><td>名称：</td>"
        f"<td colspan=3>{TITLE}</td></tr><tr><td>文号：</td><td>{NUMBER}</td><td>发布日期：</td><td>2026-09-01</td></tr></table></div>"
        f"<h1 class=content-title>{TITLE}</h1><div class='article-content'>{TEXT}{ATT}</div>"
    ),
    "vsb": (
        f"<form name=_newscontent_fromname><h1>{TITLE}</h1><div class=cont-info>作者： 时间：2026-09-01 点击数：<span>33</span></div>"
        f"<div id=vsb_content><div class=v_news_content>{B}</div></div>"
        "<p>附件【<a href='/system/_content/download.jsp?id=1'>隐患排查登记表.docx</a>】</p>"
        "<p>上一条：<a href=1.htm>x</a> 下一条：<a href=2.htm>y</a></p></form>"
    ),
    "dede": (
        f"<div class=viewbox><div class=title><h2>{TITLE}</h2></div><div class=info>"
        "<small>时间:</small>2026-09-01 09:10<small>来源:</small>区政府办<small>作者:</small>admin<small>点击:</small>9次</div>"
        f"<div class=content><table><tr><td>{B}</td></tr></table></div></div>"
    ),
    "empire": (
        f"<table class=main_title><tr><td align=center><strong>{TITLE}</strong></td></tr></table><table><tr>"
        "<td align=center class=info_text>时间：2026-09-01 09:10&nbsp;&nbsp;来源：<a href=#>区政府办</a>&nbsp;&nbsp;点击：</td></tr></table>"
        f"<table><tr><td id=text>{B}</td></tr></table>"
    ),
    "jeecms": (
        f"<div class=article><h1>{TITLE}</h1><p class=info>2026-09-01 09:10:00　来源：区政府办　点击：3</p><div class=content>{B}</div></div>"
    ),
    "siteserver": (
        f"<div class=contenttitle>{TITLE}</div><div class=subtitle>发布时间：2026/9/1 9:10:00　　点击次数：5</div>"
        f"<div class=contentbody>{B}</div>"
    ),
    "powereasy": (
        f"<div class=c_main_box><h2>{TITLE}</h2><div class=c_title_author>"
        "<span>作者：佚名</span> <span>文章来源：区政府办</span> <span>点击数：<script>1</script></span> <span>更新时间：2026-9-1</span></div>"
        f"<div class=c_content_text id=fontzoom>{B}</div></div>"
    ),
    "wordpress": (
        f"<article class='post'><header class=entry-header><h1 class=entry-title>{TITLE}</h1><div class=entry-meta>"
        "<time datetime='2026-09-01T09:10:00+08:00'>2026年9月1日</time> by <a>admin</a></div></header>"
        f"<div class=entry-content>{B}</div></article>"
    ),
    "drupal": (
        f"<article class='node'><h1 class=page-header><span>{TITLE}</span></h1><div class=field--name-field-date>2026-09-01</div>"
        f"<div class='field field--name-body field--type-text-with-summary'>{B}</div></article>"
    ),
    "aspx": (
        f"<form id=form1><table width=100%><tr><td align=center style='font-size:20px'><span id=lblTitle>{TITLE}</span></td></tr>"
        "<tr><td align=center>发布人：<span id=lblUser>区政府办</span> 发布时间：<span id=lblTime>2026/9/1 9:10:00</span></td></tr><tr><td>"
        f"<span id=lblContent>{B}</span></td></tr></table></form>"
    ),
    "wechat": (
        f"<div class=rich_media_inner><h1 class=rich_media_title id=activity-name>{TITLE}</h1><div class=rich_media_meta_list>"
        "<span class='rich_media_meta'>区政府办</span> <em id=publish_time>2026-09-01 09:10</em></div>"
        f"<div class='rich_media_content' id=js_content>{B}</div></div>"
    ),
    "court": (
        f"<div class=detail><div class=title>{TITLE}</div><div class=message>发布时间：2026-09-01 09:10:00　　<span>信息来源：区政府办</span>"
        f"</div><div class=txt><div class=txt_txt id=zoom>{B}</div></div></div>"
    ),
    "jcy": (
        f"<div class=detail_tit>{TITLE}</div><div class=detail_extend><span class=detail_extend1>时间：2026-09-01</span>"
        f"<span>作者：</span><span>新闻来源：区政府办</span><span>【字号：大|中|小】</span></div><div class=detail_con>{B}</div>"
    ),
    "university": (
        f"<div class=article><h1 class=arti_title>{TITLE}</h1><p class=arti_metas><span class=arti_publisher>发布者：区政府办</span>"
        "<span class=arti_update>发布时间：2026-09-01</span><span class=arti_views>浏览次数：<span>10</span></span></p><div class=entry>"
        f"<div class=read><div class=wp_articlecontent>{B}</div></div></div></div>"
    ),
    "vue card": (
        f"<div class=el-card><div class=el-card__header><span>{TITLE}</span></div><div class=el-card__body>"
        f"<div class=tip>日期：2026-09-01 | 来源：区政府办</div><div class=ql-editor>{B}</div></div></div>"
    ),
    "dl table": (
        f"<dl class=xxgk><dt>发布机构</dt><dd>{OFFICE}</dd><dt>文号</dt><dd>{NUMBER}</dd><dt>发布日期</dt><dd>2026-09-01</dd></dl>"
        f"<h2 class=tit>{TITLE}</h2><div class=nr>{TEXT}{ATT}</div>"
    ),
    "ul head": (
        f"<ul class=head><li>索 引 号：9901/2026-00014</li><li>发布机构：{OFFICE}</li><li>发文日期：2026年08月31日</li><li>文　　号：{NUMBER}</li>"
        f"<li>发布日期：2026年09月01日</li></ul><div class=tit>{TITLE}</div><div class=xxgk_con>{TEXT}{ATT}</div>"
    ),
    "frameless p": (f"<center><font size=5>{TITLE}</font></center><center>2026-09-01</center><hr>{B}<hr>"),
    "section": (
        f"<main><section><h3>{TITLE}</h3><p><i></i>2026-09-01<i></i>区政府办<i></i>12</p><section class=body>{B}</section></section></main>"
    ),
    "english labels": (f"<h1>{TITLE}</h1><div class=meta>Date: 2026-09-01 Source: 区政府办 Views: 12</div><div class=text>{B}</div>"),
    "print bar": (
        f"<h1>{TITLE}</h1><div>2026-09-01 09:10　来源：区政府办　【字体：<a>大</a> <a>中</a> <a>小</a>】【<a>打印</a>】【<a>关闭</a>】分享到：</div>"
        f"<div class=conTxt>{B}</div><div>责任编辑：小陆</div>"
    ),
    "nanwei": (
        f"<div class=content_box><div class=xl_tit1_l>{TITLE}</div><div class=xl_tit2><span>时间：2026-09-01 09:10</span>"
        f"<span>浏览量：<em>5</em></span></div><div class=clearflx id=detailCont>{B}</div></div>"
    ),
    "epoint": (
        f"<div class='ewb-article'><h3 class='article-title'>{TITLE}</h3>"
        f"<div class='article-info'>【信息时间：2026/9/1　阅读次数：<span>9</span>】</div><div class='article-content'>{B}</div></div>"
    ),
    "hk": (f"<div class=content><h1>{TITLE}</h1><p class=date>2026年9月1日（星期二）</p>{B}</div>"),
    "thinkphp": (
        f"<div class=news_show><div class=news_t>{TITLE}</div><div class=news_d>日期：2026-09-01 ｜ 阅读：8 次</div>"
        f"<div class=news_c>{B}</div></div>"
    ),
    "phpcms": (
        f"<div id=Article><h1>{TITLE}<br><span>2026-09-01 09:10:00　　来源：区政府办　　点击：<span id=hits></span></span></h1>"
        f"<div class=content>{B}</div></div>"
    ),
    "discuz": (
        f"<div class='bm vw'><div class=h hm><h1 class=ph>{TITLE}</h1>"
        "<p class=xg1>2026-9-1 09:10<span class=pipe>|</span>发布者: admin<span class=pipe>|</span>查看: 12<span class=pipe>|</span>评论: 0</p>"
        f"</div><div class=d><table><tr><td id=article_content>{B}</td></tr></table></div></div>"
    ),
    "zoomed": (
        f"<div class=zwgk_title>{TITLE}</div><div class=zwgk_time>2026-09-01　字号：[大][中][小]</div><div class=zwgk_text>{B}</div>"
        "<div class=ewm>扫一扫在手机打开当前页</div>"
    ),
}


@pytest.mark.parametrize("page_title", [f"{TITLE}-霞浦湾区人民政府", "通知公告"])
@pytest.mark.parametrize("maker", MAKERS)
def test_notice_of_a_maker(maker: str, page_title: str) -> None:
    path = "<div class=pos>当前位置：<a href=/>首页</a>&gt;<a href=/t/>通知公告</a></div>"
    page = f"<html><head><title>{page_title}</title></head><body>{NAVIGATION}{path}{MAKERS[maker]}{FOOTER}</body></html>"
    found = read_detail(page.encode(), "http://www.linshan.example/tz/1.html", content_type="text/html; charset=utf-8")
    assert (found.title, found.document_number, found.issuer) == (TITLE, NUMBER, OFFICE)
    assert (found.published_date, found.written_date) == (date(2026, 9, 1), date(2026, 8, 31))
    assert FILE in [link.name for link in found.attachments]
    shown = found.text.split("\n")
    assert [line for line in shown if line in LINES] == LINES
    assert [line for line in shown if line not in (*LINES, NUMBER) and not line.startswith("附件")] == []
