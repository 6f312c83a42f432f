"""Campaigns, templates, leads and meetings. Nothing lives here yet."""
