"""Paths of HR: part of `/api/employee/` and all of `/api/hr/`."""

from hr.api.attendance import urls as attendance
from hr.api.employment import urls as employment
from hr.api.leave import urls as leave
from hr.api.payroll import urls as payroll
from hr.api.recruitment import urls as recruitment

_PARTS = (employment, attendance, leave, payroll, recruitment)

employee_urlpatterns = [path for part in _PARTS for path in part.employee_urlpatterns]
hr_urlpatterns = [path for part in _PARTS for path in part.hr_urlpatterns]
