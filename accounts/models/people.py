from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hyperflow.core import clock
from hyperflow.core.fields import ExactEmailField, IdentifierField, fold_email
from hyperflow.core.models import ScopedQuerySet, VersionedModel


class RoleQuerySet(ScopedQuerySet["Role"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.has_perm("accounts.view_role") else self.none()


class Role(VersionedModel):
    """A named set of permissions. A person has exactly one.

    The seven that the product knows are installed by a migration; an admin may change what they grant and add
    others. ``grants_everything`` holds every permission there is, those of modules still to come included. A role is
    given only by who may do all that it grants, but a *basic* one: HR makes people employees without being one.
    """

    class Code(models.TextChoices):
        ADMIN = "admin", _("Admin")
        MANAGER = "manager", _("Manager")
        EMPLOYEE = "employee", _("Employee")
        HR = "hr", _("HR")
        FINANCE = "finance", _("Finance")
        MARKETING = "marketing", _("Marketing")
        CLIENT = "client", _("Client")

    code = IdentifierField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_staff = models.BooleanField(_("staff"), default=True, help_text=_("Works here: may sign in to the admin."))
    grants_everything = models.BooleanField(_("grants everything"), default=False)
    is_basic = models.BooleanField(
        _("basic"), default=False, help_text=_("Whoever may add accounts may give it, whatever it grants.")
    )
    permissions = models.ManyToManyField(Permission, verbose_name=_("permissions"), blank=True, related_name="+")

    objects = RoleQuerySet.as_manager()

    class Meta:
        db_table = "roles"
        ordering = ["id"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name


class DepartmentQuerySet(ScopedQuerySet["Department"]):
    def visible_to(self, user: Any) -> Self:
        return self if getattr(user, "is_staff", False) else self.none()


class Department(VersionedModel):
    """A part of the agency that people belong to."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.name


class UserQuerySet(ScopedQuerySet["User"]):
    def visible_to(self, user: Any) -> Self:
        """Who looks after accounts sees all; other staff see their colleagues; a client sees only themself."""
        if user.has_perm("accounts.view_all_users"):
            return self
        if user.is_staff:
            return self.filter(role__is_staff=True)
        return self.filter(pk=user.pk)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def staff_who_may(self, permission: str) -> Self:
        """Active staff whose role grants this right (``finance.add_invoice``), or everything."""
        app, codename = permission.split(".")
        granting = Role.objects.filter(
            Q(grants_everything=True) | Q(permissions__codename=codename, permissions__content_type__app_label=app),
            is_staff=True,
        )
        return self.active().filter(role__in=granting)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds people by e-mail address as it is folded for storage."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=fold_email(username or ""))

    def create_superuser(self, **fields: Any) -> "User":
        """Django's ``createsuperuser``, which would write past the audit log."""
        raise CommandError("Accounts are made by services here: use `manage.py first_admin`.")


class User(AbstractBaseUser, VersionedModel):
    """A person who can be named: staff, a client's portal user, or a placeholder for somebody an import knew.

    ``token_version`` is part of every session: raising it ends them all. A placeholder is inactive for good
    until a person takes it over with an address and a password.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset({"password"})

    email = ExactEmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.ForeignKey(Role, verbose_name=_("role"), on_delete=models.PROTECT, related_name="users")
    department = models.ForeignKey(
        Department, verbose_name=_("department"), on_delete=models.PROTECT, null=True, blank=True, related_name="users"
    )
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    timezone = IdentifierField(_("time zone"), max_length=64, blank=True, help_text=_("Empty: the company's."))
    calendar = models.ForeignKey(
        "accounts.WorkingCalendar",
        verbose_name=_("working calendar"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
    )
    billing_rate = models.DecimalField(
        _("billing rate per hour"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("In the company's currency; used where task, project and client have no rate."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_placeholder = models.BooleanField(_("placeholder"), default=False, editable=False)
    email_verified_at = models.DateTimeField(_("address verified at"), null=True, blank=True, editable=False)
    token_version = models.PositiveIntegerField(default=1, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        db_table = "users"
        ordering = ["name", "id"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [("view_all_users", "Can see every account, portal users and inactive ones included")]
        indexes = [
            models.Index(fields=["name", "id"], name="users_name"),
            models.Index(fields=["created_at", "id"], name="users_created"),
        ]
        constraints = [
            models.CheckConstraint(
                name="users_placeholder_is_inactive",
                condition=models.Q(is_placeholder=False) | models.Q(is_active=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """What pages call this person."""
        return str(self)

    def clean(self) -> None:
        self.email = fold_email(self.email)
        if self.timezone and not clock.is_zone(self.timezone):
            raise ValidationError({"timezone": _("This is not a time zone of the IANA database.")})

    @property
    def is_staff(self) -> bool:
        return self.role.is_staff

    def get_all_permissions(self, obj: object | None = None) -> set[str]:
        from accounts.rights import permissions_of

        return set(permissions_of(self)) if self.is_active and obj is None else set()

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """May this person do this at all? Which rows it goes for is the business of ``visible_to``."""
        from accounts.rights import permissions_of

        return self.is_active and perm in permissions_of(self)

    def has_perms(self, perm_list: Iterable[str], obj: object | None = None) -> bool:
        return all(self.has_perm(perm) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions())

    def get_session_auth_hash(self) -> str:
        """Ends admin sessions too when the password, the role or ``token_version`` changes."""
        from django.utils.crypto import salted_hmac

        seal = f"{self.password}:{self.token_version}:{self.role_id}"
        return salted_hmac("accounts.User.session", seal, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> Iterable[str]:
        return ()
