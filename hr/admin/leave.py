"""Admin of leave."""
