"""One module per resource: decode, one command or query, encode."""
