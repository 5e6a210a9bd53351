"""A tree in words, so that somebody who saves a search sees how it was read."""

from __future__ import annotations

from typing import assert_never

from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from notices.text.language import N_, _

_IN = {"title": N_("in the title: {value}"), "text": N_("in the text: {value}"), "attachment": N_("in an attachment: {value}")}
_NAMES = (  # of fields, beside those that results show
    N_("archived"), N_("changed"), N_("deadline"), N_("addressee"), N_("theme"), N_("validity"), N_("index number"), N_("issuer"), N_("source"),
)  # fmt: skip
_MOST = 5  # values of one field


def described(node: Node) -> str:
    """What a document must be like, in the language of this process."""
    return _said(node, within=False)


def _said(node: Node, *, within: bool) -> str:  # noqa: PLR0911 (a line a kind of node)
    match node:
        case Phrase(text, scope):
            return _(_IN[scope]).format(value=f"“{text}”") if scope in _IN else f"“{text}”"
        case And(parts):
            return _grouped(_(" and ").join(_said(part, within=True) for part in parts), within)
        case Or(parts):
            return _grouped(_(" or ").join(_said(part, within=True) for part in parts), within)
        case Not(part):
            return _("not {what}").format(what=_said(part, within=True))
        case Is():
            return _is(node)
        case Contains(field, text):
            return f"{_(field.replace('_', ' '))}: “{text}”"
        case Between(field, since, until):
            return f"{_(field.replace('_', ' '))}: {since or ''}..{until or ''}"
        case HasAttachment():
            return _("with attachments")
        case Everything():
            return _("every notice")
    assert_never(node)


def _grouped(text: str, within: bool) -> str:
    return f"({text})" if within else text


def _is(node: Is) -> str:
    values = [_value(node, each) for each in node.values[:_MOST]]
    return f"{_(node.field.replace('_', ' '))}: {', '.join(values)}{' …' if len(node.values) > _MOST else ''}"


def _value(node: Is, value: str) -> str:
    """A value as people write it: a region by its name."""
    if node.field == "region":
        from notices.reference.regions import name_of  # the table of regions: only a query with a region loads it

        return name_of(value)
    return _(value.replace("_", " ")) if node.field in ("state", "validity") else value
