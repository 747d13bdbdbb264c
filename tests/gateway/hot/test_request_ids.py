"""Ids are 128 bits of xoshiro256** in hex."""

from __future__ import annotations

from random import Random

from gateway.hot.request_ids import RequestIds


class Words(Random):
    """Gives 1, 2, 3, 4: the state that the reference implementation is tried with."""

    def __init__(self) -> None:
        super().__init__(0)
        self.word = 0

    def getrandbits(self, bits: int, /) -> int:
        self.word += 1
        return self.word


def test_steps_are_those_of_the_reference_implementation() -> None:
    # The first outputs of xoshiro256** from the state 1, 2, 3, 4, as many implementations test themselves.
    ids = RequestIds(Words())
    assert [ids.step() for _ in range(4)] == [11520, 0, 1509978240, 1215971899390074240]


def test_ids_are_32_hex_digits_and_differ() -> None:
    ids = RequestIds(Random(1))
    made = [ids.make() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(each) == 32 and each == b"%032x" % int(each, 16) for each in made)


def test_every_digit_takes_every_value() -> None:
    ids = RequestIds(Random(2))
    made = [ids.make() for _ in range(1000)]
    assert all(len({each[place] for each in made}) == 16 for place in range(32))


def test_two_seeds_give_two_sequences_and_one_seed_one() -> None:
    assert RequestIds(Random(3)).make() == RequestIds(Random(3)).make()
    assert RequestIds(Random(3)).make() != RequestIds(Random(4)).make()
