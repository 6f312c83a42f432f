"""The sidebar: what the person may open, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hyperflow.dashboard.catalogue import REPORTS

Active = Callable[[HttpRequest, str], bool]

#: Pages under a list's address that have an entry of their own.
_OWN_ENTRIES = ("/sheet/", "/board/")


def _is_below(request: HttpRequest, link: str) -> bool:
    return request.path.startswith(link) and not request.path.endswith(_OWN_ENTRIES)


def _is_here(request: HttpRequest, link: str) -> bool:
    return request.path == link


def _everybody(user: Any) -> bool:
    return True


def _any(*permissions: str) -> Callable[[Any], bool]:
    return lambda user: any(user.has_perm(name) for name in permissions)


def _may_read_any_report(user: Any) -> bool:
    return any(report.permitted(user) for report in REPORTS)


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar."""

    title: Any
    icon: str
    page: str
    is_for: Callable[[Any], bool] = _everybody
    is_active: Active = _is_below

    def shown(self, request: HttpRequest) -> dict[str, Any]:
        """As the theme takes it, with plain values: it copies and compares them several times a page."""
        link = _address(self.page)
        return {"title": str(self.title), "icon": self.icon, "link": link, "active": self.is_active(request, link)}


@cache
def _address(page: str) -> str:
    return reverse(page)


def _list(title: Any, icon: str, model: str) -> Entry:
    app, name = model.split(".")
    return Entry(title, icon, f"admin:{app}_{name}_changelist", _any(f"{app}.view_{name}", f"{app}.change_{name}"))


GROUPS: list[tuple[Any, list[Entry]]] = [
    (
        None,
        [
            Entry(_("Home"), "home", "admin:index", is_active=_is_here),
            Entry(_("Reports"), "bar_chart", "reports:index", _may_read_any_report),
        ],
    ),
    (
        _("Work"),
        [
            _list(_("Tasks"), "task_alt", "tasks.task"),
            _list(_("Time"), "schedule", "tasks.timeentry"),
            _list(_("Locked periods"), "lock", "tasks.lockedperiod"),
        ],
    ),
    (
        _("Clients"),
        [
            _list(_("Clients"), "handshake", "clients.client"),
            _list(_("Projects"), "folder_open", "clients.project"),
            _list(_("Contacts"), "contacts", "clients.contact"),
            _list(_("Brands"), "branding_watermark", "clients.brand"),
            _list(_("Communication"), "forum", "clients.communicationlog"),
        ],
    ),
    (
        _("People"),
        [
            _list(_("People"), "group", "accounts.user"),
            _list(_("Employees"), "id_card", "hr.employment"),
            _list(_("Departments"), "groups", "accounts.department"),
            _list(_("Working calendars"), "calendar_month", "accounts.workingcalendar"),
            _list(_("Work patterns"), "view_week", "hr.workpattern"),
            _list(_("Roles"), "admin_panel_settings", "accounts.role"),
            _list(_("Sessions"), "key", "accounts.session"),
        ],
    ),
    (
        _("HR"),
        [
            Entry(
                _("Month sheet"),
                "calendar_view_month",
                "admin:hr_attendance_sheet",
                _any("hr.view_attendance"),
                is_active=_is_here,
            ),
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
    ),
    (
        _("Recruitment"),
        [
            Entry(
                _("Candidate board"),
                "view_kanban",
                "admin:hr_jobposting_board_newest",
                _any("hr.view_candidate"),
                is_active=lambda request, link: request.path.endswith("/board/"),
            ),
            _list(_("Postings"), "work", "hr.jobposting"),
            _list(_("Candidates"), "person_search", "hr.candidate"),
            _list(_("Interviews"), "record_voice_over", "hr.interview"),
            _list(_("Stages"), "linear_scale", "hr.stagetemplate"),
            _list(_("Onboarding"), "checklist", "hr.onboardingtask"),
            _list(_("Checklists"), "fact_check", "hr.onboardingtemplate"),
        ],
    ),
    (
        _("Finance"),
        [
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
    ),
    (
        _("System"),
        [
            _list(_("Jobs"), "manufacturing", "core.job"),
            _list(_("Audit log"), "history", "core.auditentry"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The theme's SIDEBAR.navigation."""
    groups = []
    for title, entries in GROUPS:
        items = [entry.shown(request) for entry in entries if entry.is_for(request.user)]
        if items:
            groups.append({"title": str(title), "items": items} if title else {"items": items})
    return groups
