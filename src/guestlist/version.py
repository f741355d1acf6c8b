"""The product's version; nothing else, so that everybody may import it."""

__version__ = "0.1.0"
