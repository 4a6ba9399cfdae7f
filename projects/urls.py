from django.urls import path

from projects import repository
from projects.views import account, projects, settings

app_name = "projects"
urlpatterns = [
    path("projects/new/", projects.new, name="new"),
    path("projects/<slug:slug>/settings/", settings.general, name="settings"),
    path("projects/<slug:slug>/settings/privacy/", settings.privacy, name="privacy"),
    path("projects/<slug:slug>/settings/limits/", settings.limits, name="limits"),
    path("projects/<slug:slug>/settings/repository/", repository.repository, name="repository"),
    path("projects/<slug:slug>/settings/keys/", settings.keys, name="keys"),
    path("projects/<slug:slug>/settings/keys/<int:pk>/label/", settings.label, name="key_label"),
    path(
        "projects/<slug:slug>/settings/keys/<int:pk>/limits/",
        settings.key_limits,
        name="key_limits",
    ),
    path("projects/<slug:slug>/settings/keys/<int:pk>/revoke/", settings.revoke, name="key_revoke"),
    path(
        "projects/<slug:slug>/settings/keys/<int:pk>/reactivate/",
        settings.reactivate,
        name="key_reactivate",
    ),
    path("account/", account.account, name="account"),
    path("account/theme/", account.theme, name="theme"),
]
