# The C types of ledger.py; bounds are checked, as a slot out of range would write over another worker's counters.
cimport cython

cdef Py_ssize_t _BYTES_IN, _BYTES_OUT, _DURATION_US, _BUCKETS

cdef class Ledger:
    cdef long long[::1] _region
    cdef long long[::1] _bounds_ns
    cdef int _bucket_count

    cpdef add(self, Py_ssize_t slot, long long amount=*)
    cpdef long long value(self, Py_ssize_t slot) except? -1

    @cython.locals(code=int, bucket=int)
    cpdef record(self, Py_ssize_t base, int status, long long duration_ns, long long bytes_in, long long bytes_out)
