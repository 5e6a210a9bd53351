"""The words for codes and names of fields that results show. What is stored and what --json prints keeps the codes."""

from __future__ import annotations

from collections.abc import Mapping

from notices.text.language import N_, _

# One line per subject; `_` finds the word of a code here.
_TERMS = (
    (N_("listed"), N_("missing"), N_("withdrawn"), N_("back")),  # states of a notice
    (  # fields of a notice
        N_("id"), N_("url"), N_("title"), N_("text"), N_("source"), N_("state"), N_("revision"), N_("document number"), N_("number key"),
        N_("issuer"), N_("kind"), N_("region"), N_("year"), N_("published date"), N_("written date"), N_("effective date"),
        N_("expiry date"), N_("index number"), N_("validity"), N_("theme"), N_("addressees"), N_("signature"), N_("attachment"),
        N_("attachments"), N_("anatomy"),
    ),
    (N_("number"), N_("date"), N_("agency"), N_("office"), N_("alias")),  # what a query was understood as
    (  # outcomes of attachments and of runs, states of sources, levels of doctor
        N_("ok"), N_("encrypted"), N_("scanned"), N_("unsupported"), N_("broken"), N_("too large"), N_("running"), N_("crashed"),
        N_("failed"), N_("done"), N_("stopped"), N_("complete"), N_("incomplete"), N_("interrupted"), N_("degraded"), N_("failing"),
        N_("paused"), N_("problem"), N_("warning"), N_("full"), N_("locked"),
    ),
    (  # what became of a notice of a run, of a line of an import, of a source file that was added
        N_("new"), N_("revised"), N_("unchanged"), N_("blocked"), N_("refused"), N_("gone"), N_("imported"), N_("known"), N_("added"), N_("skipped"),
        N_("unread"), N_("pending"), N_("given up"), N_("present"), N_("enabled"), N_("disabled"), N_("own"), N_("shipped"),
    ),
    (N_("observed"), N_("correction")),  # events of a history
    (N_("seen"), N_("gone from list"), N_("on list again")),  # evidence of an observation
    (N_("in force"), N_("not yet in force"), N_("amended"), N_("edited"), N_("expired"), N_("repealed"), N_("partly repealed"), N_("unknown"), N_("yes")),
    (  # reasons why a page is not the notice
        N_("challenge"), N_("unavailable"), N_("error"), N_("login"), N_("soft 404"), N_("empty"), N_("interstitial"),
        N_("section index"), N_("another page"), N_("led to another page"),
    ),
    (  # areas and kinds of damage
        N_("warc"), N_("sql"), N_("log"), N_("index"), N_("integrity"), N_("schema"), N_("reference"), N_("lost"), N_("snapshot"),
        N_("orphan"), N_("unreadable"), N_("notice"), N_("revisions"), N_("rewritten"), N_("signature"), N_("uncompared"),
        N_("unusable"), N_("file"), N_("differs"), N_("extra"), N_("truncated"), N_("unlisted"), N_("changed"),
        N_("manifest"), N_("chain"), N_("length"), N_("digest"), N_("records"), N_("record"), N_("tail"), N_("sealed-damaged"), N_("recognised"), N_("stored"),
    ),
    (  # what an instrument does to another
        N_("cites"), N_("repeals"), N_("amends"), N_("replaces"), N_("promulgates"), N_("forwards"), N_("interprets"), N_("implements"),
        N_("corrects"), N_("responds"),
    ),
    (  # what doctor checks
        N_("home"), N_("disk"), N_("attachments"), N_("contact"), N_("source file"), N_("sources"), N_("database"), N_("python"),
    ),
    (N_("crawl"), N_("import"), N_("catalogue"), N_("archive"), N_("contents"), N_("copies"), N_("archived bytes"), N_("default")),
)  # fmt: skip
_COUNTED = (
    N_("lists"), N_("entries"), N_("new"), N_("revised"), N_("unchanged"), N_("attachments"), N_("again"), N_("again_gone"),
    N_("again_failed"), N_("blocked"), N_("refused"), N_("gone"), N_("failed"), N_("lists_failed"), N_("without_address"),
    N_("little_text"),
)  # fmt: skip


def term(code: str) -> str:
    """The word for a code or the name of a field, such as document_number; the code itself if it is not a known one."""
    return _(code.replace("_", " "))


def counts_line(counts: Mapping[str, int]) -> str:
    """Counts in a fixed order, without those that are zero."""
    return ", ".join(f"{_(name)} {counts[name]}" for name in _COUNTED if counts.get(name)) or _("nothing new")
