from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from importers.models import Transfer
from importers.verticals.social_posts.models import SocialActivity
from tests.support import rows
from tests.support.samples import SampleAccount
from tests.support.searching import Searcher

Write = Callable[..., SocialActivity]


@pytest.fixture
def owner(db: None) -> User:
    return rows.person("grace")


@pytest.fixture
def transfer(owner: User) -> Transfer:
    return rows.transfer(owner, "grace")


@pytest.fixture
def searcher(client: Client, owner: User) -> Searcher:
    """Grace at her browser."""
    client.force_login(owner)
    return Searcher(client)


@pytest.fixture
def write(transfer: Transfer) -> Write:
    """Makes a post that says something, Grace's where nobody else's transfer is named."""
    numbers = count(1)

    def made(title: str, of: Transfer = transfer, **columns: Any) -> SocialActivity:
        number = str(next(numbers))
        account = SampleAccount(of.owner, number, of, rows.content(number))
        common = account.columns("SocialActivity", identifier=number)
        return SocialActivity.objects.create(**(common | {"title": title} | columns))

    return made
