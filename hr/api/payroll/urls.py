"""Paths of payroll."""

from hr.api.payroll.views import OwnPayslipViewSet, PayrollRunViewSet, PayslipViewSet
from hyperflow.core.api.routes import route

employee_urlpatterns = [
    route("payslips", OwnPayslipViewSet, get="list"),
    route("payslips/<id:pk>", OwnPayslipViewSet, get="retrieve"),
    route("payslips/<id:pk>/pdf", OwnPayslipViewSet, get="pdf"),
]

hr_urlpatterns = [
    route("payroll", PayslipViewSet, get="list"),
    route("payroll/<id:pk>", PayslipViewSet, get="retrieve"),
    route("payroll/<id:pk>/pdf", PayslipViewSet, get="pdf"),
    route("payroll/runs", PayrollRunViewSet, get="list", post="create"),
    route("payroll/runs/<id:pk>", PayrollRunViewSet, get="retrieve"),
    route("payroll/runs/<id:pk>/recompute", PayrollRunViewSet, post="recompute"),
    route("payroll/runs/<id:pk>/review", PayrollRunViewSet, post="review"),
    route("payroll/runs/<id:pk>/approve", PayrollRunViewSet, post="approve"),
    route("payroll/runs/<id:pk>/pay", PayrollRunViewSet, post="pay"),
]
