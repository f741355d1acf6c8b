"""Lists and ledgers compared as sets, in DuckDB; ``core.membership`` is the rule it is held to."""
