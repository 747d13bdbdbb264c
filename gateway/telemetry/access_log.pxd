# The C types of access_log.py.
cimport cython
from gateway.hot.ledger cimport Ledger
from gateway.telemetry.access_line cimport AccessEntry, AccessLines

cdef Py_ssize_t _BATCH_BYTES
cdef int _LINES, _DROPPED

cdef class AccessLog:
    cdef str _path
    cdef double _sample
    cdef long long _bound_lines
    cdef long long _bound_bytes
    cdef Ledger _ledger
    cdef object _random
    cdef object _later
    cdef AccessLines _gathered
    cdef long long _lines
    cdef bint _flush_due
    cdef long long _handed_lines
    cdef long long _handed_bytes
    cdef long long _done_lines
    cdef long long _done_bytes
    cdef object _batches
    cdef object _thread
    cdef bint _on

    cpdef bint wants(self, int status) except -1
    @cython.locals(gathered=AccessLines, waiting_lines="long long", waiting_bytes="long long")
    cpdef record(self, AccessEntry entry)
    @cython.locals(data=bytes)
    cdef _hand_over(self)
