"""The one way out: every call to another system goes through here.

    reply = http.request("GET", "https://api.example.com/v1/messages", headers={"Authorization": f"Bearer {token}"})

Where it leads may be somebody's input, so the address that a name stands for is judged, and that very address is
dialled: nobody can point HyperFlow at itself or into the company's network. Hosts named in ``OUTGOING_ALLOWED_HOSTS``
are the exception. Redirects are refused, time and size are bounded, and nothing secret is logged.

Raises `Invalid` (``url_not_allowed``), `Unavailable` where nobody answers, and `UpstreamError` where the answer is of
no use. An answer with a status below 500 is the caller's to judge.
"""

from hyperflow.core.http.addresses import check_url
from hyperflow.core.http.client import request

__all__ = ["check_url", "request"]
