"""Events: what they say about who is in an audience; pure, like ``core``, with libraries for paths and triggers."""
