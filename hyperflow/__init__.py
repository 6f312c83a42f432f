"""HyperFlow: an agency on one database. This package is the floor (`core`) and the roof (settings, urls, celery)."""
