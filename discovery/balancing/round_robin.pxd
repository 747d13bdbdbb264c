cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState


cdef class RoundRobin(Balancer):
    cdef list _groups
    cdef long long _count
    cdef long long _total
    cdef long long[::1] _shares
    cdef long long[::1] _currents
    cdef long long[::1] _cursors

    @cython.locals(
        best="long long",
        index="long long",
        cursor="long long",
        current="long long",
        greatest="long long",
        currents="long long[::1]",
        shares="long long[::1]",
        members=list,
        state=EndpointState,
    )
    cpdef EndpointState pick(self, draw, key)
