# The C types of flight_table.py.
cimport cython
from gateway.hot.ledger cimport Ledger
from gateway.hot.rate_table cimport add_word, half, hold, let_go, load_word, store_word, swap_word, words_of

cdef Py_ssize_t _WAYS, _FULL
cdef int _SPINS, _TRIES
cdef long long _CHANGING

cdef class FlightTable:
    cdef object _memory
    cdef long long *_words
    cdef Py_ssize_t _rows
    cdef long long _mask
    cdef Py_ssize_t _tags
    cdef Py_ssize_t _cells
    cdef Py_ssize_t _worker
    cdef Py_ssize_t _workers
    cdef Ledger _ledger
    cdef int _descriptor

    cpdef Py_ssize_t enter(self, bytes key, long long bound, Py_ssize_t spill) except -2
    cpdef leave(self, Py_ssize_t place)
    cpdef long long under_way(self, Py_ssize_t place) except? -1
    @cython.locals(tries=int, row=Py_ssize_t, cell=Py_ssize_t)
    cdef Py_ssize_t _enter(self, long long bucket, long long tag, long long bound, Py_ssize_t spill) except -2
    cdef Py_ssize_t _cell(self, Py_ssize_t row) noexcept
    @cython.locals(total="long long", first=Py_ssize_t, at=Py_ssize_t)
    cdef long long _sum(self, Py_ssize_t row) noexcept
    @cython.locals(row=Py_ssize_t, last=Py_ssize_t)
    cdef Py_ssize_t _find(self, long long bucket, long long tag) noexcept
    @cython.locals(row=Py_ssize_t, spins=int)
    cdef Py_ssize_t _row(self, long long bucket, long long tag) noexcept
    @cython.locals(row=Py_ssize_t, last=Py_ssize_t, at=Py_ssize_t, before="long long")
    cdef Py_ssize_t _take_over(self, long long bucket, long long tag) noexcept
