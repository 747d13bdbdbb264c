cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState


cdef class Zones(Balancer):
    cdef readonly tuple balancers
    cdef readonly tuple names
    cdef bint _keyed
    cdef tuple _ends

    @cython.locals(balancer=Balancer)
    cpdef EndpointState pick(self, draw, key)
    @cython.locals(state=EndpointState, other=EndpointState, balancer=Balancer, index=Py_ssize_t, first=Py_ssize_t)
    cpdef EndpointState pick_untried(self, draw, key, tried)
    @cython.locals(point="long long", index=Py_ssize_t)
    cdef Py_ssize_t _tier(self, draw, key) except -1
