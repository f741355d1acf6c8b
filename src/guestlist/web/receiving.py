"""Files that forms bring: multipart bodies, taken apart as they come and never laid down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

import anyio.from_thread
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.types import Message

from guestlist.web.bodies import Gone
from guestlist.web.refusals import Refusal, too_large

AT_ONCE = 4  # files on their way in one process
PATIENCE = 60.0  # seconds between two pieces of a body
MOST_FIELDS = 20
LARGEST_FIELD = 8 << 10  # bytes
BESIDE = 64 << 10  # bytes of a body beside its file

Fields = list[tuple[str, str]]
Write = Callable[[bytes], object]
Begin = Callable[[Fields, str], Write]  # what came before the file, the file's name -> where its bytes go


def received(content_type: str, pieces: Iterable[bytes], begin: Begin, largest: int) -> Fields:
    """The fields of a form. ``begin`` is called when its file begins: whatever decides whether it is wanted must stand
    before it. A field for a file where none was chosen counts as left out. Refusal: it is no such form, or too large.
    """
    parts = _Parts(begin, largest)
    parser = MultipartParser(_boundary(content_type), parts.callbacks())  # type: ignore[arg-type]
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > largest + BESIDE:
                raise _above(largest)
            parser.write(piece)
    except MultipartParseError:
        raise _broken() from None
    if not parts.ended:
        raise _broken()
    return parts.fields


def refuse_above(request: Request, largest: int) -> None:
    """Refusal when it says itself that it brings more than a file of that size: before anything of it is read."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > largest + BESIDE:
        raise _above(largest)


def pieces_of(request: Request) -> Iterator[bytes]:
    """The body of a request, in a thread that the event loop started."""
    more = True
    while more:
        message = anyio.from_thread.run(_next, request)
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _next(request: Request) -> Message:
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.receive()
    except TimeoutError:
        raise Refusal(408, "timeout", "The file did not come in time: send it again.") from None


class _Parts:
    """What the parser tells, put together. ``ended``: the last boundary came."""

    def __init__(self, begin: Begin, largest: int) -> None:
        self.fields: Fields = []
        self.ended = False
        self._begin, self._largest = begin, largest
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""
        self._name, self._text = "", bytearray()
        self._write: Write | None = None
        self._has_file, self._size = False, 0

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """As the parser wants them."""
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }

    def _part_begins(self) -> None:
        self._disposition, self._name = b"", ""
        self._text.clear()
        self._write = None

    def _header_ends(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        self._name = _text(options.get(b"name", b""))
        if b"filename" not in options:
            if len(self.fields) >= MOST_FIELDS:
                raise _broken()
            return
        file_name = _text(options[b"filename"])
        if self._has_file:
            raise Refusal(400, "form", "One file at a time.")
        if file_name:
            self._has_file = True
            self._write = self._begin(self.fields, file_name)
        else:
            self._write = _nowhere

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._write is None:
            self._text += data[start:end]
            if len(self._text) > LARGEST_FIELD:
                raise Refusal(413, "form", "A field of this form is too long.")
            return
        self._size += end - start
        if self._size > self._largest:
            raise _above(self._largest)
        self._write(data[start:end])

    def _part_ends(self) -> None:
        if self._write is None:
            self.fields.append((self._name, _text(bytes(self._text))))

    def _end(self) -> None:
        self.ended = True


def _nowhere(data: bytes) -> None:
    """Where the bytes of a file that nobody chose go."""
    if data:
        raise _broken()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\x00", "")


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise Refusal(415, "form", "This is not what a form with a file sends.")
    return boundary


def _above(largest: int) -> Refusal:
    return too_large(f"The file is larger than {largest >> 20:,} MB, the most for one list: save it as Parquet.")


def _broken() -> Refusal:
    return Refusal(400, "form", "The form did not come whole: send it again.")
