from __future__ import annotations

import threading

from app.mailbox import Mailbox


def test_the_newest_message_wins_and_is_taken_once() -> None:
    box: Mailbox[int] = Mailbox()
    box.put(1)
    box.put(2)
    assert box.take() == 2
    assert box.take() is None


def test_no_message_is_ever_taken_twice_or_out_of_order() -> None:
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []
    done = threading.Event()

    def fill() -> None:
        for i in range(20_000):
            box.put(i)
        done.set()

    filler = threading.Thread(target=fill)
    filler.start()
    while not done.is_set():
        message = box.take()
        if message is not None:
            taken.append(message)
    filler.join()
    last = box.take()
    taken += [] if last is None else [last]
    assert taken == sorted(set(taken))
    assert taken[-1] == 19_999
