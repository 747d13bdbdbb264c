cimport cython

from discovery.balancing.hashing cimport mixed
from discovery.balancing.keyed cimport KeyedBalancer


cdef class Maglev(KeyedBalancer):
    @cython.locals(
        indexes="int[::1]",
        group_weights="long long[::1]",
        group_ends="long long[::1]",
        places="long long[::1]",
        steps="long long[::1]",
        dues="long long[::1]",
        table="int[::1]",
        size="long long",
        groups="long long",
        greatest="long long",
        filled="long long",
        turn="long long",
        begin="long long",
        end="long long",
        group="long long",
        member="long long",
        place="long long",
    )
    cpdef _fill(self, order, weights, ends, nexts, skips)
    cdef Py_ssize_t _place(self, unsigned long long hashed) except -1
