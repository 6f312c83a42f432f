"""The contender a user would otherwise pick: FastAPI, SQLAlchemy 2 (sync), mysqlclient, as tutorials write it."""
