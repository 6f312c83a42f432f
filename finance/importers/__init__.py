"""What comes in from elsewhere as CSV. Pure reading; `finance.services.imports` writes."""
