"""How pages write dates and times: one way for all of them, which nobody on either side of an ocean misreads."""

DATE_FORMAT = "d M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "d M Y, H:i"
SHORT_DATE_FORMAT = "d M Y"
SHORT_DATETIME_FORMAT = "d M Y, H:i"
MONTH_DAY_FORMAT = "d M"
