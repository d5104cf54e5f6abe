"""Plumbing for requests and answers that knows nothing of tickets."""
