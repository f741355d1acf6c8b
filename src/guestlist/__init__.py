"""Guestlist keeps lists of people and companies in step with LinkedIn Matched Audiences."""

__version__ = "0.1.0"
