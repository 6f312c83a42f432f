"""Jobs of leave."""
