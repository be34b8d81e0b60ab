"""Addresses of people, written from the root."""

from django.urls import path, re_path

from anlan.people.pages import accounts, persons, posts, rosters

app_name = "people"
urlpatterns = [
    path("people", persons.persons, name="persons"),
    re_path(r"^people\.(?P<kind>csv|xlsx)$", persons.persons_file, name="persons-file"),
    path("people/new", persons.enrol, name="enrol"),
    path("people/me", accounts.me, name="me"),
    path("people/organisations", persons.organisations, name="organisations"),
    path("people/<uuid:person_id>", persons.person, name="person"),
    path("people/<uuid:person_id>/edit", persons.edit, name="person-edit"),
    path("people/<uuid:person_id>/reveal", persons.reveal, name="reveal"),
    path("people/<uuid:person_id>/account", accounts.open_account, name="account-open"),
    path("people/posts", posts.posts, name="posts"),
    re_path(r"^people/posts\.(?P<kind>csv|xlsx)$", posts.posts_file, name="posts-file"),
    path("people/posts/new", posts.create, name="post-new"),
    path("people/posts/<uuid:post_id>", posts.post, name="post"),
    path("people/posts/<uuid:post_id>/edit", posts.edit, name="post-edit"),
    path("people/posts/<uuid:post_id>/close", posts.close, name="post-close"),
    path("people/posts/<uuid:post_id>/appoint", posts.appoint, name="appoint"),
    path("people/holdings/<uuid:holding_id>/release", posts.release, name="release"),
    path("people/holdings/<uuid:holding_id>/away", posts.away, name="away"),
    path("people/rosters", rosters.rosters, name="rosters"),
    path("people/rosters/<uuid:import_id>", rosters.roster, name="roster"),
    path("people/rosters/<uuid:import_id>/columns", rosters.remap, name="roster-columns"),
    path("people/rosters/<uuid:import_id>/rows/<int:number>", rosters.mend, name="roster-mend"),
    re_path(r"^people/rosters/(?P<import_id>[0-9a-f-]{36})/faults\.(?P<kind>csv|xlsx)$", rosters.faults_file,
            name="roster-faults"),
    path("people/rosters/<uuid:import_id>/<slug:verb>", rosters.act, name="roster-act"),
    path("people/roles", accounts.roles, name="roles"),
    path("people/roles/<slug:code>", accounts.role, name="role"),
    path("people/accounts", accounts.accounts, name="accounts"),
    path("people/accounts/<uuid:account_id>", accounts.account, name="account"),
    path("people/accounts/<uuid:account_id>/<slug:verb>", accounts.account_act, name="account-act"),
    path("people/sessions/<int:session_id>/end", accounts.end_session, name="end-session"),
    path("accounts/set-password/<str:uid>/<str:token>", accounts.set_password, name="set-password"),
    path("accounts/password/reset/", accounts.forgot, name="forgot"),
]  # fmt: skip
