"""Admin of attendance."""
