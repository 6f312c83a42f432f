"""Clients, their contacts and brands, projects, the communication log."""
