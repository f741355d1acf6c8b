"""The languages in which people say which events count and what is read from them: triggers, conditions, mappings."""
