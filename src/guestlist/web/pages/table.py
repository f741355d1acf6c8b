"""All pages there are. A new file of pages is added here, and the matrix of roles walks it from then on."""

from __future__ import annotations

from guestlist.web.pages import (
    activations,
    activity,
    audiences,
    changing,
    confirming,
    connect,
    destination,
    destinations,
    drafts,
    home,
    jobs,
    keys,
    linkedin_app,
    mappings,
    notices,
    password,
    privacy,
    reviews,
    schedules,
    signing,
    tokens,
    triggers,
    uploads,
    users,
)
from guestlist.web.pages.book import Page

_BOOKS = (
    signing,
    home,
    destinations,
    connect,
    destination,
    audiences,
    uploads,
    activations,
    confirming,
    changing,
    jobs,
    activity,
    users,
    tokens,
    keys,
    notices,
    linkedin_app,
    password,
    privacy,
    drafts,
    mappings,
    schedules,
    triggers,
    reviews,
)
PAGES: tuple[Page, ...] = tuple(page for each in _BOOKS for page in each.book.pages)
