"""The board of a posting: its stages side by side, with the candidates in them. A candidate is moved by a form."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hr.models import JobPosting
from hr.selectors import recruitment as selectors

#: Postings that the board offers to change to.
MOST_POSTINGS = 100


def board_view(site: Any, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
    """The board of that posting, else of the newest one that is open."""
    user: Any = request.user
    if not (user.has_perm("hr.view_jobposting") and user.has_perm("hr.view_candidate")):
        raise PermissionDenied
    postings = list(
        JobPosting.objects.visible_to(user).exclude(status=JobPosting.Status.DRAFT).order_by("-pk")[:MOST_POSTINGS]
    )
    posting = _chosen(user, postings, object_id)
    columns = selectors.board(posting, user) if posting is not None else []
    context = {
        **site.each_context(request),
        "title": _("Candidate board"),
        "posting": posting,
        "postings": [(one, reverse("admin:hr_jobposting_board", args=[one.pk])) for one in postings],
        "columns": columns,
        "may_move": user.has_perm("hr.change_candidate"),
        "candidates_url": reverse("admin:hr_candidate_changelist"),
    }
    request.current_app = site.name
    return TemplateResponse(request, "admin/hr/recruitment_board.html", context)


def _chosen(user: Any, postings: list[JobPosting], object_id: int | None) -> JobPosting | None:
    if object_id is None:
        return next((one for one in postings if one.status == JobPosting.Status.OPEN), next(iter(postings), None))
    found = JobPosting.objects.visible_to(user).filter(pk=object_id).first()
    if found is None:
        raise Http404
    return found
