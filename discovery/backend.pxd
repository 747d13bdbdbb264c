cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState, Lease
from discovery.view cimport View


cdef class Backend:
    cdef readonly str name
    cdef public object plan
    cdef object _draw
    cdef object _now_ns
    cdef dict _states
    cdef readonly View view
    cdef object _following
    cdef dict _groups
    cdef dict _groups_before

    @cython.locals(balancer=Balancer, state=EndpointState)
    cpdef Lease pick(self, hash_key=*, tried=*, selection=*)
    cpdef selection_for(self, tags, lane)
    @cython.locals(balancer=Balancer, at=EndpointState, state=EndpointState)
    cdef Lease _pick_selected(self, hash_key, tried, selection)
    cdef tuple _balancers(self, selection)
    cdef dict _grouped(self, tuple names)
    cdef EndpointState _at(self, str place)
