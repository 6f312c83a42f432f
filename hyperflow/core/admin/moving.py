"""The part of an admin class that shows moves as buttons and list actions, asks, and carries them out."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.enums import ActionVariant

from hyperflow.core import exports
from hyperflow.core.admin.moves import MOST_ROWS, Link, Move, further_links, run

#: How many refusals are told one by one.
MOST_REFUSALS = 20
#: Buttons that stand side by side on a row's page; further ones are in a menu.
MOST_BUTTONS = 3
#: How the theme draws a move; the style sheet says more to `data-move`.
_VARIANTS = {"primary": ActionVariant.PRIMARY, "danger": ActionVariant.DANGER, "plain": ActionVariant.DEFAULT}


def _weight(move: Move) -> str:
    return "danger" if move.danger else "primary" if move.primary else "plain"


class Moving:
    """Mix-in of `ScopedModelAdmin`."""

    moves: ClassVar[Sequence[Move]] = ()
    confirmation_template = "admin/hyperflow/confirm.html"

    # Given by ModelAdmin.
    admin_site: Any
    opts: Any
    exported: ClassVar[Sequence[tuple[Any, Any]]]
    get_object: Any
    get_queryset: Any
    has_view_permission: Any
    message_user: Any
    export: Callable[..., Any]
    _url_name: Callable[..., str]

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Further buttons on the row's page."""
        return []

    # --- In the list --------------------------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The moves this person may make, and exports of what is ticked. Django's bulk delete is not among them."""
        actions: dict[str, Any] = {}
        for move in self.moves:
            if move.in_list and move.permitted(request.user):
                actions[move.name] = (self._list_action(move), move.name, move.label)
        if self.exported and self.has_view_permission(request):
            for kind in exports.KINDS:
                label = gettext_lazy("Export ticked rows as %s")
                actions[f"export_{kind}"] = (self._export_action(kind), f"export_{kind}", str(label) % kind.upper())
        return actions

    def response_action(self, request: HttpRequest, queryset: Any) -> Any:
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if any(not (value.isascii() and value.isdigit()) for value in ticked):
            self.message_user(request, _("Choose rows of this list."), messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)  # type: ignore[misc]

    def _export_action(self, kind: str) -> Callable[..., Any]:
        def act(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
            return self.export(request, queryset, kind)

        return act

    def _list_action(self, move: Move) -> Callable[..., Any]:
        def act(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
            rows = list(queryset[: MOST_ROWS + 1])
            if len(rows) > MOST_ROWS:
                self.message_user(request, _("Choose at most %(most)s rows.") % {"most": MOST_ROWS}, messages.WARNING)
                return None
            return self._ask_or_move(request, move, rows, back=request.get_full_path())

        return act

    # --- On the row's page --------------------------------------------------------------------------------------------

    def move_view(self, request: HttpRequest, object_id: int, name: str) -> HttpResponse:
        row = self.get_object(request, str(object_id))
        move = next((move for move in self.moves if move.name == name and move.on_row), None)
        if row is None or move is None:
            raise Http404
        if not move.permitted(request.user) or not self.has_view_permission(request, row):
            raise PermissionDenied
        back = reverse(self._url_name("change"), args=[row.pk])
        return self._ask_or_move(request, move, [row], back=back) or HttpResponseRedirect(
            self._after(request, row, back)
        )

    def _after(self, request: HttpRequest, row: Any, back: str) -> str:
        """A move may take the row out of the person's sight."""
        in_sight = self.get_queryset(request).filter(pk=row.pk).exists()
        return back if in_sight else reverse(self._url_name("changelist"))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None and not context.get("is_popup"):
            context["actions_detail"] = self._buttons(request, row)
        return super().render_change_form(request, context, **kwargs)  # type: ignore[misc]

    def _buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        links = [
            {"title": link.label, "icon": link.icon, "path": link.url, "attrs": {}, "variant": ActionVariant.DEFAULT}
            for link in (*self.links(request, row), *further_links(request, row))
        ]
        moves = [
            {
                "title": move.label,
                "icon": move.icon,
                "path": reverse(self._url_name("move"), args=[row.pk, move.name]),
                "attrs": {"data-move": _weight(move)},
                "variant": _VARIANTS[_weight(move)],
            }
            for move in sorted(self.moves, key=lambda move: (not move.primary, move.danger))
            if move.on_row and move.permitted(request.user) and move.available(row, request.user)
        ]
        buttons = [*moves, *links]
        if len(buttons) <= MOST_BUTTONS + 1:
            return buttons
        more = {"title": _("More"), "icon": "more_horiz", "attrs": {}, "items": buttons[MOST_BUTTONS:]}
        return [*buttons[:MOST_BUTTONS], {**more, "variant": ActionVariant.DEFAULT, "method_name": "more"}]

    # --- Asking and doing ---------------------------------------------------------------------------------------------

    def _ask_or_move(self, request: HttpRequest, move: Move, rows: list[Any], *, back: str) -> HttpResponse | None:
        confirmed = request.method == "POST" and "confirmed" in request.POST
        form = None
        if move.form is not None:
            given = (request.POST, request.FILES) if confirmed else ()
            form = move.form(*given, actor=request.user, rows=rows, initial=dict(request.GET.items()))
        if confirmed and (form is None or form.is_valid()):
            self.run(request, rows, move, **(form.cleaned_data if form is not None else {}))
            return None
        return self._confirmation(request, move, rows, form, back)

    def run(self, request: HttpRequest, rows: Sequence[Any], move: Move, **answers: Any) -> None:
        """One transaction a row; says how many went along and why the others did not."""
        outcome = run(rows, request.user, move.act, **answers)
        if outcome.done:
            text = ngettext("%(count)s row: %(done)s.", "%(count)s rows: %(done)s.", outcome.done)
            self.message_user(request, text % {"count": outcome.done, "done": move.done}, messages.SUCCESS)
        for label, reason in outcome.refusals[:MOST_REFUSALS]:
            self.message_user(request, f"{label}: {reason}", messages.ERROR)
        if len(outcome.refusals) > MOST_REFUSALS:
            more = len(outcome.refusals) - MOST_REFUSALS
            self.message_user(request, _("And %(more)s more were refused.") % {"more": more}, messages.ERROR)

    def _confirmation(self, request: HttpRequest, move: Move, rows: list[Any], form: Any, back: str) -> HttpResponse:
        from_list = helpers.ACTION_CHECKBOX_NAME in request.POST
        context = {
            **self.admin_site.each_context(request),
            "title": move.label,
            "opts": self.opts,
            "object": None if from_list else rows[0],
            "move": move,
            "rows": rows,
            "form": form,
            "back": back,
            "hidden": [
                *((helpers.ACTION_CHECKBOX_NAME, row.pk) for row in rows if from_list),
                *([("action", move.name), ("index", "0")] if from_list else []),
            ],
            "media": form.media if form is not None else "",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.confirmation_template, context)
