"""Admin of employment."""
