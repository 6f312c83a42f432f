"""What HyperFlow costs, against what a user would otherwise pick. `python -m bench` prints the table."""
