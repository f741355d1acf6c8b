"""Lists: which files, how they are written, and the lists we write for LinkedIn."""
