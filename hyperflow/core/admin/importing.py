"""Files that come in through the admin: chosen, tried without writing, looked at, then imported.

Between the two steps the page itself carries the file, packed and signed for the one who chose it, so nothing is kept
here of what nobody imports.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from hyperflow.core import storage, tables
from hyperflow.core.columns import chosen
from hyperflow.core.errors import DomainError
from hyperflow.core.imports import MADE, SKIPPED, UNCHANGED, UPDATED, BadRows, Problem, Report
from hyperflow.core.tables import ImportRefused

#: What fits in a form beside everything else, and what is written while somebody waits. The command takes more.
MOST_BYTES, MOST_ROWS = 1_000_000, 3_000
#: Rows of the file whose outcome is shown.
MOST_SHOWN = 300
#: Seconds between choosing a file and importing it.
GOOD_FOR = 3600

OUTCOMES = {
    MADE: pgettext_lazy("row of an import", "new"),
    UPDATED: pgettext_lazy("row of an import", "changed"),
    UNCHANGED: pgettext_lazy("row of an import", "there already"),
    SKIPPED: pgettext_lazy("row of an import", "left out"),
}


@dataclass(frozen=True)
class Import:
    """A kind of file. ``read(path, columns)`` gives what ``write(actor=, file=, skip_bad=, dry_run=)`` brings in.

    ``fields`` are what a column can be, each with other names for it; ``needs`` are the permissions that ``write``
    asks for; ``command`` is the one that takes files of any size.
    """

    name: str
    label: Any
    needs: Sequence[str]
    fields: Mapping[str, Sequence[str]]
    read: Callable[[Path, Mapping[str, str]], Any]
    write: Callable[..., Report]
    command: str

    def permitted(self, user: Any) -> bool:
        return all(user.has_perm(right) for right in self.needs)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV with a heading. It is tried first: you see what would happen before anything is written."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(_("It is larger than 1 MB: split it, or use the command."))
        return upload


@dataclass
class Trial:
    """What an import came to: a report, or why there is none."""

    report: Report | None = None
    problems: list[Problem] = field(default_factory=list)
    refusal: str = ""


class Importing:
    """The part of an admin class that brings files in."""

    #: The kinds of files that its list has a button for.
    imports: ClassVar[Sequence[Import]] = ()
    opts: Any
    admin_site: Any
    message_user: Any
    _url_name: Callable[..., str]

    def import_buttons(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [
            {
                "title": one.label,
                "icon": "upload",
                "path": reverse(self._url_name("import"), args=[one.name]),
                "attrs": {},
            }
            for one in self.imports
            if one.permitted(request.user)
        ]

    def import_view(self, request: HttpRequest, name: str) -> HttpResponse:
        kind = next((one for one in self.imports if one.name == name), None)
        if kind is None:
            raise Http404
        if not kind.permitted(request.user):
            raise PermissionDenied
        if request.method == "POST" and "content" in request.POST:
            return self._import_or_try(request, kind)
        form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            content, file_name = upload.read(), storage.clean_name(upload.name)
            try:
                columns, headings = _columns(content, file_name, kind)
            except ImportRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return self._tried(request, kind, content, file_name, columns, headings, skip_bad=False)
        return self._import_page(request, kind, {"form": form})

    def _import_or_try(self, request: HttpRequest, kind: Import) -> HttpResponse:
        try:
            said = signing.loads(request.POST["content"], salt=_salt(request, kind), max_age=GOOD_FOR)
        except signing.BadSignature:
            self.message_user(request, gettext("The file is no longer at hand: choose it again."), messages.ERROR)
            return HttpResponseRedirect(request.path)
        content, file_name = said["content"].encode("latin-1"), said["name"]
        _guess, headings = _columns(content, file_name, kind)
        columns = {one: request.POST.get(f"column-{one}", "") for one in kind.fields}
        columns = {one: heading for one, heading in columns.items() if heading in headings}
        skip_bad = "skip_bad" in request.POST
        if "import" not in request.POST:
            return self._tried(request, kind, content, file_name, columns, headings, skip_bad=skip_bad)
        trial = _run(request.user, kind, content, file_name, columns, skip_bad=skip_bad, dry_run=False)
        if trial.report is None:
            return self._tried(request, kind, content, file_name, columns, headings, skip_bad=skip_bad, trial=trial)
        told = ", ".join(f"{OUTCOMES[one]}: {count}" for one, count in sorted(trial.report.counts().items()))
        said = {"file": file_name, "told": told or gettext("It held no rows")}
        self.message_user(request, gettext("%(file)s is imported. %(told)s.") % said, messages.SUCCESS)
        return HttpResponseRedirect(reverse(self._url_name("changelist")))

    def _tried(
        self,
        request: HttpRequest,
        kind: Import,
        content: bytes,
        file_name: str,
        columns: Mapping[str, str],
        headings: Sequence[str],
        *,
        skip_bad: bool,
        trial: Trial | None = None,
    ) -> HttpResponse:
        """The page of the second step: which column is what, and what became or would become of each row."""
        if trial is None:
            trial = _run(request.user, kind, content, file_name, columns, skip_bad=skip_bad, dry_run=True)
        rows = sorted(trial.report.items) if trial.report is not None else []
        packed = signing.dumps(
            {"content": content.decode("latin-1"), "name": file_name}, salt=_salt(request, kind), compress=True
        )
        return self._import_page(
            request,
            kind,
            {
                "content": packed,
                "file_name": file_name,
                "columns": [(one, columns.get(one, "")) for one in kind.fields],
                "headings": headings,
                "skip_bad": skip_bad,
                "refusal": trial.refusal,
                "problems": trial.problems[:MOST_SHOWN],
                "problem_count": len(trial.problems),
                "rows": [(line, outcome, OUTCOMES[outcome], what) for line, outcome, what in rows[:MOST_SHOWN]],
                "row_count": len(rows),
                "counts": [(OUTCOMES[one], count) for one, count in sorted(trial.report.counts().items())]
                if trial.report is not None
                else [],
                "remarks": [_as_on_the_page(one) for one in trial.report.remarks] if trial.report is not None else [],
                "may_import": trial.report is not None and bool(rows),
            },
        )

    def _import_page(self, request: HttpRequest, kind: Import, more: Mapping[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": kind.label,
            "opts": self.opts,
            "kind": kind,
            "fields": list(kind.fields),
            "back": reverse(self._url_name("changelist")),
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/hyperflow/import.html", context)


def _salt(request: HttpRequest, kind: Import) -> str:
    return f"hyperflow.import:{kind.command}:{request.user.pk}"


def _columns(content: bytes, file_name: str, kind: Import) -> tuple[dict[str, str], list[str]]:
    """Which column is what, as far as its heading says so, and all headings. Raises `ImportRefused`."""
    with _as_file(content, file_name) as path:
        text, _remark = tables.decode(tables.read_bytes(path), path.name)
    if text.count("\n") > MOST_ROWS:
        raise ImportRefused(
            gettext("It has more than %(most)s rows: split it, or use “manage.py %(command)s”.")
            % {"most": f"{MOST_ROWS:,}", "command": kind.command}
        )
    headings = [heading for heading in tables.headings(text) if heading]
    return chosen("", headings, kind.fields), headings


def _run(
    actor: Any,
    kind: Import,
    content: bytes,
    file_name: str,
    columns: Mapping[str, str],
    *,
    skip_bad: bool,
    dry_run: bool,
) -> Trial:
    try:
        with _as_file(content, file_name) as path:
            file = kind.read(path, columns)
        return Trial(kind.write(actor=actor, file=file, skip_bad=skip_bad, dry_run=dry_run))
    except BadRows as refusal:
        return Trial(problems=refusal.problems)
    except (ImportRefused, DomainError) as refusal:
        return Trial(refusal=_as_on_the_page(str(refusal)))


def _as_on_the_page(text: str) -> str:
    """What a reader says about the command's option, where the page has lists to choose from."""
    return text.replace(" (--map FIELD=COLUMN says what a column is)", "").replace("--map ", "")


class _as_file:  # noqa: N801 (reads as what it does)
    """The content as a file of that name, which is how readers take it and speak of it."""

    def __init__(self, content: bytes, name: str) -> None:
        self.content, self.name = content, name

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory(prefix="hyperflow-import-")
        path = Path(self.folder.name) / self.name
        path.write_bytes(self.content)
        return path

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()
