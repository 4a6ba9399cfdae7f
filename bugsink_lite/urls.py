"""The rooms' pages. The wire protocol is not here: bugsink_lite.wsgi answers it before Django sees a request."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("issues.urls")),
    path("", include("projects.urls")),
    path("", include("ingest.urls")),
]
