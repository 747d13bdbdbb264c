cimport cython

from discovery.balancing.hashing cimport mixed
from discovery.balancing.keyed cimport KeyedBalancer
from discovery.lease cimport EndpointState

cdef int _INDEX_BITS


cdef class RingHash(KeyedBalancer):
    cdef long long[::1] _points

    @cython.locals(
        out="unsigned long long[::1]",
        place=Py_ssize_t,
        own="unsigned long long",
        number="long long",
        points="long long",
        owner="unsigned long long",
    )
    cpdef _fill(self, words, list order, list counts)
    @cython.locals(read="const unsigned long long[::1]", place=Py_ssize_t, word="unsigned long long")
    cdef _read(self, words)
    @cython.locals(position="long long", points="long long[::1]", low=Py_ssize_t, high=Py_ssize_t, middle=Py_ssize_t)
    cdef Py_ssize_t _place(self, unsigned long long hashed) except -1
