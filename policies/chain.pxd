# The C types of chain.py: what a request reads of its plan.

cimport cython
from policies.timeouts cimport Timeouts

cdef class WeightedPlan:
    cdef readonly str backend
    cdef readonly long long weight
    cdef readonly str problem
    cdef readonly tuple filters
    cdef readonly object cors
    cdef readonly tuple steps
    cdef readonly tuple mirrors
    cdef readonly object redirect
    cdef readonly object rewrite
    cdef readonly frozenset request_drop
    cdef readonly bytes request_extra
    cdef readonly frozenset response_drop
    cdef readonly frozenset response_drop_via
    cdef readonly bytes response_extra

cdef class Plan:
    cdef readonly object rule
    cdef readonly str name
    cdef readonly bytes matched
    cdef readonly bytes method
    cdef readonly Timeouts timeouts
    cdef readonly tuple steps
    cdef readonly object retry
    cdef readonly str tenant
    cdef readonly object choices
    cdef object _split
    cdef WeightedPlan _only
    cdef tuple _filters
    cdef dict _steered
    cdef object _rendezvous
    cdef dict _bounded

    @cython.locals(kept=dict, made=Timeouts)
    cpdef Timeouts timeouts_under(self, request_s, backend_request_s)
    cpdef WeightedPlan choose(self, subject=*)
    cpdef WeightedPlan steered_to(self, to)
