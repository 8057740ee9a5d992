"""Tasks: one per command; the only place where a selector and a Lightning module meet."""
