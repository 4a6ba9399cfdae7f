"""What the search box offers while one types, as JSON."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from issues.search.suggest import suggestions
from projects.access import get_project, visible_projects
from projects.models import Role


@login_required
@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """`term`: what stands before the cursor. `project`: a slug, if not all that one sees.

    {"items": [{"text": "browser:", "help": "tag"}]}
    """
    slug = request.GET.get("project", "")[:50].replace("\0", "")
    if slug:
        ids = [get_project(request.user, slug, Role.VIEWER).pk]
    else:
        ids = list(visible_projects(request.user).values_list("pk", flat=True))
    found = suggestions(ids, request.GET.get("term", ""))
    return JsonResponse({"items": [{"text": s.text, "help": s.help} for s in found]})
