cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState, Lease
from discovery.view cimport View


cdef class Backend:
    cdef readonly str name
    cdef public object plan
    cdef object _draw
    cdef dict _states
    cdef readonly View view

    @cython.locals(balancer=Balancer, state=EndpointState)
    cpdef Lease pick(self, hash_key=*, tried=*)
