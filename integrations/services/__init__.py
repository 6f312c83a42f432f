"""What comes in from outside, and how the past is written."""
