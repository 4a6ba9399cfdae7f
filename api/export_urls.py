from django.urls import path, re_path

from api import export

app_name = "export"

EVENT = r"^issues/(?P<pk>[0-9]+)/events/(?P<event_id>[0-9a-f]{32})"

urlpatterns = [
    path("issues/<int:pk>.json", export.issue_json, name="issue_json"),
    path("issues/<int:pk>.md", export.issue_markdown, name="issue_markdown"),
    re_path(rf"{EVENT}\.json$", export.export_event_json, name="event_json"),
    re_path(rf"{EVENT}\.md$", export.event_markdown, name="event_markdown"),
]
