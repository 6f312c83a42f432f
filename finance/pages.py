"""/i/<token>/: an invoice for its client. Nobody signs in here; the link is what lets them in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from finance.documents import page, serving
from finance.models import Invoice
from finance.services import books, client_links
from hyperflow.core import limits
from hyperflow.core.errors import RateLimited
from hyperflow.core.limits import Limit
from hyperflow.core.net import client_ip

#: Looks from one address, at good links and at others: enough for an office, too few to try links out.
LOOKING = Limit("client-page.address", times=120, seconds=600)


@require_safe
def invoice(request: HttpRequest, token: str) -> HttpResponseBase:
    """View it, see how to pay, fetch the PDF."""
    found = _found(request, token)
    if isinstance(found, HttpResponse):
        return found
    if request.method == "GET" and not request.user.is_authenticated:  # not who tries the link out in the house
        client_links.seen(invoice=found)
    shown = {"doc": page.of(found, books.today()), "token": token}
    return _unkept(render(request, "finance/client_page.html", shown))


@require_safe
def invoice_pdf(request: HttpRequest, token: str) -> HttpResponseBase:
    found = _found(request, token)
    if isinstance(found, HttpResponse):
        return found
    return _unkept(serving.download(found))


def _found(request: HttpRequest, token: str) -> Invoice | HttpResponse:
    """The invoice, or the refusal of who looks too often. A link that is wrong or revoked leads nowhere."""
    try:
        limits.hit(LOOKING, client_ip(request))
    except RateLimited as refused:
        response = HttpResponse(_("Too many attempts. Try again later."), content_type="text/plain", status=429)
        response["Retry-After"] = str(refused.retry_after)
        return response
    found = client_links.find(token)
    if found is None:
        raise Http404
    return found


def _unkept(response: HttpResponseBase) -> HttpResponseBase:
    """For no search engine and no cache, and nobody learns the link from where a reader goes next."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
