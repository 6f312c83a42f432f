"""Everything that writes people, roles, sessions, links, notifications and calendars."""
