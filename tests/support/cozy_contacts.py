"""A contact and a group as a Cozy's documents say them."""

CONTACTS, GROUPS = "io.cozy.contacts", "io.cozy.contacts.groups"
GRACE = {
    "fullname": "Grace Hopper",
    "name": {"givenName": "Grace", "familyName": "Hopper"},
    "email": [{"address": "grace@example.org", "type": "work", "primary": True}],
    "phone": [{"number": "+1 555"}],
    "address": [{"street": "1 Harbor", "city": "Arlington", "country": "US"}],
    "company": "Navy",
    "birthday": "1906-12-09",
    "note": "COBOL",
    "relationships": {"groups": {"data": [{"_id": "g1", "_type": GROUPS}]}},
    "cozyMetadata": {"createdAt": "2024-01-01T00:00:00Z", "updatedAt": "2024-02-01T00:00:00Z"},
    "of_tomorrow": [1, 2],
}
FRIENDS = {"name": "Friends"}
