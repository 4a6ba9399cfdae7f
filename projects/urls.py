from django.urls import path

from projects import repository
from projects.views import (
    account,
    invitations,
    members,
    organization,
    projects,
    removal,
    settings,
    teams,
)

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
    path(
        "projects/<slug:slug>/settings/keys/<int:pk>/delete/",
        settings.delete_key,
        name="key_delete",
    ),
    path("projects/<slug:slug>/settings/members/", members.members, name="members"),
    path("projects/<slug:slug>/settings/members/add/", members.add_team, name="team_add"),
    path(
        "projects/<slug:slug>/settings/members/<int:pk>/remove/",
        members.remove_team,
        name="team_remove",
    ),
    path("projects/<slug:slug>/settings/delete/", removal.delete_project, name="delete"),
    path("settings/teams/", teams.teams, name="teams"),
    path("settings/teams/<slug:slug>/", teams.team, name="team"),
    path("settings/teams/<slug:slug>/rename/", teams.rename, name="team_rename"),
    path("settings/teams/<slug:slug>/invite/", teams.invite, name="team_invite"),
    path("settings/teams/<slug:slug>/members/<int:pk>/role/", teams.set_role, name="member_role"),
    path(
        "settings/teams/<slug:slug>/members/<int:pk>/remove/",
        teams.remove_member,
        name="member_remove",
    ),
    path(
        "settings/teams/<slug:slug>/invitations/<int:pk>/revoke/",
        teams.revoke,
        name="invitation_revoke",
    ),
    path("settings/teams/<slug:slug>/delete/", removal.delete_team, name="team_delete"),
    path("settings/members/", organization.people, name="people"),
    path("settings/members/invite/", organization.invite, name="person_invite"),
    path("settings/members/<int:pk>/activate/", organization.activate, name="person_activate"),
    path(
        "settings/members/<int:pk>/deactivate/", organization.deactivate, name="person_deactivate"
    ),
    path("settings/members/<int:pk>/promote/", organization.promote, name="person_promote"),
    path("settings/members/<int:pk>/demote/", organization.demote, name="person_demote"),
    path("settings/members/<int:pk>/delete/", removal.delete_user, name="person_delete"),
    path("settings/mail/", organization.mail, name="mail"),
    path("settings/mail/test/", organization.mail_test, name="mail_test"),
    path("settings/deletions/", removal.deletions, name="deletions"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/theme/", account.theme, name="theme"),
    path("account/sessions/others/end/", account.end_others, name="sessions_end"),
    path("account/sessions/<str:handle>/end/", account.end_session, name="session_end"),
]
