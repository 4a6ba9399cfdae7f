from django.urls import path, re_path

from issues.views import (
    feedback,
    find,
    grouping,
    home,
    issue_detail,
    issue_list,
    merging,
    regrouping,
    triage,
)

app_name = "issues"

SHORT_ID = r"(?P<short_id>[A-Za-z][A-Za-z0-9_-]*-[0-9]{1,9})"
EVENT = r"(?P<event_id>[0-9a-f]{32})"

urlpatterns = [
    path("", home.home, name="home"),
    path("find/", find.find, name="find"),
    path("issues/", issue_list.all_projects, name="list"),
    path("projects/<slug:slug>/issues/", issue_list.one_project, name="project"),
    path("projects/<slug:slug>/feedback/", feedback.project_feedback, name="feedback"),
    path("projects/<slug:slug>/attachments/<int:pk>/", feedback.attachment, name="attachment"),
    path("projects/<slug:slug>/settings/grouping/", grouping.grouping, name="grouping"),
    path(
        "projects/<slug:slug>/settings/grouping/changes/",
        regrouping.changes,
        name="grouping_changes",
    ),
    path(
        "projects/<slug:slug>/settings/grouping/changes/look/",
        regrouping.look,
        name="grouping_look",
    ),
    path(
        "projects/<slug:slug>/settings/grouping/changes/<int:pk>/",
        regrouping.change,
        name="grouping_change",
    ),
    path(
        "projects/<slug:slug>/settings/grouping/changes/<int:pk>/decide/",
        regrouping.decide,
        name="grouping_decide",
    ),
    path("issues/resolve/", triage.resolve, name="resolve"),
    path("issues/reopen/", triage.reopen, name="reopen"),
    path("issues/mute/", triage.mute, name="mute"),
    path("issues/assign/", triage.assign, name="assign"),
    path("issues/merge/", merging.merge, name="merge"),
    path("issues/undo/", triage.undo, name="undo"),
    path("issues/<int:pk>/", issue_detail.newest, name="issue"),
    path("issues/<int:pk>/by-place/", grouping.by_place, name="by_place"),
    path("issues/<int:pk>/unmerge/", merging.unmerge, name="unmerge"),
    path("issues/<int:pk>/tell-apart/", merging.tell_apart, name="tell_apart"),
    path("issues/<int:pk>/comment/", triage.comment, name="comment"),
    path("issues/<int:pk>/events/oldest/", issue_detail.oldest, name="oldest"),
    re_path(rf"^issues/(?P<pk>[0-9]+)/events/{EVENT}/$", issue_detail.event, name="event"),
    re_path(
        rf"^issues/(?P<pk>[0-9]+)/events/{EVENT}/json/$", issue_detail.event_json, name="event_json"
    ),
    re_path(rf"^issues/{SHORT_ID}/$", find.by_short_id, name="short_id"),
    # The addresses that command-line tools and links of other trackers know.
    re_path(
        r"^organizations/(?P<organization>[\w.-]+)/issues/(?P<pk>[0-9]{1,18})/$",
        find.by_id,
        name="organization_issue",
    ),
    re_path(rf"^organizations/(?P<organization>[\w.-]+)/issues/{SHORT_ID}/$", find.by_short_id),
]
