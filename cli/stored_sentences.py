"""Sentences that the stages store or send in English: why a request failed, why a file has no text, how a run ended.

They stay English where they are made, because archives keep them; `told` finds their Chinese by these messages. A test compares them
with the sentences of the stages.
"""

from __future__ import annotations

from notices.text.language import N_

STORED = (
    # a request that got no answer
    N_("not an address"), N_("no host"), N_("private address {address}"), N_("private address (localhost)"),
    N_("the connection was closed"), N_("certificate of another host"), N_("a body without length and without an end mark"),
    N_("a {coding} stream without its end"), N_("another site: {url}"), N_("status {status} is not of HTTP: {url}"),
    N_("redirect to another site: {chain} -> {url}"), N_("redirect that is not followed: {chain} -> {url}"),
    N_("paused: the server asks for {seconds} s"), N_("the site's robots.txt could not be read: {why}"),
    # a list
    N_("no entries found"), N_("{some} of its {count} entries has an address"),
    N_("{count} archived notices in a row could not be revisited; the others wait for a later run"),
    N_("no result within {seconds} seconds"), N_("the look ended with code {code}: {message}"),
    # the end of a run
    N_("its {minutes} minutes are over (max_minutes_per_run); the next run goes on"),
    N_("its {count} requests are made (max_requests_per_run); the next run goes on"),
    N_("the {count} requests of this run were made"), N_("its process ended without reporting (crashed or killed)"),
    N_("the process ended without reporting (crashed or killed)"), N_("{failed} of {asked} notices could not be fetched"),
    N_("stopped by a signal; the next run goes on"), N_("{reason}; the next run goes on"),
    N_("source {name}: its server asked to be left alone until {moment} UTC"),
    # files of a notice
    N_("the page gives no address"), N_("no answer is archived: the request failed, or was not made"), N_("not asked for: {why}"),
    N_("the run ends: {reason}"), N_("{count} files of this notice in a row did not answer"), N_("the import gave no text"),
    N_("found by a later reading of the page; not fetched then"), N_("the reader ran out of memory or gave up on the file"),
    N_("the reader broke off (status {status})"), N_("the reader broke off on it"), N_("the reader was ended from outside"), N_("takes longer than {seconds} s"),
    N_("needs more memory than allowed"), N_("a Word file older than Word 97"), N_("no page can be read"),
    N_("{failed} of {count} pages cannot be read"), N_("{images} of {count} pages are images"),
    N_("embedded parts not read: {names}"), N_("{private} of {count} characters are in private codes"),
    N_("unpacks to more than {most} bytes"), N_("{name} unpacks from {packed} to {unpacked} bytes"),
    N_("a member unpacks to more than {most} bytes"), N_("more than {most} members"), N_("the archive ends before this member"),
    N_("the checksum of the member is wrong"), N_("no reader for RAR is installed"), N_("{bad} of {count} members without text: {names}"),
    N_("parts nested more than {most} deep"), N_("an image"), N_("no reader for this format"), N_("empty file"), N_("unknown format"),
    N_("cut at {characters} characters or {pages} pages"), N_("no text"), N_("archives nested more than {most} deep"),
    N_("an archive without members"),
)  # fmt: skip
LIBRARIES = (  # what the system and the JSON reader say
    N_("No such file or directory"), N_("Permission denied"), N_("Is a directory"), N_("Not a directory"), N_("No space left on device"),
    N_("File exists"), N_("Read-only file system"), N_("Input/output error"), N_("Too many open files"), N_("Address already in use"),
    N_("Connection refused"), N_("Connection timed out"), N_("Connection reset by peer"), N_("Network is unreachable"), N_("No route to host"),
    N_("Broken pipe"), N_("Operation not permitted"), N_("Disk quota exceeded"), N_("File name too long"), N_("File too large"),
    N_("Too many levels of symbolic links"), N_("Cannot allocate memory"), N_("Device or resource busy"), N_("Stale file handle"),
    N_("Object missing required field `{name}`"), N_("Expected `{wanted}`, got `{given}`"),
    N_("Expected `{wanted}`, got `{given}` - at `{place}`"), N_("JSON is malformed: {why}"), N_("Input data was truncated"),
)  # fmt: skip
