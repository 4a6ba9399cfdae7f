"""Pages about the API. Its own addresses are found by api.site."""

from django.urls import path

from api import reference, views

app_name = "api"
urlpatterns = [
    path("api/0/openapi.json", reference.openapi, name="openapi"),
    path("api/0/docs/", reference.reference, name="reference"),
    path("account/tokens/", views.own, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", views.revoke_own, name="token_revoke"),
    path("settings/tokens/", views.organization, name="organization_tokens"),
    path(
        "settings/tokens/<int:pk>/revoke/",
        views.revoke_of_organization,
        name="organization_token_revoke",
    ),
    path(
        "orgredirect/organizations/<str:organization>/settings/auth-tokens/",
        views.from_command_line,
        name="from_command_line",
    ),
]
