"""Articles of the knowledge base; tickets can be linked to them as `$kb-7` (CE-170, CE-173)."""
