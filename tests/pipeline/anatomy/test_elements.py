"""Single elements of a document and their traps (reference/domain.md §1, §2.6, §5, §6)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from pipeline.anatomy import kind_of, read_anatomy

HEAD = "云川市水务局关于开展管网巡查的通知"
TO = "各县（区）水务局："


def text(*lines: str) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("title", "kind", "carried_kind", "carried"),
    [
        ("关于印发《云川市管网巡查实施方案》的通知", "通知", "实施方案", "云川市管网巡查实施方案"),
        ("云川市人民政府印发关于管网巡查若干措施的通知", "通知", "若干措施", "关于管网巡查若干措施"),
        ("转发《省水务厅关于管网巡查的意见》的通知", "通知", "意见", "省水务厅关于管网巡查的意见"),
        ("《云川市水务局 云川市财政局关于发布〈巡查管理办法〉的公告》", "公告", None, None),
        ("【已失效】云川市人民政府令第39号", "令", None, None),
        ("云川市水务局公告2020年第24号（关于管网巡查的公告）", "公告", None, None),
        ("关于管网巡查的紧急通知", "通知", None, None),
        ("云川市管网巡查暂行规定（已废止）", "规定", None, None),
        ("《云川市管网巡查办法》解读", "解读", None, None),
        ("一图读懂《云川市管网巡查办法》", "解读", None, None),
        ("云川市人民政府关于管网巡查的意见（云府〔2021〕3号）", "意见", None, None),
        ("管网巡查人员名单（第二批）", "名单", None, None),
        ("关于进一步做好春季返城", None, None, None),
        ("", None, None, None),
    ],
)
def test_kind_of_a_title(title: str, kind: str | None, carried_kind: str | None, carried: str | None) -> None:
    assert kind_of(title) == (kind, carried_kind, carried)


def test_number_on_its_own_line_is_own_and_cited_one_is_not() -> None:
    found = read_anatomy(text(HEAD, "云水发〔2021〕7号", TO, "根据国发〔2020〕3号要求，现通知如下。"), title=HEAD)
    assert found.document_number is not None
    assert found.document_number.display == "云水发〔2021〕7号"
    assert found.other_numbers == ("国发〔2020〕3号",)


@pytest.mark.parametrize(
    "body",
    [
        "根据国发〔2020〕3号要求，现通知如下。",
        "根据国发〔2020〕3号",
        "转发国发〔2020〕3号",
        "按照《办法》（国发〔2020〕3号）执行。",
        "云检公诉刑诉[2019]518号",
    ],
)
def test_cited_number_is_never_the_own(body: str) -> None:
    assert read_anatomy(text(HEAD, TO, body, "国发〔2020〕3号"), title=HEAD).document_number is None
    assert read_anatomy(text(HEAD, body), title=HEAD).document_number is None


def test_labelled_number_is_believed_first() -> None:
    found = read_anatomy(text(HEAD, "云水发〔2021〕7号", TO), title=HEAD, labelled_number="云水函[2021]8")
    assert found.document_number is not None
    assert found.document_number.display == "云水函〔2021〕8号"


def test_number_in_brackets_after_the_title_is_own() -> None:
    found = read_anatomy("正文。", title=HEAD + "（云水发〔2021〕7号）")
    assert found.document_number is not None
    assert found.document_number.key == "云水发|2021|7"


def test_yearly_number_takes_issuer_and_kind_from_the_title() -> None:
    found = read_anatomy("现公告如下。", title="云川市水务局关于停水的公告（2026年第28号）")
    assert found.document_number is not None
    assert found.document_number.key == "云川市水务局公告|2026|28"


def test_number_broken_over_two_lines_is_read() -> None:
    found = read_anatomy(
        text("云川市人民政府令", "第 45 号", "《办法》已经通过，现予公布。", "市长　李一鸣", "二○一九年三月二日"), title="云川市管网办法"
    )
    assert found.document_number is not None
    assert found.document_number.key == "云川市人民政府令||45"
    assert (found.issuer, found.written_date) == ("云川市人民政府", date(2019, 3, 2))


@pytest.mark.parametrize(
    ("lines", "issuer", "written"),
    [
        (("财  政  局", "2021年3月8日"), "财政局", date(2021, 3, 8)),
        (("云川市水务局 云川市财政局", "2021年3月8日"), "云川市水务局 云川市财政局", date(2021, 3, 8)),
        (
            ("云川市水务局", "云川市财政局", "云川市应急管理局", "2021年3月8日"),
            "云川市水务局 云川市财政局 云川市应急管理局",
            date(2021, 3, 8),
        ),
        (
            ("云川市应对特大干旱", "抢险救灾工作领导小组（代章）", "2021年3月8日"),
            "云川市应对特大干旱抢险救灾工作领导小组",
            date(2021, 3, 8),
        ),
        (("云川市水务局  2021年3月8日",), "云川市水务局", date(2021, 3, 8)),
        (("2021年3月8日",), None, date(2021, 3, 8)),
        (("云川市水务局",), "云川市水务局", None),
        (("云川市水务局办公室 2021年3月9日印发",), None, None),
    ],
)
def test_signatures(lines: tuple[str, ...], issuer: str | None, written: date | None) -> None:
    found = read_anatomy(text("关于巡查的通知", TO, "请遵照执行。", *lines), title="关于巡查的通知")
    assert (found.issuer, found.written_date) == (issuer, written)


def test_title_names_the_issuer_where_nobody_signs() -> None:
    assert read_anatomy(text(HEAD, TO, "请遵照执行。", "2021年3月8日"), title=HEAD).issuer == "云川市水务局"


def test_region_completes_a_short_issuer() -> None:
    found = read_anatomy(text(TO, "请遵照执行。", "市水务局", "2021年3月8日"), title="关于巡查的通知", region="云川")
    assert (found.issuer, found.issuer_full) == ("市水务局", "云川市水务局")


@pytest.mark.parametrize(
    ("note", "disclosure"),
    [
        ("（此件公开发布）", "此件公开发布"),
        ("(此件主动公开)", "此件主动公开"),
        ("（信息公开形式：主动公开）", "信息公开形式：主动公开"),
        ("（联系人：王某）", None),
    ],
)
def test_disclosure_note(note: str, disclosure: str | None) -> None:
    found = read_anatomy(text(HEAD, TO, "请遵照执行。", "云川市水务局", "2021年3月8日", note), title=HEAD)
    assert found.disclosure == disclosure


def test_greeting_of_a_letter_is_no_addressee() -> None:
    assert read_anatomy(text("致居民的一封信", "尊敬的居民朋友：", "您好！"), title="致居民的一封信").addressees == ()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("附件：管网巡查表",), ("管网巡查表",)),
        (("附件1：管网巡查表", "附件2：人员名单"), ("管网巡查表", "人员名单")),
        (("附件：", "1.管网巡查表", "2.人员名单"), ("管网巡查表", "人员名单")),
        (("附:1、管网巡查表 2、人员名单",), ("管网巡查表", "人员名单")),
        (("附件：１．管网巡查表", "２．人员名单"), ("管网巡查表", "人员名单")),
        (("附件：1.2021年度巡查表", "2.2022年度巡查表"), ("2021年度巡查表", "2022年度巡查表")),
        (("附件：", "附件1：管网巡查表"), ("管网巡查表",)),
        (("附件：",), ()),
    ],
)
def test_attachment_lists(lines: tuple[str, ...], names: tuple[str, ...]) -> None:
    found = read_anatomy(text(HEAD, TO, "请遵照执行。", *lines, "云川市水务局", "2021年3月8日"), title=HEAD)
    assert found.attachment_names == names
    assert found.issuer == "云川市水务局"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("根据《云川市供水条例》和《云川市节水办法》规定，制定本通知。", [("cites", "云川市供水条例"), ("cites", "云川市节水办法")]),
        ("《云川市供水条例》同时废止。", [("repeals", "云川市供水条例")]),
        (
            "《巡查细则》（云水发〔2010〕1号）和《抄表细则》（云水发〔2011〕2号）同时废止。",
            [("repeals", "巡查细则"), ("repeals", "抄表细则")],
        ),
        ("自2021年1月1日起，原《云川市供水条例》停止执行。", [("repeals", "云川市供水条例")]),
        ("对《云川市供水条例》作如下修改：", [("amends", "云川市供水条例")]),
        ("你局《关于审批巡查规划的请示》（云水请〔2021〕2号）收悉。", [("responds", "关于审批巡查规划的请示")]),
        ("现将《省供水巡查意见》转发给你们。", [("forwards", "省供水巡查意见")]),
        ("现将《云川市巡查手册》印发给你们。", [("promulgates", "云川市巡查手册")]),
        ("本通知全文废止。", [("repeals-self", None)]),
        ("我们读了《红楼梦》。", []),
    ],
)
def test_relations(body: str, expected: list[tuple[str, str | None]]) -> None:
    found = read_anatomy(text("关于巡查的通知", TO, body), title="关于巡查的通知")
    assert [(c.relation, c.target_title) for c in found.citations] == expected


@pytest.mark.parametrize(
    "body", ["不废止《云川市供水条例》。", "未废止《云川市供水条例》。", "《云川市供水条例》继续有效。", "《云川市供水条例》不予废止。"]
)
def test_negated_repeal_is_no_repeal(body: str) -> None:
    found = read_anatomy(text("关于巡查的通知", TO, body), title="关于巡查的通知")
    assert "repeals" not in [c.relation for c in found.citations]


def test_citation_keeps_number_and_sentence() -> None:
    body = "请认真学习。按照《云川市节水方案》（云水发〔2010〕1号）要求办理；逾期不候。"
    found = read_anatomy(text("关于巡查的通知", TO, body), title="关于巡查的通知")
    assert [(c.target_key, c.sentence) for c in found.citations] == [
        ("云水发|2010|1", "按照《云川市节水方案》（云水发〔2010〕1号）要求办理")
    ]


@pytest.mark.parametrize(
    ("title", "relation"),
    [
        ("关于废止《云川市供水条例》的决定", "repeals"),
        ("关于修改《云川市供水条例》的决定", "amends"),
        ("关于贯彻落实《云川市供水条例》的实施意见", "implements"),
        ("《云川市供水条例》解读", "interprets"),
        ("转发《云川市供水条例》的通知", "forwards"),
    ],
)
def test_relation_that_a_title_states(title: str, relation: str) -> None:
    assert [(c.relation, c.target_title) for c in read_anatomy("正文。", title=title).citations] == [(relation, "云川市供水条例")]


@pytest.mark.parametrize(
    ("body", "effective", "expiry"),
    [
        ("本办法自2021年1月1日起施行，有效期5年。", date(2021, 1, 1), date(2025, 12, 31)),
        ("第九条　本办法自2021年1月1日起施行，有效期至2023年6月30日。", date(2021, 1, 1), date(2023, 6, 30)),
        ("本通知自印发之日起施行。", None, None),
        ("《云川市供水条例》自2010年1月1日起施行以来，成效明显。", None, None),
    ],
)
def test_effective_and_expiry_dates(body: str, effective: date | None, expiry: date | None) -> None:
    found = read_anatomy(text("云川市巡查办法", body), title="云川市巡查办法")
    assert (found.effective_date, found.expiry_date) == (effective, expiry)


def test_validity_says_where_it_is_known_from() -> None:
    official = read_anatomy("正文。", title="【已失效】云川市巡查办法")
    inferred = read_anatomy("本办法已经废止。", title="云川市巡查办法")
    unknown = read_anatomy("正文。", title="云川市巡查办法（试行）")
    assert (official.validity, official.validity_provenance) == ("expired", "official")
    assert (inferred.validity, inferred.validity_provenance) == ("repealed", "inferred")
    assert (unknown.validity, unknown.validity_provenance, unknown.version_marks) == ("unknown", "unknown", ("试行",))


@pytest.mark.parametrize(
    ("body", "start", "end", "inferred"),
    [
        ("报名时间：12月20日至1月10日。", datetime(2020, 12, 20), datetime(2021, 1, 11), True),
        ("报名时间：10月19日至29日。", datetime(2020, 10, 19), datetime(2020, 10, 30), True),
        ("报名时间为2020年11月3日9:00—2020年11月5日17:00。", datetime(2020, 11, 3, 9), datetime(2020, 11, 5, 17), False),
        ("请于11月12日前报送至市局。", None, datetime(2020, 11, 13), True),
        ("务必于2020年11月12日16:00前反馈。", None, datetime(2020, 11, 12, 16), False),
        ("名单于24日下午4:00前报送至办公室。", None, datetime(2020, 10, 24, 16), True),
        ("请于1月5日前报送总结。", None, datetime(2021, 1, 6), True),
        ("公示时间为2020年10月29日至2020年11月2日。", datetime(2020, 10, 29), datetime(2020, 11, 3), False),
        ("公示期3天（2021年1月6日至2021年1月8日）。", datetime(2021, 1, 6), datetime(2021, 1, 9), False),
        ("公示期3个工作日（自本公示发布之日起至2021年1月11日止）。", None, datetime(2021, 1, 12), False),
        ("公示期5天，自10月16日-10月20日止。", datetime(2020, 10, 16), datetime(2020, 10, 21), True),
    ],
)
def test_periods(body: str, start: datetime | None, end: datetime | None, inferred: bool) -> None:
    found = read_anatomy(text(HEAD, TO, body, "云川市水务局", "2020年10月16日"), title=HEAD)
    assert [(p.start, p.end, p.year_inferred) for p in found.periods] == [(start, end, inferred)]


@pytest.mark.parametrize("body", ["公示期满后5日内提交补充材料。", "公示时间为二十天。"])
def test_term_without_a_count_of_days_is_no_period(body: str) -> None:
    assert read_anatomy(body, title="关于拟表彰名单的公示").periods == ()


def test_counted_term_keeps_its_phrase() -> None:
    found = read_anatomy("公示期为5个工作日，欢迎监督。", title="关于拟表彰名单的公示")
    assert [(p.label, p.start, p.end) for p in found.periods] == [("公示期", None, None)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("电话：（0371）65900000转8021", [("phone", "0371-65900000转8021")]),
        ("联系电话0371 6590 0000", [("phone", "0371-65900000")]),
        ("监督电话：84207246", [("phone", "84207246")]),
        ("手机13800000000", [("mobile", "13800000000")]),
        ("邮箱shuiwu＠example.cn。", [("email", "shuiwu@example.cn")]),
        ("网址：https://www.example.gov.cn/a。", [("web", "https://www.example.gov.cn/a")]),
        ("身份证410700199001011234，共12345元", []),
    ],
)
def test_contacts(body: str, expected: list[tuple[str, str]]) -> None:
    assert [(c.kind, c.value) for c in read_anatomy(body, title=None).contacts] == expected


def test_regulation_numbers_its_articles_under_chapters() -> None:
    found = read_anatomy(
        text("第一章　总则", "第一条　为了节水，制定本办法。", "（一）节流", "第二章　管理", "第二条　略。"), title="云川市节水办法"
    )
    assert [section.path[-1] for section in found.sections] == [
        "第一章总则",
        "第一条为了节水，制定本办法",
        "（一）节流",
        "第二章管理",
        "第二条略",
    ]
    assert found.sections[2].path[0] == "第一章总则"
    assert len(found.sections[4].path) == 2


@pytest.mark.parametrize(
    ("line", "label"),
    [("联系人电话：0799-6671234", "联系人电话"), ("联系电话：0799-6671234", "联系电话"), ("负责人手机：13900001111", "负责人手机")],
)
def test_label_of_a_contact_is_whole(line: str, label: str) -> None:
    assert [contact.label for contact in read_anatomy(text(HEAD, TO, line), title=HEAD).contacts] == [label]
