"""/careers: what the agency offers, and the form to apply, for anybody. Nobody signs in here.

Whoever applies a second time gets the very same answer as the first time: that somebody applied is nobody's business.
"""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from clients.models.clients import one_line
from hr.models import Candidate, JobPosting
from hr.services import recruitment_candidates as candidates
from hr.services import recruitment_mails as mails
from hyperflow.core import clock, limits, money
from hyperflow.core.errors import Conflict, DomainError, RateLimited
from hyperflow.core.fields import fold_email
from hyperflow.core.limits import Limit
from hyperflow.core.net import client_ip
from hyperflow.core.transactions import command

#: Applications from one address: those that could be taken, so that a mistake in the form uses up none.
APPLYING = Limit("careers.address", times=10, seconds=60 * 60)
#: Whatever is sent from one address, mistakes and programs included.
SENDING = Limit("careers.sent", times=60, seconds=60 * 60)
#: Beside the résumé: the form's own fields, and what a multipart body wraps around them.
ROOM_FOR_FIELDS = 256 * 1024
MOST_POSTINGS = 200


class ApplicationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        validators=[validate_email],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone (if you like)"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    experience_years = forms.DecimalField(
        label=_("Years of experience (if you like)"), min_value=0, max_value=80, decimal_places=1, required=False
    )
    resume = forms.FileField(
        label=_("Résumé"),
        help_text=_("PDF, DOCX, ODT or plain text, at most 10 MB."),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.docx,.odt,.txt"}),
    )
    message = forms.CharField(
        label=_("What you would like to tell us (if you like)"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    #: People do not see it. What fills it in is a program.
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        known = {name: cleaned[name] for name in ("name", "phone") if name in cleaned}
        if known:
            one_line(Candidate(**known), *known)
        return cleaned


@require_http_methods(["GET", "HEAD"])
def careers(request: HttpRequest) -> HttpResponse:
    """Every job that takes applications today, the newest first."""
    postings = JobPosting.objects.published(clock.business_date()).select_related("department")
    shown = list(postings.order_by("-posted_date", "-pk")[:MOST_POSTINGS])
    context = {"company": settings.COMPANY_NAME, "postings": shown}
    return render(request, "careers/list.html", context)


@csrf_exempt  # what is sent is weighed and counted before it is read, and then checked: see `_posting`
@require_http_methods(["GET", "HEAD", "POST"])
def career(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One job, with the form to apply for it."""
    posting = JobPosting.objects.select_related("department").filter(pk=pk, posted_date__isnull=False).first()
    if posting is None or posting.status == JobPosting.Status.DRAFT:
        raise Http404
    if not posting.takes_applications(clock.business_date()):
        context = {"company": settings.COMPANY_NAME, "posting": posting}
        return render(request, "careers/closed.html", context, status=410)
    if request.method == "POST":
        if _size_of(request) > candidates.LARGEST_RESUME + ROOM_FOR_FIELDS:
            return _page(
                request, posting, ApplicationForm(), refused=_("This is too large to be a résumé."), status=413
            )
        try:
            limits.hit(SENDING, client_ip(request))
        except RateLimited as refused:
            return _too_many(request, posting, ApplicationForm(), refused)  # what was sent is not even read
    return _posting(request, posting)


@require_http_methods(["GET", "HEAD"])
def thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """Where whoever applied ends up: loading it again sends nothing again. It says the same to everybody."""
    posting = JobPosting.objects.filter(pk=pk, posted_date__isnull=False).first()
    if posting is None or posting.status == JobPosting.Status.DRAFT:
        raise Http404
    return render(request, "careers/thanks.html", {"company": settings.COMPANY_NAME, "posting": posting})


@csrf_protect
def _posting(request: HttpRequest, posting: JobPosting) -> HttpResponse:
    if request.method != "POST":
        return _page(request, posting, ApplicationForm())
    form = ApplicationForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, posting, form, status=422)
    try:
        limits.hit(APPLYING, client_ip(request))
    except RateLimited as refused:
        typed = {name: value for name, value in form.cleaned_data.items() if name not in {"resume", "website"}}
        return _too_many(request, posting, ApplicationForm(initial=typed), refused)
    try:
        if not form.cleaned_data.pop("website"):
            _apply(posting, form.cleaned_data)
    except DomainError as refused:
        limits.refund(APPLYING, client_ip(request))
        form.add_error(
            "resume" if getattr(refused, "field", None) == "file" or refused.status == 413 else None,
            str(refused.message),
        )
        return _page(request, posting, form, status=refused.status)
    return HttpResponseRedirect(reverse("career-thanks", args=[posting.pk]), status=303)


def _too_many(request: HttpRequest, posting: JobPosting, form: ApplicationForm, refused: RateLimited) -> HttpResponse:
    minutes = math.ceil(refused.retry_after / 60)
    message = ngettext(
        "Too much has come from your address within an hour. Send it again in %(minutes)d minute.",
        "Too much has come from your address within an hour. Send it again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
    if form.initial:
        message += " " + gettext("What you wrote still stands here; choose your résumé once more then.")
    response = _page(request, posting, form, refused=message, status=429)
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _apply(posting: JobPosting, given: dict[str, Any]) -> None:
    """Apply; to who has applied already only their own mailbox says so."""
    email = given["email"]
    try:
        candidates.apply(
            posting=posting,
            actor=None,
            name=given["name"],
            email=email,
            phone=given["phone"],
            experience_years=given["experience_years"],
            notes=given["message"],
            source="careers",
            upload=given["resume"],
        )
    except Conflict as refused:
        if refused.code != "already_applied":
            raise
        _tell_owner(posting, email)


@command
def _tell_owner(posting: JobPosting, email: str) -> None:
    candidate = posting.candidates.filter(email=fold_email(email)).first()
    if candidate is not None:
        mails.known_already(candidate)


def _page(
    request: HttpRequest, posting: JobPosting, form: ApplicationForm, *, refused: Any = "", status: int = 200
) -> HttpResponse:
    context = {
        "company": settings.COMPANY_NAME,
        "posting": posting,
        "salary": _salary(posting),
        "form": form,
        "refused": refused,
        "kept_until": _kept_until(),
    }
    return render(request, "careers/posting.html", context, status=status)


def _kept_until() -> dt.date:
    return candidates.retention_date(clock.business_date())


def _salary(posting: JobPosting) -> str:
    """The range, where the posting shows it to everybody."""
    if not posting.shows_salary:
        return ""
    low, high = (_amount(amount, posting.currency) for amount in (posting.salary_min, posting.salary_max))
    if low and high:
        return f"{low} – {high} {posting.currency}"
    if low or high:
        return str((_("from %s") if low else _("up to %s")) % f"{low or high} {posting.currency}")
    return ""


def _amount(amount: Decimal | None, currency: str) -> str:
    """``62,000``: no digits behind the point where they say nothing."""
    if amount is None:
        return ""
    rounded = money.quantize(amount, currency)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,}"


def _size_of(request: HttpRequest) -> int:
    """What the sender says it sends: the server reads no more than that. One who does not say is not listened to."""
    said = request.META.get("CONTENT_LENGTH", "")
    return int(said) if said.isascii() and said.isdigit() else candidates.LARGEST_RESUME * 2
