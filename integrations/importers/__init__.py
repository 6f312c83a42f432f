"""From an export file to a `Board`: pure functions that read, check and say what is wrong, and write nothing."""
