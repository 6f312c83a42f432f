"""The floor: what every app stands on. It imports no app."""
