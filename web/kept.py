"""Answers kept in memory while the archive stays the same: most readers ask what others have just asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from web.pages import archive_of, language_wanted, unless_known
from web.problems import is_program

_MOST, _LARGEST = 400, 300_000  # answers, and bytes of one
View = Callable[[Request], Response]


class Kept:
    """The newest answers of one process, each with the state of the archive that it is made of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[object, ...], tuple[str, Response]] = OrderedDict()

    def answer(self, request: Request, view: View) -> Response:
        """The kept answer, or the view's, which is kept if it is one that others may want."""
        state = archive_of(request).state()
        if state is None:
            return view(request)
        key = (request.url.path, request.url.query, language_wanted(request), is_program(request))
        with self._lock:
            found = self._answers.get(key)
            if found is not None and found[0] == state:
                self._answers.move_to_end(key)
                return unless_known(request, _copy(found[1]))
        made = view(request)
        if made.status_code == 200 and len(made.body) <= _LARGEST:
            with self._lock:
                self._answers[key] = state, _copy(made)
                self._answers.move_to_end(key)
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)
        return made


def _copy(response: Response) -> Response:
    """The same answer with headers of its own: what compresses an answer changes them."""
    made = Response(response.body, response.status_code)
    made.raw_headers = list(response.raw_headers)
    return made


def kept(view: View) -> View:
    """The view with its answers kept."""

    def answer(request: Request) -> Response:
        keep = request.app.state.kept
        assert isinstance(keep, Kept)
        return keep.answer(request, view)

    return answer
