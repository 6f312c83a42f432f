"""People: users, roles, sign-in, sessions, notifications, working calendars."""
