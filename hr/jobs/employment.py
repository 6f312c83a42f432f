"""Jobs of employment."""
