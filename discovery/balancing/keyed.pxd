cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState, Running


cdef class KeyedBalancer(Balancer):
    cdef object _hash
    cdef long long _factor
    cdef long long _weights
    cdef Running _running
    cdef int[::1] _table

    @cython.locals(state=EndpointState)
    cpdef bint count_running(self) except -1
    @cython.locals(place=Py_ssize_t)
    cpdef EndpointState pick(self, draw, key)
    @cython.locals(place=Py_ssize_t)
    cpdef EndpointState pick_untried(self, draw, key, tried)
    cdef Py_ssize_t _place(self, unsigned long long hashed) except -1
    @cython.locals(size=Py_ssize_t, running="long long", first=EndpointState, state=EndpointState)
    cdef EndpointState _walk(self, Py_ssize_t place, tried)
    cdef bint _has_room(self, EndpointState state, long long running)
    @cython.locals(state=EndpointState, total="long long")
    cdef long long _running_now(self)
    @cython.locals(state=EndpointState, best=EndpointState, found=bint)
    cdef EndpointState _least_loaded(self, EndpointState first, tried)
