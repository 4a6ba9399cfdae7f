import uuid

import pytest
from django.test import Client
from django.urls import reverse

from issues.compress import pack_bytes
from issues.models import Attachment, AttachmentData, Feedback, Issue
from projects.models import Project
from tests.factories import NOW, make_event, make_project

pytestmark = pytest.mark.django_db


def make_attachment(project: Project, owner: uuid.UUID, name: str, data: bytes) -> Attachment:
    encoding, packed = pack_bytes(data)
    found = Attachment.objects.create(
        project_id=project.pk,
        event_id=owner,
        name=name,
        content_type="text/html",
        attachment_type="event.attachment",
        size=len(data),
        digest=uuid.uuid4().hex,
        received_at=NOW,
    )
    AttachmentData.objects.create(
        id=found.pk, project_id=project.pk, encoding=encoding, data=packed
    )
    return found


def say(project: Project, message: str, **fields: object) -> Feedback:
    return Feedback.objects.create(
        project_id=project.pk,
        feedback_id=uuid.uuid4(),
        received_at=NOW,
        message=message,
        **fields,
    )


def url(project: Project, name: str, *args: object) -> str:
    return reverse(f"issues:{name}", args=[project.slug, *args])


def test_a_file_is_saved_and_never_run(project: Project, issue: Issue, viewer: Client) -> None:
    event = make_event(issue)
    content = b"<script>alert(1)</script>" * 100
    file = make_attachment(project, event.event_id, "böse.html", content)
    answer = viewer.get(url(project, "attachment", file.pk))
    assert answer.content == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_event_shows_its_files_and_what_users_say(
    project: Project, issue: Issue, viewer: Client
) -> None:
    event = make_event(issue)
    other = make_event(issue)
    file = make_attachment(project, event.event_id, "log.txt", b"x" * 2048)
    say(project, "It <b>broke</b>.", name="Ann", grouphash_id=issue.hashes.get().pk)
    text = viewer.get(event.get_absolute_url()).content.decode()
    assert url(project, "attachment", file.pk) in text
    assert "2.0\xa0KB" in text
    assert "It &lt;b&gt;broke&lt;/b&gt;." in text
    assert "log.txt" not in viewer.get(other.get_absolute_url()).content.decode()


def test_all_feedback_of_a_project_has_a_page(
    project: Project, issue: Issue, viewer: Client, django_assert_max_num_queries
) -> None:
    said = say(project, "too slow", email="a@example.com", grouphash_id=issue.hashes.get().pk)
    file = make_attachment(project, said.feedback_id, "shot.png", b"\x89PNG")
    say(make_project("Other"), "not here")
    with django_assert_max_num_queries(8):
        text = viewer.get(url(project, "feedback")).content.decode()
    assert "too slow" in text
    assert issue.get_absolute_url() in text
    assert url(project, "attachment", file.pk) in text
    assert "not here" not in text


def test_older_feedback_is_a_page_away(project: Project, viewer: Client) -> None:
    for number in range(60):
        say(project, f"word {number:02}")
    first = viewer.get(url(project, "feedback"))
    assert "word 59" in first.content.decode()
    assert "word 09" not in first.content.decode()
    older = viewer.get(url(project, "feedback"), {"before": first.context["older"]})
    assert "word 09" in older.content.decode()
    assert older.context["older"] is None
    assert viewer.get(url(project, "feedback"), {"before": "x" * 99}).status_code == 200


def test_without_feedback_the_page_says_so(project: Project, viewer: Client) -> None:
    assert "Nobody has written yet" in viewer.get(url(project, "feedback")).content.decode()


def test_strangers_see_nothing(
    project: Project, issue: Issue, member: Client, stranger: Client
) -> None:
    other = make_project("Other")
    file = make_attachment(project, uuid.uuid4(), "a.txt", b"abc")
    foreign = make_attachment(other, uuid.uuid4(), "b.txt", b"abc")
    for path in (url(project, "feedback"), url(project, "attachment", file.pk)):
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302
        assert member.post(path).status_code == 405
    assert member.get(url(project, "attachment", foreign.pk)).status_code == 404
    assert member.get(url(other, "attachment", foreign.pk)).status_code == 404


def test_every_page_of_a_project_leads_to_its_feedback(
    project: Project, issue: Issue, viewer: Client, owner: Client
) -> None:
    say(project, "too slow", grouphash_id=issue.hashes.get().pk)
    link = f'href="{url(project, "feedback")}"'
    for client, address in (
        (viewer, reverse("issues:project", args=[project.slug])),
        (viewer, issue.get_absolute_url()),
        (owner, reverse("projects:settings", args=[project.slug])),
    ):
        assert link in client.get(address, follow=True).content.decode()
    page = viewer.get(url(project, "feedback")).content.decode()
    back = reverse("issues:project", args=[project.slug])
    assert f'href="{back}" data-key="u"' in page
    assert page.count('aria-current="page"') == 1


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("shot.html", PNG, "image/png"),
        ("evil.png", b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
        ("evil.svg", b"<svg onload='alert(1)'/>", "text/plain; charset=utf-8"),
    ],
)
def test_what_one_looks_at_is_inert(
    project: Project, viewer: Client, name: str, data: bytes, kind: str
) -> None:
    file = make_attachment(project, uuid.uuid4(), name, data)
    answer = viewer.get(url(project, "attachment_view", file.pk))
    assert (answer["Content-Type"], answer.content) == (kind, data)
    assert (
        answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" not in answer["Content-Disposition"].partition(";")[0]


def test_what_is_neither_picture_nor_text_is_saved(project: Project, viewer: Client) -> None:
    file = make_attachment(project, uuid.uuid4(), "x.dmp", b"MDMP\0\0")
    answer = viewer.get(url(project, "attachment_view", file.pk))
    assert answer["Location"] == url(project, "attachment", file.pk)


def test_pictures_and_text_are_offered(project: Project, issue: Issue, viewer: Client) -> None:
    event = make_event(issue)
    picture = make_attachment(project, event.event_id, "shot.png", PNG)
    log = make_attachment(project, event.event_id, "app.log", b"started")
    page = viewer.get(event.get_absolute_url()).content.decode()
    assert f'<img src="{url(project, "attachment_view", picture.pk)}"' in page
    assert f'<a href="{url(project, "attachment_view", log.pk)}">View</a>' in page


def test_looking_needs_a_member(
    project: Project, stranger: Client, viewer: Client, db: None
) -> None:
    file = make_attachment(project, uuid.uuid4(), "a.txt", b"x")
    other = make_project("Other")
    assert stranger.get(url(project, "attachment_view", file.pk)).status_code == 404
    assert viewer.get(url(other, "attachment_view", file.pk)).status_code == 404
    assert viewer.get(url(project, "attachment_view", file.pk + 9)).status_code == 404
    assert Client().get(url(project, "attachment_view", file.pk)).status_code == 302
