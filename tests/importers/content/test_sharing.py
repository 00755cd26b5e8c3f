"""What many write down at once: in one transaction where that helps, and nobody is held up by another's mistake."""

import asyncio
from collections import Counter
from typing import Any

from django.db import IntegrityError

from accounts.models import User
from importers.content.sharing import written
from tests.support.exporter import Person


def test_what_one_may_not_write_the_others_do(ada: Person) -> None:
    def change(number: int) -> int:
        User.objects.filter(username="ada").update(quota_bytes=number)
        if number % 10 == 3:
            raise IntegrityError(str(number))
        if number % 10 == 4:
            User.objects.create(username="ada")  # there is one
        User.objects.create(username=f"u{number}", email=f"u{number}@example.org")
        return number

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(written(change, number) for number in range(40)), return_exceptions=True)

    came = asyncio.run(all_at_once())
    good = [number for number in range(40) if number % 10 not in (3, 4)]
    assert [one for one in came if isinstance(one, int)] == good
    assert Counter(type(one) for one in came) == {int: 32, IntegrityError: 8}
    assert sorted(User.objects.filter(username__startswith="u").values_list("username", flat=True)) == sorted(
        f"u{number}" for number in good
    )


def test_who_leaves_before_it_is_written_keeps_nobody_waiting(ada: Person) -> None:
    def change(number: int) -> int:
        User.objects.create(username=f"u{number}", email=f"u{number}@example.org")
        return number

    async def some_leave() -> list[Any]:
        tasks = [asyncio.ensure_future(written(change, number)) for number in range(60)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.wait_for(asyncio.gather(*tasks[1::2]), 60)

    assert asyncio.run(some_leave()) == list(range(1, 60, 2))
