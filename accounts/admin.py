"""People, roles and sign-ins in the admin. Passwords are never shown or set here: people get a link."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.models import Department, Holiday, Role, Session, User, WorkingCalendar, WorkingHours
from accounts.services import calendars, departments, links, people, roles, sessions
from hyperflow.core.admin import (
    Move,
    MoveForm,
    ReadOnlyScopedAdmin,
    RelatedFilter,
    ScopedModelAdmin,
    ServiceInline,
    widgets,
)
from hyperflow.core.admin.filters import BooleanRadioFilter, RangeDateFilter
from hyperflow.core.admin.forms import ScopedForm

# Rights come from roles alone.
admin.site.unregister(Group)


class RoleForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = widgets.one_of(_("Role"), Role.objects.visible_to(self.actor))


class EmailForm(MoveForm):
    email = forms.EmailField(label=_("E-mail address"), max_length=254, widget=UnfoldAdminEmailInputWidget())


class AdoptForm(EmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = widgets.one_of(_("Role"), Role.objects.visible_to(self.actor))


@admin.register(User)
class UserAdmin(ScopedModelAdmin):
    list_display = ["name", "email", "role", "department", "job_title", "shown_active", "last_login"]
    list_filter = [("role", RelatedFilter), ("department", RelatedFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["name", "email", "job_title"]
    search_help_text = _("Name, address or job title")
    autocomplete_fields = ["department", "calendar"]
    field_needs = {"billing_rate": "clients.view_rates", "last_login": "accounts.view_all_users"}
    moves = [
        Move(
            "reset_link", _("Send reset link"), lambda user, actor: links.send_reset(user=user, actor=actor),
            needs="accounts.change_user", done=_("link sent"), icon="mail",
            question=_("They get a mail with a link to choose a password. It works once, for one hour."),
            available=lambda user, actor: user.is_active,
        ),
        Move(
            "change_role", _("Change role"),
            lambda user, actor, role: people.change_role(user=user, actor=actor, role=role),
            needs="accounts.change_user", done=_("role changed"), icon="badge", form=RoleForm,
            question=_("Every sign-in of theirs ends, and the new role holds from the next one on."),
            available=lambda user, actor: user.pk != actor.pk and actor.has_perm("accounts.view_role"),
        ),
        Move(
            "change_email", _("Change address"),
            lambda user, actor, email: people.change_email(user=user, actor=actor, email=email),
            needs="accounts.change_user", done=_("address changed"), icon="alternate_email", form=EmailForm,
            in_list=False, available=lambda user, actor: not user.is_placeholder,
        ),
        Move(
            "adopt", _("Make it a person"),
            lambda user, actor, email, role: people.adopt_placeholder(user=user, actor=actor, email=email, role=role),
            needs="accounts.change_user", done=_("a person now"), icon="how_to_reg", form=AdoptForm, in_list=False,
            available=lambda user, actor: user.is_placeholder and actor.has_perm("accounts.view_role"),
        ),
        Move(
            "deactivate", _("Deactivate"), lambda user, actor: people.deactivate_user(user=user, actor=actor),
            needs="accounts.change_user", done=_("deactivated"), icon="person_off", danger=True,
            question=_("Every sign-in, link and token of theirs ends at once. Their work stays."),
            available=lambda user, actor: user.is_active and user.pk != actor.pk,
        ),
        Move(
            "reactivate", _("Reactivate"), lambda user, actor: people.reactivate_user(user=user, actor=actor),
            needs="accounts.change_user", done=_("active again"), icon="person_check",
            available=lambda user, actor: not user.is_active and not user.is_placeholder,
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("role", "department")

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        work = [("job_title", "department"), ("timezone", "calendar"), "billing_rate"]
        if obj is None:
            return [(None, {"fields": ["name", "email", "role"]}), (_("Work"), {"fields": work})]
        return [
            (None, {"fields": ["name", ("email", "role"), ("is_active", "last_login")]}),
            (_("Work"), {"fields": work}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["email", "role", "is_active", "last_login"] if obj is not None else []

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Choices offer who is here now."""
        if request.path == f"/{self.admin_site.name}/autocomplete/":
            queryset = queryset.filter(is_active=True)
        return super().get_search_results(request, queryset, search_term)

    def create_with(self, actor: Any, **values: Any) -> User:
        return people.create_user(actor=actor, **values)

    def update_with(self, row: User, actor: Any, **values: Any) -> User:
        return people.update_user(user=row, actor=actor, **values)

    @display(
        description=_("active"), ordering="is_active", label={"active": "success", "left": "", "placeholder": "info"}
    )
    def shown_active(self, user: User) -> tuple[str, Any]:
        if user.is_placeholder:
            return "placeholder", _("Placeholder")
        return ("active", _("Active")) if user.is_active else ("left", _("Inactive"))


class RoleEditForm(ScopedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields.get("permissions")
        if field is not None:
            field.queryset = grantable()
            field.label_from_instance = lambda permission: f"{permission.content_type.app_label} · {permission.name}"


def grantable() -> Any:
    """The permissions of HyperFlow's own apps; those of Django's parts mean nothing here."""
    own = ["accounts", "clients", "tasks", "hr", "finance", "integrations", "marketing", "ai", "core"]
    rows = Permission.objects.filter(content_type__app_label__in=own).select_related("content_type")
    return rows.order_by("content_type__app_label", "content_type__model", "codename")


@admin.register(Role)
class RoleAdmin(ScopedModelAdmin):
    form = RoleEditForm
    list_display = ["name", "code", "description", "is_staff", "grants_everything"]
    search_fields = ["name", "code"]
    filter_horizontal = ["permissions"]
    list_display_links = ["name"]
    fieldsets = [
        (None, {"fields": [("name", "code"), "description", ("is_staff", "is_basic")]}),
        (_("What it grants"), {"fields": ["grants_everything", "permissions"]}),
    ]
    deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["code", "is_staff", "grants_everything"] if obj is not None else ["grants_everything"]

    def delete_with(self, row: Role, actor: Any) -> None:
        roles.delete_role(role=row, actor=actor)

    def create_with(self, actor: Any, **values: Any) -> Role:
        return roles.create_role(actor=actor, **values)

    def update_with(self, row: Role, actor: Any, **values: Any) -> Role:
        return roles.update_role(role=row, actor=actor, **values)


@admin.register(Department)
class DepartmentAdmin(ScopedModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]
    fields = ["name"]

    def create_with(self, actor: Any, **values: Any) -> Department:
        return departments.create_department(actor=actor, **values)

    def update_with(self, row: Department, actor: Any, **values: Any) -> Department:
        return departments.update_department(department=row, actor=actor, **values)


class HoursInline(ServiceInline):
    model = WorkingHours
    view_needs = "accounts.view_workingcalendar"
    change_needs = "accounts.change_workingcalendar"
    fields = ["weekday", "starts_at", "ends_at"]

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return calendars.add_hours(calendar=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return calendars.change_hours(hours=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        calendars.remove_hours(hours=row, actor=actor)


class HolidayInline(ServiceInline):
    model = Holiday
    view_needs = "accounts.view_workingcalendar"
    change_needs = "accounts.change_workingcalendar"
    fields = ["date", "name"]

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return calendars.add_holiday(calendar=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return calendars.change_holiday(holiday=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        calendars.remove_holiday(holiday=row, actor=actor)


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(ScopedModelAdmin):
    list_display = ["name", "is_default"]
    search_fields = ["name"]
    fields = ["name", "is_default"]
    inlines = [HoursInline, HolidayInline]

    def create_with(self, actor: Any, **values: Any) -> WorkingCalendar:
        return calendars.create_calendar(actor=actor, **values)

    def update_with(self, row: WorkingCalendar, actor: Any, **values: Any) -> WorkingCalendar:
        return calendars.update_calendar(calendar=row, actor=actor, **values)


@admin.register(Session)
class SessionAdmin(ReadOnlyScopedAdmin):
    list_display = ["user", "created_at", "last_used_at", "shown_state", "ip", "user_agent"]
    list_select_related = ["user"]
    list_filter = [("user", RelatedFilter), ("created_at", RangeDateFilter)]
    search_fields = ["user__name", "user__email", "ip"]
    fields = ["user", "created_at", "last_used_at", "expires_at", "revoked_at", "end", "ip", "user_agent"]
    readonly_fields = fields
    moves = [
        Move(
            "end", _("End"), lambda session, actor: sessions.end_session(session=session, actor=actor),
            needs="accounts.change_session", done=_("ended"), icon="logout", danger=True,
            question=_("Whoever uses it has to sign in again."),
            available=lambda session, actor: session.revoked_at is None,
        )
    ]  # fmt: skip

    @display(description=_("state"), label={"live": "success", "over": ""})
    def shown_state(self, session: Session) -> tuple[str, Any]:
        if session.revoked_at is None:
            return "live", _("Signed in")
        return "over", session.get_end_display()
