"""The contender a user would otherwise pick: FastAPI, SQLAlchemy 2 (sync), mysqlclient, in the shape of the tutorials."""
