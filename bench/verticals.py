"""Items of every vertical one by one, over one connection, against as many posts."""

from collections.abc import Callable, Iterator
from statistics import median

from bench.bench import Bench, in_ms, say
from bench.connection import RawConnection
from bench.item_makers import MAIL_SIZE, Maker, makers
from bench.items import post_request
from bench.small import time_per_request
from bench.table import BenchRow, at_most
from bench.turns import in_turns, ratio

AT_MOST = 1.3  # times a post
OF_MAIL = 2.0


def measure(bench: Bench) -> Iterator[BenchRow]:
    """Blocks of the items of each vertical, in turns with blocks of posts."""
    token, number = bench.account.token, bench.sizes.item_block
    with bench.server() as server, RawConnection(server.port) as connection:
        found = list(makers(server))
        say(f"verticals: {bench.sizes.item_rounds * number:,} items of each of {len(found)} and of posts")

        def block(maker: Maker) -> Callable[[], float]:
            return lambda: time_per_request(connection, maker.requests(token, number), 201)

        posts, *items = in_turns(
            bench.sizes.item_rounds,
            lambda: time_per_request(connection, [post_request(token) for _ in range(number)], 201),
            *map(block, found),
        )
    for maker, times in zip(found, items, strict=True):
        of_mail = maker.vertical == "mail"
        yield at_most(
            f"an item of {maker.vertical}{f' of {MAIL_SIZE // 1000} kB' if of_mail else ''}: time / that of a post",
            ratio(times, posts),
            OF_MAIL if of_mail else AT_MOST,
            f"{in_ms(median(times))} against {in_ms(median(posts))}, {len(times) * number:,} of each",
        )
