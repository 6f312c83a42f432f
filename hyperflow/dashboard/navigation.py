"""The sidebar: what the person may open, and nothing else."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The theme's SIDEBAR.navigation."""
    return [
        {
            "items": [
                {"title": _("Home"), "icon": "home", "link": reverse_lazy("admin:index")},
                {
                    "title": _("Reports"),
                    "icon": "bar_chart",
                    "link": reverse_lazy("reports:index"),
                    "permission": _any(
                        "clients.view_performance",
                        "tasks.view_task",
                        "tasks.view_timeentry",
                        "hr.view_attendance",
                        "hr.view_leaverequest",
                        "hr.view_candidate",
                    ),
                },
            ]
        },
        {
            "title": _("Work"),
            "items": [
                _list(_("Tasks"), "task_alt", "tasks.task"),
                _list(_("Time"), "schedule", "tasks.timeentry"),
                _list(_("Locked periods"), "lock", "tasks.lockedperiod"),
            ],
        },
        {
            "title": _("Clients"),
            "items": [
                _list(_("Clients"), "handshake", "clients.client"),
                _list(_("Projects"), "folder_open", "clients.project"),
                _list(_("Contacts"), "contacts", "clients.contact"),
                _list(_("Communication"), "forum", "clients.communicationlog"),
            ],
        },
        {
            "title": _("People"),
            "items": [
                _list(_("People"), "group", "accounts.user"),
                _list(_("Employees"), "id_card", "hr.employment"),
                _list(_("Departments"), "groups", "accounts.department"),
                _list(_("Working calendars"), "calendar_month", "accounts.workingcalendar"),
                _list(_("Work patterns"), "view_week", "hr.workpattern"),
                _list(_("Roles"), "admin_panel_settings", "accounts.role"),
                _list(_("Sessions"), "key", "accounts.session"),
            ],
        },
        {
            "title": _("HR"),
            "items": [
                {
                    "title": _("Month sheet"),
                    "icon": "calendar_view_month",
                    "link": reverse_lazy("admin:hr_attendance_sheet"),
                    "permission": _any("hr.view_attendance"),
                },
                _list(_("Attendance"), "badge", "hr.attendance"),
                _list(_("Corrections"), "edit_calendar", "hr.attendancecorrection"),
                _list(_("Locked days"), "event_busy", "hr.lockeddays"),
                _list(_("Leave"), "beach_access", "hr.leaverequest"),
                _list(_("Leave ledger"), "receipt_long", "hr.leaveentry"),
                _list(_("Kinds of leave"), "category", "hr.leavetype"),
                _list(_("Blocked days"), "block", "hr.blockeddays"),
                _list(_("Payroll"), "payments", "hr.payrollrun"),
                _list(_("Payslips"), "receipt_long", "hr.payslip"),
                _list(_("Pay components"), "tune", "hr.paycomponent"),
                _list(_("Corrections of pay"), "published_with_changes", "hr.payadjustment"),
            ],
        },
        {
            "title": _("Recruitment"),
            "items": [
                {
                    "title": _("Candidate board"),
                    "icon": "view_kanban",
                    "link": reverse_lazy("admin:hr_jobposting_board_newest"),
                    "active": lambda request: request.path.endswith("/board/"),
                    "permission": _any("hr.view_candidate"),
                },
                _list(_("Postings"), "work", "hr.jobposting"),
                _list(_("Candidates"), "person_search", "hr.candidate"),
                _list(_("Interviews"), "record_voice_over", "hr.interview"),
                _list(_("Stages"), "linear_scale", "hr.stagetemplate"),
                _list(_("Onboarding"), "checklist", "hr.onboardingtask"),
                _list(_("Checklists"), "fact_check", "hr.onboardingtemplate"),
            ],
        },
        {
            "title": _("Finance"),
            "items": [
                _list(_("Invoices"), "request_quote", "finance.invoice"),
                _list(_("Credit notes"), "undo", "finance.creditnote"),
                _list(_("Payments"), "payments", "finance.payment"),
                _list(_("Clients' credit"), "account_balance_wallet", "finance.creditentry"),
                _list(_("Estimates"), "draft", "finance.estimate"),
                _list(_("Recurring invoices"), "event_repeat", "finance.recurringinvoice"),
                _list(_("Retainers"), "all_inclusive", "finance.retainer"),
                _list(_("Milestones"), "flag", "finance.milestone"),
                _list(_("Income and expenses"), "receipt_long", "finance.financialrecord"),
                _list(_("Bank statements"), "account_balance", "finance.bankline"),
                _list(_("Budgets"), "savings", "finance.budget"),
                _list(_("Billing details"), "contact_mail", "finance.billingdetails"),
                _list(_("Tax rates"), "percent", "finance.taxrate"),
                _list(_("Stages of reminding"), "notification_important", "finance.reminderstage"),
                _list(_("Closed periods"), "lock", "finance.closedperiod"),
                _list(_("Number series"), "tag", "finance.numberseries"),
                _list(_("Issuer"), "domain", "finance.issuer"),
            ],
        },
        {
            "title": _("System"),
            "items": [
                _list(_("Jobs"), "manufacturing", "core.job"),
                _list(_("Audit log"), "history", "core.auditentry"),
            ],
        },
    ]


def _list(title: Any, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    link = reverse_lazy(f"admin:{app}_{name}_changelist")
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "active": _is_at(link),
        "permission": _any(f"{app}.view_{name}", f"{app}.change_{name}"),
    }


#: Pages under a list's address that have an entry of their own.
_OWN_ENTRIES = ("/sheet/", "/board/")


def _is_at(link: Any) -> Callable[[HttpRequest], bool]:
    def active(request: HttpRequest) -> bool:
        return request.path.startswith(str(link)) and not request.path.endswith(_OWN_ENTRIES)

    return active


def _any(*permissions: str) -> Callable[[HttpRequest], bool]:
    def permitted(request: HttpRequest) -> bool:
        return any(request.user.has_perm(name) for name in permissions)

    return permitted
