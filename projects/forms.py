"""What people may type, and what is said if it will not do."""

import zoneinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
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
    platform = forms.ChoiceField(choices=platform_choices, initial="python")
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
        fields = ["name", "slug", "prefix", "platform", "default_environment"]
        labels = {
            "slug": "Name in addresses",
            "prefix": "Prefix of short ids",
            "default_environment": "Environment",
        }
        help_texts = {
            "default_environment": "What the lines of the SDK set-up name; events say themselves where they come from.",
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


class PasswordField(forms.CharField):
    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=4096,
            strip=False,
            widget=forms.PasswordInput({"autocomplete": "new-password"}),
        )


class RegisterForm(forms.Form):
    """For somebody who was asked in. email: only where the invitation names no address."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="You sign in with it.",
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="As others see it beside what you did."
    )
    password1 = PasswordField("Password", "Ten characters or more.")
    password2 = PasswordField("Password again")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_email = email
        if email:
            del self.fields["email"]

    def clean(self) -> dict[str, Any]:
        email = self.known_email or self.cleaned_data.get("email", "")
        first, second = (self.cleaned_data.get(f"password{n}") for n in (1, 2))
        if first and second and first != second:
            self.add_error("password2", "The two are not the same.")
        elif first:
            try:
                validate_password(first, User(email=email, name=self.cleaned_data.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        if email and User.objects.filter(email=User.objects.normalize_email(email)).exists():
            self.add_error(None, "There is an account with this address. Sign in to join.")
        return self.cleaned_data


class AccountForm(UserModelForm):
    time_zone = forms.ChoiceField(
        choices=time_zones, required=False, help_text="Of the times on the pages."
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "theme"]
        help_texts = {"name": "As others see it beside what you did."}
