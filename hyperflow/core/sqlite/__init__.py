"""Django's SQLite, with its files closed to other accounts of the machine."""
