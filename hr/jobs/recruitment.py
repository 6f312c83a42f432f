"""Jobs of recruitment."""
