"""The workplace's pages: decode a request, ask one query or command, show the answer."""
