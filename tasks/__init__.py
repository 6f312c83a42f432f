"""Tasks, comments, attachments and time."""
