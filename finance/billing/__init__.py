"""The arithmetic of billing: what hours come to, when a schedule is due, what a retainer covers. All of it is pure."""
