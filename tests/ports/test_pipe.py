import multiprocessing

from improv.ports.pipe import Pipe


def ends() -> tuple[Pipe, Pipe]:
    one, other = multiprocessing.Pipe()
    return Pipe(one), Pipe(other)


def test_values_come_out_in_order() -> None:
    one, other = ends()
    one.send((1, 2))
    one.send("three")
    assert other.receive() == [(1, 2), "three"]
    assert other.receive() == []
    one.close()
    other.close()


def test_nobody_waits_for_one_who_does_not_read() -> None:
    one, other = ends()
    values = [bytes(1000)] * 1000
    for value in values:
        one.send(value)
    assert one.waiting > 0
    read = []
    while one.waiting:
        read += other.receive()
        one.flush()
    assert read + other.receive() == values
    one.close()
    other.close()


def test_what_was_said_before_the_end_is_still_heard() -> None:
    one, other = ends()
    one.send("last words")
    one.close()
    assert other.receive() == ["last words"]
    assert other.closed
    other.send("into the void")
    assert other.receive() == []
    other.close()
