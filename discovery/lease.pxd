cdef class EndpointState:
    cdef public object endpoint
    cdef public long long weight
    cdef public long long active
    cdef public long long picked
    cdef public long long failed
    cdef public object connections

    cpdef update(self, endpoint)
    cpdef Lease lease(self)


cdef class Lease:
    cdef readonly object endpoint
    cdef readonly EndpointState state
    cdef bint _open

    cpdef finish(self)
    cpdef fail(self)
