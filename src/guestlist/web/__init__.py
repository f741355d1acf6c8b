"""The HTTP server: tracking, webhooks, members, probes."""
