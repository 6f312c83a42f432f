"""What can be done to tasks, what is said about them, and the time they take. The only place that writes them."""
