"""LinkedIn: one ad account behind ``ports.Destination``, and the OAuth that opens it."""
