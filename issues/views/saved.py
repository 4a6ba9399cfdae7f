"""Saved searches: kept, renamed, shared, deleted, opened with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from issues import saved
from issues.models import SavedSearch
from projects.access import get_project, role_in
from projects.models import Project, Role, User
from projects.redirects import safe_next


@login_required
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """`project`: its slug; without, those of the list of all projects."""
    assert isinstance(request.user, User)
    project = _project(request, request.GET)
    role = _role(request.user, project)
    context = {
        "area": "issues",
        "project": project,
        "entries": saved.visible(request.user, project),
        "may_share": project is not None and role >= Role.MEMBER,
        "is_admin": role >= Role.ADMIN,
        "list_url": _list(project),
    }
    return render(request, "issues/saved.html", context)


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """`list`: the query string to keep. `share`, `default`: if given."""
    assert isinstance(request.user, User)
    project = _project(request, request.POST)
    is_shared = "share" in request.POST
    if is_shared and (project is None or _role(request.user, project) < Role.MEMBER):
        raise PermissionDenied("Sharing a search needs the role Member in the project.")
    try:
        search = saved.save(
            request.user,
            project,
            request.POST.get("name", ""),
            QueryDict(request.POST.get("list", "")[:4000]),
            is_shared=is_shared,
        )
    except saved.CannotSave as error:
        messages.error(request, str(error))
    else:
        if "default" in request.POST:
            saved.make_default(request.user, search)
        messages.success(request, f"Saved “{search.name}”.")
    return redirect(safe_next(request, _list(project)))


@login_required
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """`verb`: rename, share, unshare, delete, default or no-default."""
    user = request.user
    assert isinstance(user, User)
    search, project = _found(user, pk)
    verb = request.POST.get("verb", "")
    back = safe_next(request, _page(project))
    if verb == "default":
        saved.make_default(user, search)
        messages.success(request, f"The list opens with “{search.name}” from now on.")
        return redirect(back)
    if verb == "no-default":
        saved.no_default(user, project)
        messages.success(request, "The list opens without a search from now on.")
        return redirect(back)
    role = _role(user, project)
    if search.user_id != user.pk and (role < Role.ADMIN or verb == "share"):
        raise PermissionDenied("This is somebody else’s search.")
    if verb == "rename":
        try:
            saved.rename(search, request.POST.get("name", ""))
        except saved.CannotSave as error:
            messages.error(request, str(error))
    elif verb in ("share", "unshare"):
        if verb == "share" and (project is None or role < Role.MEMBER):
            raise PermissionDenied("Sharing a search needs the role Member in the project.")
        SavedSearch.objects.filter(pk=pk).update(is_shared=verb == "share")
    elif verb == "delete":
        search.delete()
        messages.success(request, f"Deleted “{search.name}”.")
    else:
        raise BadRequest("There is no such verb.")
    return redirect(back)


def _found(user: User, pk: int) -> tuple[SavedSearch, Project | None]:
    """Of others only what is shared, in a project that one sees. Raises Http404."""
    search = SavedSearch.objects.select_related("project").filter(pk=pk).first()
    if search is None:
        raise Http404("There is no such search.")
    is_seen = search.project is None or role_in(user, search.project.pk) is not None
    if not is_seen or (search.user_id != user.pk and not search.is_shared):
        raise Http404("There is no such search.")
    return search, search.project


def _project(request: HttpRequest, params: QueryDict) -> Project | None:
    slug = params.get("project", "")[:50].replace("\0", "")
    return get_project(request.user, slug, Role.VIEWER) if slug else None


def _role(user: User, project: Project | None) -> int:
    """0 where there is no project to have one in."""
    return (role_in(user, project.pk) or 0) if project is not None else 0


def _list(project: Project | None) -> str:
    return reverse("issues:project", args=[project.slug]) if project else reverse("issues:list")


def _page(project: Project | None) -> str:
    return reverse("issues:saved") + (f"?project={project.slug}" if project else "")
