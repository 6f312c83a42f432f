"""Clients, the people who speak for them, projects and the communication log in the admin."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from clients import selectors
from clients.admin_forms import (
    CommunicationForm,
    ContactForm,
    MemberForm,
    NewMemberForm,
    NewProjectForm,
    PortalForm,
    PortalUserForm,
    WishesForm,
    with_wishes,
)
from clients.models import Brand, Client, CommunicationLog, Contact, Project, ProjectMember
from clients.services import clients as client_services
from clients.services import communication, contacts, portal, preferences, projects
from hyperflow.core.admin import (
    Link,
    Move,
    ReadOnlyInline,
    RelatedFilter,
    ScopedModelAdmin,
    ServiceInline,
)
from hyperflow.core.admin.filters import ChoicesDropdownFilter, RangeDateFilter

Status = Client.Status


class ContactInline(ServiceInline):
    model = Contact
    tab = True
    fields = ["name", "email", "phone", "position", "is_primary"]
    show_change_link = True

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return contacts.add_contact(client=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return contacts.change_contact(contact=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        contacts.remove_contact(contact=row, actor=actor)


class BrandInline(ServiceInline):
    model = Brand
    tab = True
    fields = ["name", "website"]
    show_change_link = True

    def create_with(self, owner: Any, actor: Any, **values: Any) -> Any:
        return preferences.add_brand(client=owner, actor=actor, **values)

    def update_with(self, row: Any, actor: Any, **values: Any) -> Any:
        return preferences.change_brand(brand=row, actor=actor, **values)

    def delete_with(self, row: Any, actor: Any) -> None:
        preferences.remove_brand(brand=row, actor=actor)


class ProjectInline(ReadOnlyInline):
    model = Project
    tab = True
    fields = ["name", "status", "billing", "start_date", "end_date"]
    readonly_fields = fields
    show_change_link = True


class CommunicationInline(ReadOnlyInline):
    model = CommunicationLog
    tab = True
    fields = ["created_at", "channel", "direction", "sender_name", "contact", "subject", "shown_message"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("contact")

    @admin.display(description=_("message"))
    def shown_message(self, entry: CommunicationLog) -> str:
        return entry.message if len(entry.message) <= 200 else f"{entry.message[:200]}…"


class PortalUserInline(ReadOnlyInline):
    model = Client.portal_users.through
    tab = True
    view_needs = "clients.change_client"
    verbose_name = _("portal user")
    verbose_name_plural = _("portal users")
    fields = ["shown_name", "shown_email"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "client").order_by("user__name", "pk")

    @admin.display(description=_("name"))
    def shown_name(self, row: Any) -> str:
        return row.user.name

    @admin.display(description=_("e-mail address"))
    def shown_email(self, row: Any) -> str:
        return row.user.email


@admin.register(Client)
class ClientAdmin(ScopedModelAdmin):
    form = WishesForm
    list_display = ["name", "shown_status", "industry", "owner", "open_tasks", "last_contact"]
    list_select_related = ["owner"]
    list_filter = [("status", ChoicesDropdownFilter), ("owner", RelatedFilter), ("created_at", RangeDateFilter)]
    search_fields = ["name", "email", "website", "tax_id"]
    search_help_text = _("Name, address, website or tax id")
    autocomplete_fields = ["owner"]
    field_needs = {"hourly_rate": "clients.view_rates"}
    inlines = [ContactInline, BrandInline, ProjectInline, CommunicationInline, PortalUserInline]
    exported = [
        (_("Name"), "name"), (_("Status"), "status"), (_("Industry"), "industry"), (_("Owner"), "owner__name"),
        (_("E-mail address"), "email"), (_("Phone"), "phone"), (_("Website"), "website"), (_("Tax id"), "tax_id"),
        (_("Address"), "address"), (_("Currency"), "currency"), (_("Hourly rate"), "hourly_rate"),
        (_("Payment terms in days"), "payment_terms_days"), (_("Created at"), "created_at"),
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": [("name", "status"), ("industry", "owner"), "description"]}),
        (_("How to reach them"), {"fields": [("email", "phone"), "website", "contact_info", "address", "timezone"]}),
        (_("Money"), {"fields": [("currency", "hourly_rate"), ("payment_terms_days", "tax_id")]}),
        (_("How they like it"), {"fields": ["dos", "donts"]}),
    ]
    moves = [
        Move(
            "add_portal_user", _("Add portal user"),
            lambda client, actor, user: portal.add_portal_user(client=client, user=user, actor=actor),
            needs="clients.change_client", done=_("portal user added"), icon="person_add", form=PortalForm,
            in_list=False,
            question=_("They will see the client's record and its tasks."),
        ),
        Move(
            "remove_portal_user", _("Remove portal user"),
            lambda client, actor, user: portal.remove_portal_user(client=client, user_id=user.pk, actor=actor),
            needs="clients.change_client", done=_("portal user removed"), icon="person_remove", form=PortalUserForm,
            in_list=False, available=lambda client, user: portal.portal_users(client).exists(),
        ),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        sets = super().sections(request, obj)
        return sets if request.user.has_perm("clients.change_preference") and self._edits(request, obj) else sets[:-1]

    def _edits(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """What belongs to a client is added once there is one, but for the people there."""
        return self.inlines if obj is not None else [ContactInline]

    def links(self, request: HttpRequest, row: Client) -> list[Link]:
        pages = [
            ("clients.add_communicationlog", _("Log communication"), "clients_communicationlog", "forum"),
            ("clients.add_project", _("New project"), "clients_project", "create_new_folder"),
            ("tasks.add_task", _("New task"), "tasks_task", "add_task"),
        ]
        return [
            Link(label, f"{reverse(f'admin:{page}_add')}?{urlencode({'client': row.pk})}", icon)
            for needs, label, page, icon in pages
            if request.user.has_perm(needs)
        ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's counts are asked for all its rows at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        stats = selectors.stats([row.pk for row in rows], request.user)
        for row in rows:
            row.stats = stats[row.pk]
        changelist.result_list = rows
        return changelist

    def create_with(self, actor: Any, **values: Any) -> Any:
        return client_services.create_client(actor=actor, **with_wishes(values))

    def update_with(self, row: Client, actor: Any, **values: Any) -> Any:
        return client_services.update_client(client=row, actor=actor, **with_wishes(values))

    @display(
        description=_("status"),
        ordering="status",
        label={Status.LEAD: "info", Status.ACTIVE: "success", Status.PAUSED: "warning", Status.FORMER: ""},
    )
    def shown_status(self, client: Client) -> tuple[str, Any]:
        return client.status, client.get_status_display()

    @admin.display(description=_("open tasks"))
    def open_tasks(self, client: Any) -> Any:
        return client.stats.open_tasks

    @admin.display(description=_("last contact"))
    def last_contact(self, client: Any) -> Any:
        last = client.stats.last_contact
        return formats.date_format(timezone.localtime(last), "DATE_FORMAT") if last else None


@admin.register(Contact)
class ContactAdmin(ScopedModelAdmin):
    form = ContactForm
    list_display = ["name", "client", "position", "email", "phone", "is_primary"]
    list_select_related = ["client"]
    list_filter = [("client", RelatedFilter)]
    search_fields = ["name", "email", "phone", "client__name"]
    search_help_text = _("Name, address, phone or client")
    autocomplete_fields = ["client"]
    fields = ["client", "name", "position", "email", "phone", "is_primary", "handles", "notes"]
    deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["client"] if obj is not None else []

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        if self._read_only(request, obj):
            return [(None, {"fields": [name for name in self.fields if name != "handles"]})]
        return super().sections(request, obj)

    def _read_only(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    def create_with(self, actor: Any, **values: Any) -> Contact:
        return contacts.add_contact(actor=actor, **values)

    def update_with(self, row: Contact, actor: Any, **values: Any) -> Contact:
        return contacts.change_contact(contact=row, actor=actor, **values)

    def delete_with(self, row: Contact, actor: Any) -> None:
        contacts.remove_contact(contact=row, actor=actor)


@admin.register(Brand)
class BrandAdmin(ScopedModelAdmin):
    form = WishesForm
    list_display = ["name", "client", "website"]
    list_select_related = ["client"]
    list_filter = [("client", RelatedFilter)]
    search_fields = ["name", "client__name"]
    autocomplete_fields = ["client"]
    fieldsets = [
        (None, {"fields": ["client", "name", "website", "guidelines"]}),
        (_("How it likes it"), {"fields": ["dos", "donts"]}),
    ]
    deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["client"] if obj is not None else []

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        sets = super().sections(request, obj)
        edits = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return sets if edits and request.user.has_perm("clients.change_preference") else sets[:-1]

    def create_with(self, actor: Any, **values: Any) -> Brand:
        return preferences.add_brand(actor=actor, **with_wishes(values))

    def update_with(self, row: Brand, actor: Any, **values: Any) -> Brand:
        return preferences.change_brand(brand=row, actor=actor, **with_wishes(values))

    def delete_with(self, row: Brand, actor: Any) -> None:
        preferences.remove_brand(brand=row, actor=actor)


class MemberInline(ReadOnlyInline):
    model = ProjectMember
    tab = True
    view_needs = "clients.view_project"
    fields = ["shown_name", "shown_title"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "project").order_by("user__name", "pk")

    @admin.display(description=_("name"))
    def shown_name(self, member: ProjectMember) -> str:
        return member.user.name

    @admin.display(description=_("job title"))
    def shown_title(self, member: ProjectMember) -> str:
        return member.user.job_title


@admin.register(Project)
class ProjectAdmin(ScopedModelAdmin):
    list_display = ["name", "client", "shown_status", "billing", "start_date", "end_date"]
    list_select_related = ["client"]
    list_filter = [("status", ChoicesDropdownFilter), ("billing", ChoicesDropdownFilter), ("client", RelatedFilter)]
    search_fields = ["name", "client__name", "key_sequence__prefix"]
    search_help_text = _("Name, client or key")
    autocomplete_fields = ["client"]
    field_needs = {"hourly_rate": "clients.view_rates", "budget": "clients.view_rates"}
    inlines = [MemberInline]
    moves = [
        Move(
            "add_member", _("Add member"),
            lambda project, actor, user: projects.add_member(project=project, user=user, actor=actor),
            needs="clients.change_project", done=_("member added"), icon="person_add", form=NewMemberForm,
            in_list=False,
            question=_("They will see the project, its client and all its tasks."),
        ),
        Move(
            "remove_member", _("Remove member"),
            lambda project, actor, user: projects.remove_member(project=project, user_id=user.pk, actor=actor),
            needs="clients.change_project", done=_("member removed"), icon="person_remove", form=MemberForm,
            in_list=False, question=_("Tasks that are assigned to them stay theirs."),
            available=lambda project, user: ProjectMember.objects.filter(project=project).exists(),
        ),
    ]  # fmt: skip
    exported = [
        (_("Name"), "name"), (_("Client"), "client__name"), (_("Status"), "status"), (_("Billing"), "billing"),
        (_("Budget"), "budget"), (_("Currency"), "currency"), (_("Budget in hours"), "budget_hours"),
        (_("Hourly rate"), "hourly_rate"), (_("Start"), "start_date"), (_("End"), "end_date"),
    ]  # fmt: skip

    def sections(self, request: HttpRequest, obj: Any) -> Any:
        key = "shown_key" if obj is not None else "key"
        return [
            (None, {"fields": [("client", "name"), ("status", key), ("start_date", "end_date")]}),
            (_("Billing"), {"fields": [("billing", "currency"), ("budget", "budget_hours"), "hourly_rate"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["shown_key"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": NewProjectForm, **kwargs} if obj is None else kwargs))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else []

    def links(self, request: HttpRequest, row: Project) -> list[Link]:
        if not request.user.has_perm("tasks.add_task"):
            return []
        query = urlencode({"client": row.client_id, "project": row.pk})
        return [Link(_("New task"), f"{reverse('admin:tasks_task_add')}?{query}", "add_task")]

    def create_with(self, actor: Any, **values: Any) -> Project:
        return projects.create_project(actor=actor, **values)

    def update_with(self, row: Project, actor: Any, **values: Any) -> Project:
        return projects.update_project(project=row, actor=actor, **values)

    @admin.display(description=_("key"))
    def shown_key(self, project: Project) -> str:
        return project.key_sequence.prefix

    @display(
        description=_("status"),
        ordering="status",
        label={"planned": "info", "active": "success", "on_hold": "warning", "completed": "", "cancelled": ""},
    )
    def shown_status(self, project: Project) -> tuple[str, Any]:
        return project.status, project.get_status_display()


@admin.register(CommunicationLog)
class CommunicationLogAdmin(ScopedModelAdmin):
    form = CommunicationForm
    list_display = ["created_at", "client", "shown_channel", "direction", "sender_name", "contact", "shown_subject"]
    list_select_related = ["client", "contact"]
    list_filter = [
        ("channel", ChoicesDropdownFilter),
        ("direction", ChoicesDropdownFilter),
        ("client", RelatedFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["subject", "message", "client__name"]
    autocomplete_fields = ["client", "contact"]
    fields = [("client", "contact"), ("channel", "direction"), "created_at", "subject", "message", "external_url"]

    def create_with(self, actor: Any, **values: Any) -> CommunicationLog:
        return communication.log(actor=actor, **values)

    @admin.display(description=_("channel"), ordering="channel")
    def shown_channel(self, entry: CommunicationLog) -> str:
        return entry.get_channel_display()

    @admin.display(description=_("what"))
    def shown_subject(self, entry: CommunicationLog) -> str:
        return str(entry)
