"""The tags of all events of an issue, and all values of one of them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from issues.access import get_issue
from issues.tag_values import all_tags, values_of
from projects.models import Role


@login_required
@require_safe
def tags(request: HttpRequest, pk: int) -> HttpResponse:
    """`?key=` shows that one; as a parameter, since names of tags are anything that was sent."""
    issue, _ = get_issue(request.user, pk, Role.VIEWER)
    if issue.pk != pk:  # merged away
        return redirect("issues:tags", issue.pk)
    context = {"area": "issues", "issue": issue, "project": issue.project}
    key = request.GET.get("key", "")[:300].replace("\0", "")
    if not key:
        return render(request, "issues/tags.html", context | {"tags": all_tags(issue)})
    cursor = request.GET.get("after", "")[:300].replace("\0", "")
    values = values_of(issue, key, cursor)
    if values is None:
        raise Http404("No event of this issue has had that tag.")
    return render(request, "issues/tag.html", context | {"values": values})
