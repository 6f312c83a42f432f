"""The limit: the list's own query, dicts and orjson in a loop, no HTTP, no sign-in. Prints lists per second.

``python -m bench.raw_limit SECONDS USER_ID [USER_ID …]``; the database comes from the product's variables.
"""

import os
import sys
import time

import MySQLdb
import orjson

COLUMNS = (
    "task_id key title description client_id client_name project_id project_name assigned_to assignee_name created_by "
    "status priority progress estimated_time actual_time due_date start_time end_time tags parent_id watchers position "
    "created_at updated_at"
).split()
LIST = """
SELECT t.id, t.`key`, t.title, t.description, t.client_id, c.name, t.project_id, p.name,
       t.assigned_to_id, u.name, t.created_by_id, t.status, t.priority, t.progress, t.estimated_time,
       t.actual_time, t.due_date, t.start_time, t.end_time, t.tags, t.parent_id, t.watcher_ids, t.position,
       t.created_at, t.updated_at
FROM tasks t
LEFT JOIN clients c ON c.id = t.client_id
LEFT JOIN clients_project p ON p.id = t.project_id
LEFT JOIN users u ON u.id = t.assigned_to_id
WHERE t.assigned_to_id = %s ORDER BY t.created_at DESC, t.id DESC LIMIT 50
"""
OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


def run(seconds: float, users: list[int]) -> float:
    connection = MySQLdb.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ.get("DB_PORT", "3306")),
        user=os.environ["DB_USER"],
        passwd=os.environ["DB_PASSWORD"],
        db=os.environ["DB_NAME"],
        charset="utf8mb4",
    )
    connection.autocommit(True)
    cursor = connection.cursor()
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        cursor.execute(LIST, (users[done % len(users)],))
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
        for row in rows:
            row["estimated_time"] = float(row["estimated_time"]) if row["estimated_time"] is not None else None
            row["actual_time"] = float(row["actual_time"]) if row["actual_time"] is not None else None
            row["tags"] = orjson.Fragment(row["tags"])
            row["watchers"] = orjson.Fragment(row["watchers"])
        orjson.dumps(rows, option=OPTIONS)
        done += 1
    return done / elapsed


if __name__ == "__main__":
    print(run(float(sys.argv[1]), [int(user) for user in sys.argv[2:]]))
