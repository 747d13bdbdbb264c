# The C types of response_head.py.
cimport cython
from gateway.hot.head cimport RequestHead, ResponseHead
from gateway.http.forwarding cimport via_line
from policies.chain cimport WeightedPlan

cpdef bint switches_protocol(RequestHead request, ResponseHead answer) except -1

cdef class ResponseFraming:
    cdef readonly bint chunked
    cdef readonly bint until_close
    cdef public bint keep_alive
    cdef readonly bint switches
    cdef readonly int client_minor

@cython.locals(lines=list, drop=frozenset)
cpdef bytes render_response(ResponseHead answer, ResponseFraming framing, WeightedPlan choice, bytes via, bytes date)

cpdef bytes start_line_of(ResponseHead answer)
