"""Forms of recruitment: lists are typed one to a line."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hr.models import RecruitmentStage
from hyperflow.core.admin import widgets
from hyperflow.core.admin.forms import StandInForm

Word = RecruitmentStage.Word


class PostingForm(StandInForm):
    typed, stored = "wanted", "requirements"
    wanted = widgets.long_text(
        gettext_lazy("Requirements"), required=False, most=15_000, rows=6, help_text=gettext_lazy("One to a line.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "wanted" in self.fields:
            self.fields["wanted"].initial = "\n".join(self.instance.requirements)

    def clean_wanted(self) -> list[str]:
        return _short(widgets.lines(self.cleaned_data["wanted"]), most=50, longest=300)


class CandidateForm(StandInForm):
    typed, stored = "able", "skills"
    able = widgets.text(
        gettext_lazy("Skills"), required=False, most=6_000, help_text=gettext_lazy("Separated by commas.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "able" in self.fields:
            self.fields["able"].initial = ", ".join(self.instance.skills)

    def clean_able(self) -> list[str]:
        found = [skill.strip() for skill in self.cleaned_data["able"].split(",") if skill.strip()]
        return _short(found, most=100, longest=60)


class StageTemplateForm(StandInForm):
    """Stages as text. One that keeps its name is kept; so is a renamed one, by its meaning and order."""

    typed, stored = "laid", "stages"
    laid = widgets.long_text(
        gettext_lazy("Stages"),
        most=3_000,
        rows=10,
        help_text=gettext_lazy(
            "One to a line, in their order: a name, a colon, and what it stands for (new, screening, interview, offer, "
            "hired, rejected). For example: “Coding test: interview”."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.there = list(self.instance.stages.all()) if self.instance.pk else []
        if "laid" in self.fields:
            standard = [(word.label, word.value) for word in Word]
            rows = [(stage.name, stage.word) for stage in self.there] or standard
            self.fields["laid"].initial = "\n".join(f"{name}: {word}" for name, word in rows)

    def clean_laid(self) -> list[dict[str, Any]]:
        found = []
        for line in widgets.lines(self.cleaned_data["laid"]):
            name, colon, word = (part.strip() for part in line.rpartition(":"))
            if not (colon and name and len(name) <= 60 and word.lower() in Word.values):
                raise ValidationError(_("This line names no stage: “%(line)s”.") % {"line": line[:80]})
            found.append({"name": name, "stage": word.lower()})
        self._recognise(found)
        return found

    def _recognise(self, found: list[dict[str, Any]]) -> None:
        left = {stage.name: stage for stage in self.there}
        for one in found:
            if (stage := left.pop(one["name"], None)) is not None:
                one["id"] = stage.pk
        for one in found:
            same = next((stage for stage in left.values() if stage.word == one["stage"]), None)
            if "id" not in one and same is not None:
                one["id"] = left.pop(same.name).pk


def _short(texts: list[str], *, most: int, longest: int) -> list[str]:
    if len(texts) > most or any(len(text) > longest for text in texts):
        raise ValidationError(
            _("At most %(most)d, of at most %(longest)d letters each.") % {"most": most, "longest": longest}
        )
    return list(dict.fromkeys(texts))
