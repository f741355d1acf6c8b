"""Files that pages load. Their addresses end in a digest of their content, so a browser asks for each only once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

WEB = Path(__file__).parent
_FOLDERS = {"": WEB / "assets", "vendor": WEB / "static" / "vendor"}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_FOREVER = "public, max-age=31536000, immutable"
_SOON = "no-cache"


@dataclass(frozen=True)
class Static:
    """One file, as it is and compressed."""

    content: bytes
    compressed: bytes
    media_type: str
    digest: str


@lru_cache(maxsize=64)
def _read(name: str, _changed: int) -> Static:
    content = _path(name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Static(content, gzip.compress(content, 6, mtime=0), _TYPES[Path(name).suffix], digest)


def _path(name: str) -> Path:
    folder, _, file = name.rpartition("/")
    return _FOLDERS[folder] / file


def find(name: str) -> Static | None:
    """By what stands behind /static/; None: there is no such file, or it is not for browsers."""
    folder, _, file = name.rpartition("/")
    if folder not in _FOLDERS or Path(file).suffix not in _TYPES or file.startswith(".") or "\\" in file:
        return None
    try:
        return _read(name, _path(name).stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


def address(name: str) -> str:
    """Where a page finds a file; a file that is missing is a fault of the installation."""
    found = find(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing: the package was installed without what its pages load.")
    return f"/static/{quote(name)}?v={found.digest}"


def answer(request: Request, name: str) -> Response:
    """The file, or 404."""
    found = find(name)
    if found is None:
        return Response("There is no such file.", 404, media_type="text/plain")
    headers = {
        "Cache-Control": _FOREVER if request.query_params.get("v") == found.digest else _SOON,
        "ETag": f'"{found.digest}"',
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)
