"""The same report as the product and the peer call it: expenses by month over twelve months."""

import datetime as dt

START, END = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
REPORT = f"/api/finance/reports/expenses?start_date={START}&end_date={END}&group_by=month"
PEER_REPORT = f"/reports/expenses?start_date={START}&end_date={END}"
