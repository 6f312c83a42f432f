"""What employment tells the rest of the house when it starts."""


def connect() -> None:
    """Register error codes, figures, counters and listeners of employment."""
