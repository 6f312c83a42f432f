"""Jobs of attendance."""
