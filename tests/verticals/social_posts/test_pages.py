"""Posts as a timeline."""

from django.test import Client

from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows


def test_a_timeline_has_text_author_place_and_attachments(client: Client, db: None) -> None:
    person = rows.everything("one")
    client.force_login(person)
    SocialActivity.objects.update(
        actor_name="Ada <b>",
        place="Lisbon",
        content="First line\nSecond line",
        attachments="Diagram (image/png) https://example.org/a.png\nNotes",
        published_at="2026-11-26T10:00Z",
    )
    page = " ".join(client.get("/things/social-posts/posts/").content.decode().split())
    for words in (
        "<strong><bdi>Ada &lt;b&gt;</bdi></strong>",
        "at <bdi>Lisbon</bdi>",
        "<bdi>First line</bdi><br><bdi>Second line</bdi>",
        "<li><bdi>Diagram (image/png) https://example.org/a.png</bdi></li><li><bdi>Notes</bdi></li>",
        "26 November 2026, 10:00 UTC",
    ):
        assert words in page, words


def test_a_long_post_is_cut_and_its_page_has_all_of_it(client: Client, db: None) -> None:
    person = rows.everything("one")
    client.force_login(person)
    SocialActivity.objects.update(content="long " * 1000 + "end")
    post = SocialActivity.objects.get()
    page = client.get("/things/social-posts/posts/").content.decode()
    assert f'… <a href="/things/social-posts/posts/{post.doc_id}/">All of it</a>' in page
    assert "end</bdi>" in client.get(f"/things/social-posts/posts/{post.doc_id}/").content.decode()
