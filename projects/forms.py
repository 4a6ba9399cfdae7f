"""What people may type, and what is said if it will not do."""

import zoneinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import slugify

from projects.models import PrefixAlias, Project, ProjectKey, Role, Team, User
from projects.platforms import PLATFORMS
from projects.setup import RESERVED_SLUGS

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
    KeyModelForm = forms.ModelForm[ProjectKey]
    UserModelForm = forms.ModelForm[User]
else:  # Django's own class takes no parameters
    ProjectModelForm = KeyModelForm = UserModelForm = forms.ModelForm


def platform_choices(current: str = "") -> list[tuple[str, str]]:
    choices = list(PLATFORMS.items())
    if current and current not in PLATFORMS:
        choices.insert(0, (current, current))
    return choices


def teams_for(user: User) -> QuerySet[Team]:
    """Where the user may put a project."""
    if user.is_admin:
        return Team.objects.order_by("name")
    return Team.objects.filter(memberships__user=user, memberships__role=Role.ADMIN).order_by(
        "name"
    )


def check_prefix(prefix: str, project: Project | None) -> None:
    """Short ids must lead to one project, also under prefixes of the past."""
    others = Project.objects.filter(prefix=prefix)
    aliases = PrefixAlias.objects.filter(prefix=prefix)
    if project is not None:
        others, aliases = others.exclude(pk=project.pk), aliases.exclude(project=project)
    if others.exists() or aliases.exists():
        raise ValidationError(f"{prefix} is or was the prefix of another project.")


class NewProjectForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="Of the application or service.")
    platform = forms.ChoiceField(choices=platform_choices)
    team = forms.ModelChoiceField(
        Team.objects.none(), empty_label=None, help_text="Its members will see the project."
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        teams = teams_for(user)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = teams
        if not teams.exists():
            # create_project() makes the first team.
            del self.fields["team"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not slugify(name):
            raise ValidationError("The name needs a letter or a digit.")
        return name


class GeneralForm(ProjectModelForm):
    class Meta:
        model = Project
        fields = ["name", "slug", "prefix", "platform"]
        labels = {"slug": "Name in addresses", "prefix": "Prefix of short ids"}
        help_texts = {
            "slug": "Small letters, digits and dashes. Addresses with the old name stop working.",
            "prefix": "Issues are called WEB-123. Old ids keep working after a change.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.platform
        self.fields["platform"] = forms.ChoiceField(
            choices=platform_choices(current), required=False, initial=current
        )
        self.old_prefix = self.instance.prefix

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug in RESERVED_SLUGS:
            raise ValidationError(f"“{slug}” is taken by a page.")
        return slug

    def clean_prefix(self) -> str:
        prefix: str = self.cleaned_data["prefix"].strip().upper()
        check_prefix(prefix, self.instance)
        return prefix


class KeyLabelForm(KeyModelForm):
    class Meta:
        model = ProjectKey
        fields = ["label"]


@lru_cache(maxsize=1)
def time_zones() -> list[tuple[str, str]]:
    names = sorted(zoneinfo.available_timezones())
    return [("", "As the server (UTC)"), *((name, name.replace("_", " ")) for name in names)]


class AccountForm(UserModelForm):
    time_zone = forms.ChoiceField(
        choices=time_zones, required=False, help_text="Of the times on the pages."
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "theme"]
        help_texts = {"name": "As others see it beside what you did."}
