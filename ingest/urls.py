from django.urls import path

from ingest import doctor_pages, log_pages, pages

app_name = "ingest"
urlpatterns = [
    path("projects/<slug:slug>/setup/", pages.setup, name="setup"),
    path("projects/<slug:slug>/setup/state/", pages.setup_state, name="setup_state"),
    path("projects/<slug:slug>/settings/logs/", log_pages.show, name="logs"),
    path("projects/<slug:slug>/sdk-doctor/", doctor_pages.show, name="doctor"),
    path(
        "projects/<slug:slug>/sdk-doctor/test-event/",
        doctor_pages.send_test_event,
        name="doctor_test_event",
    ),
    path("projects/<slug:slug>/sdk-doctor/replay/", doctor_pages.replay, name="doctor_replay"),
]
