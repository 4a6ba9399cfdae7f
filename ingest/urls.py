from django.urls import path

from ingest import pages

app_name = "ingest"
urlpatterns = [
    path("projects/<slug:slug>/setup/", pages.setup, name="setup"),
    path("projects/<slug:slug>/setup/state/", pages.setup_state, name="setup_state"),
]
