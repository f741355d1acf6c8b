"""The use cases. Each is a function of an ``App`` (what the outside offers) and plain values; none knows an adapter."""
