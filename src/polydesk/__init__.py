"""A service desk with one ticket engine and many faces."""
