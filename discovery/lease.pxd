cimport cython

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
    cdef public object connections
    cdef Running _running

    cpdef update(self, endpoint)
    cpdef Lease lease(self)
    cpdef count_in(self, Running running)
    cpdef release(self)


cdef class Lease:
    cdef readonly object endpoint
    cdef readonly EndpointState state
    cdef bint _open
    cdef long long _begun_ns

    cpdef answered(self)
    @cython.locals(latency=Latency)
    cpdef refused(self)
    cpdef finish(self)
    @cython.locals(latency=Latency)
    cpdef fail(self)
    @cython.locals(latency=Latency)
    cdef _observe(self)
    @cython.locals(latency=Latency)
    cdef _observe_wait(self)
