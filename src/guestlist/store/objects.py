"""Where the bytes of files are: an object store behind a local cache of immutable names (``folder`` is ``places``)."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from guestlist.errors import ConfigError, StoreError
from guestlist.store.places import check_size, private_folder

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class ObjectPlace:
    """``s3://bucket/prefix``. A name is written once and never changed, so a cached copy of the right size is it."""

    def __init__(self, url: str, cache: Path) -> None:
        self._store, self._cache = _connect(url), cache

    def put(self, source: Path, name: str) -> Path:
        """Put (durable when the store answers), check by head, and keep the file as the cached copy."""
        import obstore  # noqa: PLC0415 - an extra

        size = source.stat().st_size
        try:
            obstore.put(self._store, name, source)
            found = obstore.head(self._store, name)["size"]
        except Exception as error:  # the library's own classes, and OSError
            raise StoreError(f"The object {name} could not be written: {_first_line(error)}.") from error
        if found != size:
            raise StoreError(f"The object {name} has {found} bytes instead of {size}; it will be written again.")
        source.chmod(0o600)
        source.rename(self._cached(name)) if _same_device(source, self._cache) else source.unlink()
        return self.get(name, size)

    def get(self, name: str, size: int) -> Path:
        """The cached copy, fetched first where it is missing or was cut off."""
        path = self._cached(name)
        if not path.is_file() or path.stat().st_size != size:
            self._fetch(name, path)
        check_size(path, size)
        return path

    def delete(self, name: str) -> None:
        """The object and its cached copy here; copies on other machines are theirs to drop."""
        import obstore  # noqa: PLC0415 - an extra

        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            pass
        except Exception as error:
            raise StoreError(f"The object {name} could not be deleted: {_first_line(error)}.") from error
        self._cached(name).unlink(missing_ok=True)

    def _fetch(self, name: str, path: Path) -> None:
        import obstore  # noqa: PLC0415 - an extra

        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                for block in obstore.get(self._store, name).stream():
                    out.write(block)
            temporary.rename(path)
        except FileNotFoundError:
            raise StoreError(f"The object {name} is missing; restore it from a backup.") from None
        except Exception as error:
            raise StoreError(f"The object {name} could not be read: {_first_line(error)}.") from error
        finally:
            temporary.unlink(missing_ok=True)

    def _cached(self, name: str) -> Path:
        path = self._cache / name
        private_folder(path.parent)
        return path


def _connect(url: str) -> ObjectStore:
    try:
        from obstore.store import from_url  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("A data URL that begins with s3:// needs the extra: pip install 'guestlist[s3]'.") from None
    options: dict[str, str] = {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        options["endpoint"] = endpoint
    clear = {"allow_http": True} if (endpoint or "").startswith("http://") else {}
    retries = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
    return from_url(url, config=options, client_options=clear, retry_config=retries)  # type: ignore[call-overload, no-any-return]


def _same_device(source: Path, folder: Path) -> bool:
    return source.stat().st_dev == folder.stat().st_dev


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
