"""Admin of recruitment."""
