cimport cython

from discovery.in_flight cimport InFlight
from discovery.latency cimport Latency


cdef class Running:
    cdef public long long active


cdef class EndpointState:
    cdef public object endpoint
    cdef public long long weight
    cdef public long long active
    cdef public long long picked
    cdef public long long failed
    cdef public Latency latency
    cdef public long long joined_ns
    cdef public long long faults
    cdef public long long row_5xx
    cdef public long long row_gateway
    cdef public long long row_failures
    cdef public long long row_told
    cdef public object connections
    cdef Running _running
    cdef public object witness
    cdef InFlight _in_flight
    cdef Py_ssize_t _slot

    cpdef update(self, endpoint)
    cpdef begin_rows(self)
    cpdef Lease lease(self)
    cpdef long long load(self) except -1
    cpdef share(self, InFlight in_flight, Py_ssize_t slot)
    cpdef count_in(self, Running running)
    cpdef release(self)


cdef class Lease:
    cdef readonly object endpoint
    cdef readonly EndpointState state
    cdef bint _open
    cdef long long _begun_ns
    cdef int _status

    @cython.locals(state=EndpointState)
    cpdef answered(self, int status)
    cpdef finish(self)
    @cython.locals(state=EndpointState)
    cpdef fail(self)
    @cython.locals(latency=Latency)
    cdef _observe(self, int status)
    @cython.locals(latency=Latency)
    cdef _observe_wait(self)
