"""The face's pages, one file per group of operations: read, one command or query, answer."""
