from django.contrib.auth.backends import ModelBackend


class EmailBackend(ModelBackend):
    """Signs staff in to the admin."""
