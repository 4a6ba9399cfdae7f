"""Where a project's code can be read: what its admins type, and the page for it."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import get_project
from projects.models import Project, Role
from projects.patterns import PatternError, lines, mistakes
from projects.source_links import (
    MAX_PATHS,
    LinkError,
    Links,
    check_path,
    check_template,
    read_paths,
)

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:  # Django's own class takes no parameters
    ProjectModelForm = forms.ModelForm

EXAMPLES = (
    ("GitHub", "https://github.com/acme/shop/blob/{sha}/{path}#L{line}"),
    ("GitLab", "https://gitlab.com/acme/shop/-/blob/{sha}/{path}#L{line}"),
    ("Bitbucket", "https://bitbucket.org/acme/shop/src/{sha}/{path}#lines-{line}"),
    ("Gitea, Forgejo", "https://git.example.com/acme/shop/src/tag/{version}/{path}#L{line}"),
)


class RepositoryForm(ProjectModelForm):
    class Meta:
        model = Project
        fields = ["repository_url", "repository_branch", "repository_paths"]
        labels = {
            "repository_url": "Address of a line",
            "repository_branch": "Branch, for events that name no commit",
            "repository_paths": "Paths",
        }
        help_texts = {
            "repository_url": "{path} and {line} are the frame’s; {sha} is the commit at the end of the "
            "event’s release, as in shop@1.4.0+8f2c1ab; {release} is all of it, {version} what follows the @. "
            "Empty: no links.",
            "repository_branch": "It stands for {sha}, {release} and {version} where the event has none. "
            "Empty: such frames have no link.",
            "repository_paths": "How paths begin where the code runs, and what that is in the repository; one per "
            "line, the first that fits counts. Relative paths of your own code need none.",
        }
        widgets = {
            "repository_url": forms.TextInput(
                {"class": "mono", "spellcheck": "false", "placeholder": EXAMPLES[0][1]}
            ),
            "repository_branch": forms.TextInput({"spellcheck": "false", "placeholder": "main"}),
            "repository_paths": forms.Textarea(
                {
                    "rows": 3,
                    "class": "mono",
                    "spellcheck": "false",
                    "placeholder": "/srv/app/ => backend/\napp:/// => web/src/",
                }
            ),
        }

    def clean_repository_url(self) -> str:
        text: str = self.cleaned_data["repository_url"].strip()
        if text:
            try:
                check_template(text)
            except LinkError as error:
                raise ValidationError(str(error)) from error
        return text

    def clean_repository_paths(self) -> str:
        text: str = self.cleaned_data["repository_paths"]
        if wrong := mistakes(text, _check_path, MAX_PATHS):
            raise ValidationError(wrong)
        return "\n".join(lines(text))


def _check_path(line: str) -> None:
    try:
        check_path(line)
    except LinkError as error:
        raise PatternError(str(error)) from error


def links_of(project: Project, release: str = "") -> Links:
    return Links(
        project.repository_url,
        read_paths(project.repository_paths),
        project.repository_branch,
        release,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def repository(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    example = links_of(project, "1.4.0+8f2c1ab").to("shop/cart.py", "", 17, is_app=True)
    form = RepositoryForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=list(form.fields))
        messages.success(
            request, "Saved. Frames link to their lines from now on, of old events too."
        )
        return redirect("projects:repository", slug)
    context = {
        "area": "",
        "project": project,
        "form": form,
        "page": "repository",
        "key_count": project.keys.filter(is_active=True).count(),
        "example": example,
        "examples": EXAMPLES,
    }
    return render(request, "projects/repository.html", context)
