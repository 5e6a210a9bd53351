"""Invented text of a notice whose paragraphs contain the words of a site's furniture: 版权所有, 上一篇, 打印, 关闭, 字号, 浏览次数, 发布日期."""

from __future__ import annotations

from random import Random

PLACES = ("青禾市", "云岫县", "石桥区", "白杨镇", "柳溪自治县", "东坡市")
OFFICES = ("林业局", "财政局", "教育局", "人民政府办公室", "市场监督管理局", "水利局", "人力资源和社会保障局")
SUBJECTS = ("护林防火", "农田灌溉", "校舍检修", "档案移交", "公章刻制", "防汛值守", "种子抽检", "数据共享", "门户网站改版", "图书版权登记")
KINDS = ("通知", "公告", "通报", "意见", "公示", "通告")
VERBS = ("自查", "登记", "汇总", "复核", "公开", "移交", "检修", "培训")
THINGS = ("台账", "报表", "名册", "清单", "图纸", "样品", "合同", "档案盒", "水泵", "铭牌")
# Sentences with the words that furniture is made of.
FURNITURE_SENTENCES = (
    "门户网站底部的版权所有、网站标识码和备案号要逐项{verb}，{place}不得遗漏第{n}项。",
    "版权所有权归{office}的{thing}，由{place}于第{n}日前{verb}。",
    "申报系统中点击上一篇、下一篇可查看其他{thing}，页面不得少于{n}个。",
    "上一篇报道所列的{n}件{thing}已由{office}{verb}完毕。",
    "打印{thing}一式{n}份，双面打印，由{office}盖章后{verb}。",
    "打印、复印设备的{thing}要在{n}月底前{verb}。",
    "关闭的{n}处取水口要悬挂{thing}，并报{office}{verb}。",
    "关闭窗口服务的乡镇，要提前{n}日张贴{thing}。",
    "字号：正文使用三号仿宋，{thing}使用{n}号黑体，{office}负责{verb}。",
    "浏览次数超过{n}次的栏目由{office}继续保留并{verb}。",
    "发布日期与{thing}所载不一致的，以{office}{verb}的为准，期限为{n}日。",
    "来源：{thing}由{office}统一提供，共{n}份。",
    "分享经验的单位共{n}个，由{office}{verb}。",
    "返回首页后仍不能{verb}的，请与{office}联系，编号{n}。",
    "扫一扫{thing}上的二维码即可{verb}，每{n}分钟更新。",
    "相关链接失效的，由{office}在{n}日内{verb}。",
    "您现在所在的位置、当前位置等栏目路径共{n}级，由{office}{verb}。",
    "技术支持单位应当保证{thing}可用，{n}小时内{verb}。",
    "主办单位与承办单位要共同{verb}{thing}，误差不超过{n}%。",
    "建议使用的{thing}由{place}{office}在第{n}批公布。",
)
PLAIN_SENTENCES = (
    "各单位要在{n}月底前完成{thing}的{verb}，并将结果报{place}{office}。",
    "{place}{office}负责{thing}的{verb}工作，经费{n}万元列入预算。",
    "对{verb}不力的，由{office}约谈，{n}个工作日内改正。",
    "本次{verb}共涉及{thing}{n}件，分布在{place}各村。",
)
# Lines without a full stop that a text contains too, alone on their lines.
FURNITURE_LINES = (
    "主办单位：{place}{office}第{n}小组",
    "承办单位：{place}{thing}协会{n}号",
    "联系电话：000-{n}7654",
    "发布日期：第{n}次会议次日",
    "打印份数：{n}份",
    "浏览次数：不少于{n}次",
    "来源：财政拨款{n}万元",
    "字号：{n}号{thing}",
    "技术支持：{place}信息中心{n}室",
    "关闭时间：{n}时整",
    "2026年{m}月{d}日",
    "2026-{m:02d}-{d:02d}",
    "时间：2026年{m}月{d}日上午{n}时",
    "地点：{place}{office}{n}会议室",
    "版权登记：{thing}{n}件",
    "分享单位：{place}{office}{n}科",
    "编辑：{thing}{n}组",
    "第{n}版",
    "相关文件{n}件",
    "下载{thing}",
    "{thing}推荐表",
    "责任编辑岗位{n}名",
    "上一篇{thing}第{n}号",
    "友情链接栏目：{n}个",
    "网站地图更新{n}处",
    "返回首页按钮{n}处",
    "当前位置栏目{n}级",
    "版权所有：{place}{thing}厂第{n}版",
    "关闭{thing}",
    "收藏{thing}{n}件",
)


def phrase(rng: Random, form: str, used: set[str]) -> str:
    """The form filled in with invented words; no two are the same."""
    while True:
        place, office, thing, verb = (rng.choice(kind) for kind in (PLACES, OFFICES, THINGS, VERBS))
        made = form.format(
            place=place, office=office, thing=thing, verb=verb, n=rng.randint(2, 989), m=rng.randint(1, 12), d=rng.randint(1, 28)
        )
        if made not in used:
            used.add(made)
            return made


def title(rng: Random) -> str:
    """A title."""
    return f"{rng.choice(PLACES)}{rng.choice(OFFICES)}关于{rng.choice(SUBJECTS)}{rng.choice(VERBS)}工作的{rng.choice(KINDS)}"


def paragraphs(rng: Random) -> list[str]:
    """The lines of a text: addressee, sentences and lines with furniture words, signature and day."""
    used: set[str] = set()
    lines = [f"各{rng.choice('县区乡镇')}{rng.choice(OFFICES)}，各有关单位："] if rng.random() < 0.6 else []
    if rng.random() < 0.8:
        lines.append(phrase(rng, rng.choice(PLAIN_SENTENCES), used))
    for _ in range(rng.randint(1, 14)):
        forms = rng.choices((FURNITURE_SENTENCES, PLAIN_SENTENCES, FURNITURE_LINES), (5, 3, 2))[0]
        line = phrase(rng, rng.choice(forms), used)
        if forms is PLAIN_SENTENCES and rng.random() < 0.3:
            line = f"{rng.choice('一二三四五六七八九')}、{line}"
        lines.append(line)
    if rng.random() < 0.1:
        lines[:0] = [f"2026年3月{rng.randint(1, 28)}日", "上午：报到，领取材料", "下午：分组讨论"]
    if rng.random() < 0.5:
        lines.append(phrase(rng, rng.choice(PLAIN_SENTENCES), used))
    if rng.random() < 0.3:
        lines.append(f"附件：{rng.choice(SUBJECTS)}{rng.choice(THINGS)}")
    if rng.random() < 0.7:
        lines += [f"{rng.choice(PLACES)}{rng.choice(OFFICES)}", f"2026年{rng.randint(1, 12)}月{rng.randint(1, 28)}日"]
    return lines
