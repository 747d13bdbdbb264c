# The C types of subject.py.

cdef class Subject:
    cdef readonly object head
    cdef readonly str route
    cdef readonly bytes scheme
    cdef readonly str address
    cdef readonly str peer
    cdef readonly int port
    cdef readonly double now_s
    cdef readonly object draw
    cdef public str identity
    cdef public str tenant
    cdef public object claims
    cdef public dict tags
    cdef public tuple log_headers
    cdef public tuple metric_tags
    cdef public bytes baggage_prefix
    cdef public bint baggage_sent
    cdef public int baggage_left_out
    cdef public object steered
    cdef public object session
    cdef public bytes split_key
    cdef public object lane
    cdef public dict made_cookies
    cdef public list would_deny
    cdef public int trials_counted
    cdef public list settlements
    cdef public object unpacker
    cdef public object body_room
    cdef public object body_prefix
    cdef public bytes request_framing
    cdef public object bandwidth
    cdef public object body_bytes
    cdef public object request_s
    cdef public object backend_request_s
    cdef public object retry
    cdef public bint passes_deadline
    cdef public set request_drop
    cdef public list request_lines
    cdef public object error_pages
    cdef public list reshapers
    cdef public bint exposes_all
    cdef public set response_drop
    cdef public list response_lines
    cdef public list response_absent

    cpdef begin(self, head, str route, bytes scheme, str address, str peer, int port, double now_s, draw, str tenant)
    cpdef set_request_field(self, bytes name, bytes value)
    cpdef unset_request_field(self, bytes name)
    cpdef set_response_field(self, bytes name, bytes value)
