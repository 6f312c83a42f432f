"""The contender within the family: the same task list as DRF's own tutorial would write it."""
