"""Hash functions against values that others published, and the mixing of points."""

from __future__ import annotations

from collections import Counter

import pytest
from xxhash import xxh64_intdigest

from discovery.balancing.hashing import FUNCTIONS, MURMUR_SEED, mixed, murmur2
from tests.support.endpoints import chi_square


@pytest.mark.parametrize(
    ("key", "seed", "value"),
    [
        (b"ab", 0, 7115271465109541368),
        (b"abcdefg", 0, 2601573339036254301),
        (b"quick brown fox", 42, 3575930248840144026),
        (b"", 0, 0),
    ],
    ids=["short", "seven octets", "seeded", "nothing"],
)
def test_murmur2_is_that_of_apache_kudu(key: bytes, seed: int, value: int) -> None:
    """The values that Kudu checks its C++ and its Java with."""
    assert murmur2(key, seed) == value


def test_functions_by_name() -> None:
    assert FUNCTIONS["XXHash64"](b"") == 0xEF46DB3751D8E999
    assert FUNCTIONS["XXH3"](b"") == 0x2D06800538D394C2
    assert FUNCTIONS["Murmur2"](b"key") == murmur2(b"key", MURMUR_SEED)


def test_splitmix64_gives_its_published_numbers() -> None:
    """Of seed 0, as in Vigna's reference."""
    assert [mixed(0, number) for number in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_keys_of_one_pattern_fall_evenly(name: str) -> None:
    cells = Counter(FUNCTIONS[name](b"user-%d" % number) >> 60 for number in range(16_000))
    assert chi_square([cells[cell] for cell in range(16)], [1] * 16) < 44


def test_points_of_one_hash_fall_evenly() -> None:
    own = xxh64_intdigest(b"127.0.0.1:80")
    cells = Counter(mixed(own, number) >> 60 for number in range(16_000))
    assert chi_square([cells[cell] for cell in range(16)], [1] * 16) < 44
