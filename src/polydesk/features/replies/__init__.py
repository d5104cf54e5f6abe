"""Canned replies: answers prepared in advance, filled for the ticket that they are put on (PL-202, RS-088)."""
