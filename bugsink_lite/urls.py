"""The rooms' pages. Ingest is not here: bugsink_lite.wsgi answers it before Django sees a request."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("issues.urls")),
    path("", include("projects.urls")),
]
