"""What stands behind the Makefile. Only the standard library: these run before anything is installed."""
