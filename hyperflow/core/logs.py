import logging

from pythonjsonlogger.json import JsonFormatter  # noqa: F401


class Scrub(logging.Filter):
    """Keeps secrets out of logs."""
