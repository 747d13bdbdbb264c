cimport cython

from discovery.balancing.balancer cimport Balancer
from discovery.in_flight cimport InFlight
from discovery.lease cimport EndpointState, Lease
from discovery.view cimport View


cdef class Backend:
    cdef readonly str name
    cdef public object plan
    cdef object _draw
    cdef object _now_ns
    cdef object _whereabouts
    cdef object _count_panic
    cdef InFlight _in_flight
    cdef dict _slots
    cdef object _arrangement
    cdef tuple _serving
    cdef bint _starting
    cdef bint _measuring
    cdef bint _counting
    cdef dict _states
    cdef readonly View view
    cdef object _following
    cdef dict _groups
    cdef dict _made
    cdef dict _made_before

    @cython.locals(balancer=Balancer, state=EndpointState)
    cpdef Lease pick(self, hash_key=*, tried=*, selection=*)
    cpdef selection_for(self, tags, lane)
    @cython.locals(balancer=Balancer, at=EndpointState, state=EndpointState)
    cdef Lease _pick_selected(self, hash_key, tried, selection)
    cdef tuple _balancers(self, selection)
    @cython.locals(made=Balancer)
    cdef Balancer _group(self, tuple asked)
    cdef EndpointState _at(self, str place)
