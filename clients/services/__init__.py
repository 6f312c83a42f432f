"""Everything that can happen to clients and projects. One module a subject; nothing else writes these rows."""
