"""What a project's admins decide about grouping: typed, checked, saved."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from issues.grouping import Config, configs
from issues.grouping.configs import ALL_FRAMES, MAX_DEPTH
from issues.grouping.rules import Mistake, parse_fingerprint_rules, parse_stack_rules
from issues.options import grouping_of, remembered
from projects.models import Project
from projects.option_forms import LimitField
from projects.patterns import MAX_NAMES, check_safe_name, lines, mistakes

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:  # Django's own class takes no parameters
    ProjectModelForm = forms.ModelForm

_RULES: dict[str, Callable[[str], tuple[object, tuple[Mistake, ...]]]] = {
    "grouping_fingerprint_rules": parse_fingerprint_rules,
    "grouping_stack_rules": parse_stack_rules,
}
DEPTHS = (
    (1, "The frame nearest the crash (recommended)"),
    *((depth, f"{depth} named frames") for depth in range(2, MAX_DEPTH + 1)),
    (ALL_FRAMES, "All application frames"),
)


def _editor(rows: int, example: str) -> forms.Textarea:
    return forms.Textarea(
        {"rows": rows, "class": "mono editor", "spellcheck": "false", "placeholder": example}
    )


def _versions() -> list[tuple[str, str]]:
    newest = configs.NAMES[-1]
    return [
        (name, f"{name} (the newest)" if name == newest else name)
        for name in reversed(configs.NAMES)
    ]


class GroupingForm(ProjectModelForm):
    grouping_config = forms.ChoiceField(
        label="Version",
        choices=_versions,
        required=False,
        help_text="Upgrades of Bugsink Lite leave it as it is. After a change, events find the issues that they would "
        "have joined before for 90 days; a dry run tells what becomes of those that are stored.",
    )
    grouping_depth = forms.TypedChoiceField(
        label="Place",
        choices=DEPTHS,
        coerce=int,
        help_text="What counts of a stack trace. With more frames, one bug becomes an issue for each way that leads "
        "to it.",
    )
    grouping_max_texts = LimitField(
        "Issues of one place in 7 days",
        "When errors of one type and place, or lines of one logger, differ only in their text, this many become "
        "issues of their own; what comes then is gathered in one issue. Empty: no limit.",
    )

    class Meta:
        model = Project
        fields = [
            "grouping_fingerprint_rules",
            "grouping_stack_rules",
            "grouping_depth",
            "grouping_generic_types",
            "grouping_max_texts",
            "grouping_config",
        ]
        labels = {
            "grouping_fingerprint_rules": "Fingerprint rules",
            "grouping_stack_rules": "Stack-trace rules",
            "grouping_generic_types": "Types that say nothing",
        }
        help_texts = {
            "grouping_fingerprint_rules": "matcher:pattern … -> fingerprint. The first rule that matches decides, "
            "whatever the SDK has sent. {{ default }} stands for the usual grouping.",
            "grouping_stack_rules": "matcher:pattern … action. All rules are read in their order; the last word about "
            "a frame counts.",
            "grouping_generic_types": "Exception types of yours whose message tells what went wrong, as with "
            "RuntimeError. One name per line, without its module.",
        }
        widgets = {
            "grouping_fingerprint_rules": _editor(
                8,
                "error.type:DatabaseUnavailable -> database-down\n"
                'logger:payments level:error -> {{ default }}, payments title="Payments: {{ error.type }}"',
            ),
            "grouping_stack_rules": _editor(
                6, "module:acme.generated.** -app\nfunction:retry_* -group"
            ),
            "grouping_generic_types": _editor(3, "ShopError"),
        }

    def clean_grouping_config(self) -> str:
        chosen: str = self.cleaned_data["grouping_config"]
        return chosen or Project.objects.get(pk=self.instance.pk).grouping_config

    def clean(self) -> dict[str, Any]:
        for name, parse in _RULES.items():
            # What Django has refused, for a null character, is not there.
            if wrong := parse(self.cleaned_data.get(name, ""))[1]:
                self.add_error(name, ValidationError([str(each) for each in wrong]))
        types = self.cleaned_data.get("grouping_generic_types", "")
        if found := mistakes(types, check_safe_name, MAX_NAMES):
            self.add_error("grouping_generic_types", ValidationError(found))
        else:
            self.cleaned_data["grouping_generic_types"] = "\n".join(lines(types))
        return self.cleaned_data


def save_grouping(form: GroupingForm, now: datetime) -> None:
    """The form's fields alone: the digest counts the issues in the same row meanwhile."""
    with transaction.atomic():
        stored = Project.objects.select_for_update().get(pk=form.instance.pk)
        put_in_force(stored, {name: getattr(form.instance, name) for name in form.fields}, now)


def put_in_force(project: Project, fields: Mapping[str, Any], now: datetime) -> None:
    """project: as stored, locked by the caller."""
    before = remembered(project)
    for name, value in fields.items():
        setattr(project, name, value)
    project.save(update_fields=[*fields, *_remember(before, project, now)])


def planned(form: GroupingForm, now: datetime) -> Config:
    """How events would be grouped if the form was saved."""
    _remember(remembered(Project.objects.get(pk=form.instance.pk)), form.instance, now)
    return grouping_of(form.instance, now)


def _remember(before: Mapping[str, Any], project: Project, now: datetime) -> tuple[str, ...]:
    """What was in force becomes the previous config, by whose hashes issues are kept together."""
    if before == remembered(project):
        return ()
    project.grouping_previous, project.grouping_changed_at = dict(before), now
    return ("grouping_previous", "grouping_changed_at")
