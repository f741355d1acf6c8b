"""A stateful LinkedIn Marketing API on localhost, for trying things out and for tests."""
