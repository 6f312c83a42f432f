"""Models of recruitment."""
