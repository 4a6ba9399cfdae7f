"""The rooms' pages. The wire protocol is not here: bugsink_lite.wsgi answers it before Django sees a request."""

from allauth.account import urls as account_urls
from django.urls import include, path, re_path

from api import site
from api.canonical import site as canonical
from api.mcp import views as mcp
from bugsink_lite import system

# Of the library's pages, those that the product has: an address is the account's name and not changed by its owner.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",  # says that it is closed
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}

urlpatterns = [
    path("", include("api.urls")),
    path("api/0/", site.urls()),
    path("api/canonical/0/", canonical.urls()),
    re_path(r"^api/(?P<rest>.*)$", site.other, name="api_other"),
    path(
        "accounts/",
        include([page for page in account_urls.urlpatterns if page.name in ACCOUNT_PAGES]),
    ),
    path("settings/system/", system.page, name="system"),
    re_path(r"^mcp/?$", mcp.endpoint, name="mcp"),
    path("", include("api.export_urls")),
    path("", include("issues.urls")),
    path("", include("alerts.urls")),
    path("", include("projects.urls")),
    path("", include("ingest.urls")),
]
