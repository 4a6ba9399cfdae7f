"""What a project's admins decide about its events: what is hidden, dropped and refused."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from projects.models import Project, ProjectKey
from projects.patterns import (
    MAX_FILTERS,
    MAX_NAMES,
    MAX_PATTERNS,
    check_extra_name,
    check_filter,
    check_pattern,
    check_safe_name,
    lines,
    mistakes,
)

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
    KeyModelForm = forms.ModelForm[ProjectKey]
else:  # Django's own class takes no parameters
    ProjectModelForm = KeyModelForm = forms.ModelForm

LARGEST = 2_147_483_647  # PostgreSQL's integer
# 20,000 and 20 000; but not 1,5.
_GROUPED = re.compile(r"\d{1,3}(?:[,\u00a0\u202f ]\d{3})+", re.ASCII)

# List -> what checks a line, and how many lines there may be.
_LISTS = {
    "scrub_extra_names": (check_extra_name, MAX_NAMES),
    "scrub_safe_names": (check_safe_name, MAX_NAMES),
    "scrub_patterns": (check_pattern, MAX_PATTERNS),
    "filter_errors": (check_filter, MAX_FILTERS),
    "filter_releases": (check_filter, MAX_FILTERS),
    "filter_environments": (check_filter, MAX_FILTERS),
}


def _list(example: str) -> forms.Textarea:
    return forms.Textarea(
        {"rows": 3, "class": "mono", "spellcheck": "false", "placeholder": example}
    )


class PrivacyForm(ProjectModelForm):
    class Meta:
        model = Project
        fields = [
            "scrub_data",
            "scrub_extra_names",
            "scrub_safe_names",
            "scrub_patterns",
            "store_ip",
            "filter_errors",
            "filter_releases",
            "filter_environments",
            "filter_browser_extensions",
            "filter_localhost",
            "filter_crawlers",
            "filter_health_checks",
        ]
        labels = {
            "scrub_data": "Hide secrets",
            "scrub_extra_names": "More names of secrets",
            "scrub_safe_names": "Names that are no secrets",
            "scrub_patterns": "Own patterns of secrets",
            "store_ip": "Store IP addresses",
            "filter_errors": "Errors",
            "filter_releases": "Releases",
            "filter_environments": "Environments",
            "filter_browser_extensions": "Browser extensions",
            "filter_localhost": "Localhost",
            "filter_crawlers": "Web crawlers",
            "filter_health_checks": "Health checks",
        }
        help_texts = {
            "scrub_data": "On: passwords, tokens, card numbers and the like become [Filtered] before "
            "an event is stored. Off: events are stored as they come, and the lists below rest.",
            "scrub_extra_names": "Values are hidden as well when their name contains one of these, "
            "in small or capital letters. One name per line.",
            "scrub_safe_names": "Values with exactly these names are no longer hidden because of "
            "their name. One name per line.",
            "scrub_patterns": "Text that fits is hidden wherever it stands in an event: # is a digit, "
            "? any character, * up to 64 characters without a blank. One pattern per line, "
            f"{MAX_PATTERNS} at most, each with one * at most.",
            "store_ip": "Off: the addresses of your users are removed from events before they are stored.",
            "filter_errors": "Drops events whose type, message or “type: message” fits a line.",
            "filter_releases": "Drops events whose release fits a line.",
            "filter_environments": "Drops events whose environment fits a line.",
            "filter_browser_extensions": "Drops JavaScript errors that come from extensions and "
            "toolbars in the visitor’s browser.",
            "filter_localhost": "Drops events of pages on localhost, 127.0.0.1 and in local files.",
            "filter_crawlers": "Drops events of requests by search engines, previews and uptime monitors.",
            "filter_health_checks": "Drops events of requests to addresses such as /healthz, /ready "
            "and /ping.",
        }
        widgets = {
            "scrub_extra_names": _list("customer_pin"),
            "scrub_safe_names": _list("session_count"),
            "scrub_patterns": _list("EMP-######\nsk_live_*"),
            "filter_errors": _list("TypeError\nKeyError: *id*"),
            "filter_releases": _list("shop@1.*"),
            "filter_environments": _list("dev-*"),
        }

    def clean(self) -> dict[str, Any]:
        for name, (check, at_most) in _LISTS.items():
            # What Django has refused, for a null character, is not there.
            text = self.cleaned_data.get(name, "")
            if wrong := mistakes(text, check, at_most):
                self.add_error(name, ValidationError(wrong))
            else:
                self.cleaned_data[name] = "\n".join(lines(text))
        return self.cleaned_data


class LimitField(forms.IntegerField):
    """0 is no limit, and shown as an empty field."""

    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            min_value=0,
            max_value=LARGEST,
            widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            error_messages={
                "invalid": "Enter a whole number, or nothing for no limit.",
                "min_value": "A limit cannot be negative; leave the field empty for none.",
                "max_value": f"{LARGEST:,} at most; leave the field empty for no limit.",
            },
        )

    def to_python(self, value: Any) -> int:
        if isinstance(value, str) and _GROUPED.fullmatch(value := value.strip()):
            value = re.sub(r"\D", "", value)
        return super().to_python(value) or 0

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{value:,}" if value else ""
        return value


class LimitsForm(ProjectModelForm):
    rate_per_minute = LimitField(
        "Requests a minute", "More of all keys together are refused with 429 until the next minute."
    )
    rate_per_hour = LimitField(
        "Requests an hour", "More of all keys together are refused with 429 until the next hour."
    )
    monthly_quota = LimitField(
        "Events a month",
        "When as many are stored, further events are refused with 429 until the next month of UTC; "
        "sessions and check-ins are still accepted.",
    )

    class Meta:
        model = Project
        fields = ["rate_per_minute", "rate_per_hour", "monthly_quota"]


class RetentionForm(ProjectModelForm):
    retention_days = LimitField("Days", "Older events leave.")
    retention_kept_days = LimitField(
        "Days for what says most",
        "The first event of each issue and its latest, the first of each release and environment, "
        "and those that a comment names or that somebody’s feedback is about.",
    )
    retention_issue_events = LimitField(
        "Events of an issue", "Of more the oldest leave, those last that say most."
    )
    retention_events = LimitField(
        "Events of the project", "Of more the oldest leave, of the issues that have the most."
    )

    class Meta:
        model = Project
        fields = [
            "retention_days",
            "retention_kept_days",
            "retention_issue_events",
            "retention_events",
        ]

    def __init__(self, *args: Any, general: Mapping[str, int], **kwargs: Any) -> None:
        """general: what holds where a field is empty, by its name."""
        super().__init__(*args, **kwargs)
        for name, value in general.items():
            words = f"{value:,}" if value else "no limit"
            self.fields[name].help_text = f"{self.fields[name].help_text} Empty: {words}."
            self.fields[name].widget.attrs["placeholder"] = words


class KeyLimitsForm(KeyModelForm):
    rate_per_minute = LimitField("Requests a minute")
    rate_per_hour = LimitField("Requests an hour")

    class Meta:
        model = ProjectKey
        fields = ["rate_per_minute", "rate_per_hour"]

    def __init__(self, data: Any = None, *, instance: ProjectKey) -> None:
        # The page holds one for each key.
        super().__init__(data, instance=instance, auto_id=f"key-{instance.pk}-%s")
