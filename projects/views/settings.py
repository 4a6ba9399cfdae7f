"""A project's settings: its names, what it keeps of events, its limits, and the keys that SDKs send with."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from projects import dsn
from projects.access import get_project
from projects.forms import GeneralForm, KeyLabelForm
from projects.models import MonthCount, PrefixAlias, Project, ProjectKey, Role
from projects.option_forms import KeyLimitsForm, LimitsForm, PrivacyForm
from projects.quotas import end_of_month, exceeded_until, month_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def general(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    # The form writes into its instance; the page's title must not show what was refused.
    shown = Project(name=project.name, slug=project.slug)
    form = GeneralForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        save_general(form)
        messages.success(request, "Saved.")
        return redirect("projects:settings", form.instance.slug)
    context = {
        "area": "",
        "project": shown,
        "form": form,
        "page": "general",
        "key_count": _active(project),
    }
    return render(request, "projects/general.html", context)


def save_general(form: GeneralForm) -> Project:
    with transaction.atomic():
        project: Project = save_fields(form)
        if project.prefix != form.old_prefix:
            PrefixAlias.objects.filter(project=project, prefix=project.prefix).delete()
            PrefixAlias.objects.get_or_create(prefix=form.old_prefix, defaults={"project": project})
    return project


def save_fields(form: GeneralForm | PrivacyForm | LimitsForm) -> Project:
    """The form's fields alone: the digest counts the issues in the same row meanwhile."""
    form.instance.save(update_fields=list(form.fields))
    return form.instance


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    form = PrivacyForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        save_fields(form)
        messages.success(request, "Saved. It counts for events that arrive from now on.")
        return redirect("projects:privacy", slug)
    context = {
        "area": "",
        "project": project,
        "form": form,
        "page": "privacy",
        "key_count": _active(project),
    }
    return render(request, "projects/privacy.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.ADMIN)
    quota = project.monthly_quota
    form = LimitsForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        save_fields(form)
        messages.success(request, "Saved.")
        return redirect("projects:limits", slug)
    month = month_of(timezone.now())
    counted = MonthCount.objects.filter(project_id=project.pk, month=month).first()
    used = counted.events if counted else 0
    context = {
        "area": "",
        "project": project,
        "form": form,
        "page": "limits",
        "key_count": _active(project),
        # As saved: the form writes into its instance what was refused.
        "quota": quota,
        "used_text": f"{used:,} of {quota:,}"
        if quota
        else f"{used:,} event{'' if used == 1 else 's'}",
        "used_percent": min(100, used * 100 // quota) if quota else 0,
        "is_used_up": exceeded_until(quota, used, month) is not None,
        "next_month": end_of_month(month).date(),
    }
    return render(request, "projects/limits.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest, slug: str) -> HttpResponse:
    """POST makes a key."""
    project = get_project(request.user, slug, Role.ADMIN)
    form = KeyLabelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.project = project
        form.save()
        messages.success(request, "The key is made. It works at once.")
        return redirect("projects:keys", slug)
    return _keys_page(request, project, form)


def _keys_page(
    request: HttpRequest, project: Project, form: KeyLabelForm, refused: KeyLimitsForm | None = None
) -> HttpResponse:
    """refused: what was typed as the limits of one key, and why it will not do."""
    rows = [
        (
            key,
            dsn.build(settings.BASE_URL, key.public_key, project.pk),
            refused
            if refused is not None and refused.instance.pk == key.pk
            else KeyLimitsForm(instance=key),
        )
        for key in project.keys.order_by("-is_active", "pk")
    ]
    context = {
        "area": "",
        "project": project,
        "form": form,
        "rows": rows,
        "page": "keys",
        "key_count": sum(key.is_active for key, _, _ in rows),
    }
    return render(request, "projects/keys.html", context)


@login_required
@require_POST
def label(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    form = KeyLabelForm(request.POST, instance=_key(request, slug, pk))
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
    return redirect("projects:keys", slug)


@login_required
@require_POST
def key_limits(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    key = _key(request, slug, pk)
    form = KeyLimitsForm(request.POST, instance=key)
    if not form.is_valid():
        return _keys_page(request, key.project, KeyLabelForm(), form)
    # save(), not update(): the cache of keys listens to it.
    key.save(update_fields=list(form.fields))
    messages.success(request, "Saved.")
    return redirect("projects:keys", slug)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _set_active(request, slug, pk, False, "Revoked. What is sent with this key is refused.")


@login_required
@require_POST
def reactivate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _set_active(request, slug, pk, True, "The key works again.")


@login_required
@require_POST
def delete_key(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Of one that was deleted already: nothing more to do."""
    project = get_project(request.user, slug, Role.ADMIN)
    key = ProjectKey.objects.filter(project=project, pk=pk).first()
    if key is not None and key.is_active:
        messages.error(request, "Revoke the key first: something may still send with it.")
    elif key is not None:
        key.delete()
        messages.success(request, "The key is deleted.")
    return redirect("projects:keys", slug)


def _set_active(request: HttpRequest, slug: str, pk: int, active: bool, words: str) -> HttpResponse:
    key = _key(request, slug, pk)
    key.is_active = active
    # save(), not update(): the cache of keys listens to it.
    key.save(update_fields=["is_active"])
    messages.success(request, words)
    return redirect("projects:keys", slug)


def _key(request: HttpRequest, slug: str, pk: int) -> ProjectKey:
    project = get_project(request.user, slug, Role.ADMIN)
    key = ProjectKey.objects.filter(project=project, pk=pk).first()
    if key is None:
        raise Http404("There is no such key.")
    return key


def _active(project: Project) -> int:
    return project.keys.filter(is_active=True).count()
