from django.urls import re_path

from api import export

app_name = "export"

ISSUE = r"^issues/(?P<pk>[0-9]+)"
EVENT = ISSUE + r"/events/(?P<event_id>[0-9a-f]{32})"

urlpatterns = [
    re_path(rf"{ISSUE}\.json$", export.issue_json, name="issue_json"),
    re_path(rf"{ISSUE}\.md$", export.issue_markdown, name="issue_markdown"),
    re_path(rf"{EVENT}\.json$", export.export_event_json, name="event_json"),
    re_path(rf"{EVENT}\.md$", export.event_markdown, name="event_markdown"),
]
