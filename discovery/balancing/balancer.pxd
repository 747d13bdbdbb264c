cimport cython

from discovery.lease cimport EndpointState


cdef class Balancer:
    cdef readonly tuple states
    cdef public bint panic

    cpdef EndpointState pick(self, draw, key)

    @cython.locals(state=EndpointState, other=EndpointState, total="long long", point="long long")
    cpdef EndpointState pick_untried(self, draw, key, tried)
