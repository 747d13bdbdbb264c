# The C types of response_head.py.
cimport cython
from gateway.hot.head cimport RequestHead, ResponseHead
from gateway.hot.writer cimport HeadWriter
from gateway.http.forwarding cimport via_line
from policies.chain cimport WeightedPlan
from policies.subject cimport Subject

cpdef bint switches_protocol(RequestHead request, ResponseHead answer) except -1

cdef class ResponseFraming:
    cdef readonly bint chunked
    cdef readonly bint until_close
    cdef public bint keep_alive
    cdef readonly bint switches
    cdef readonly int client_minor

cdef frozenset _NOTHING

@cython.locals(drop=frozenset, line=bytes, name=bytes)
cpdef bytes render_response(
    HeadWriter out, ResponseHead answer, ResponseFraming framing, WeightedPlan choice, bytes via,
    bytes date, Subject subject,
)

cpdef bytes render_interim(HeadWriter out, ResponseHead answer)

cpdef bytes start_line_of(ResponseHead answer)
