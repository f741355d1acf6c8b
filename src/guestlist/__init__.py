"""Guestlist keeps lists of people and companies in step with LinkedIn Matched Audiences."""

from typing import TYPE_CHECKING

from guestlist.version import __version__

if TYPE_CHECKING:
    from guestlist.facade import Guestlist

__all__ = ["__version__", "open"]


def open(  # noqa: A001 - the library's door, used as guestlist.open(home)
    home: str | None = None, file: str | None = "guestlist.yaml"
) -> "Guestlist":
    """Open a home with a ``guestlist.yaml``; ``None`` means the environment's GUESTLIST_HOME, or no file."""
    from guestlist.bootstrap import open_guestlist  # noqa: PLC0415 - keeps `import guestlist` light

    return open_guestlist(home, file)
