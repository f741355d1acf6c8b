"""Renders the few HTML pages."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _templates() -> Environment:
    loader = PackageLoader("linkedin_emulator", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def page(template: str, **values: object) -> str:
    """One page as HTML."""
    return _templates().get_template(template).render(**values)
