"""The agents' workplace: pages that work by plain forms and are quick with scripts (PL-200 … PL-212)."""
