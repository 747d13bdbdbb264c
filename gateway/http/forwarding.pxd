# The C types of forwarding.py.
cimport cython
from gateway.hot.fields cimport Fields
from gateway.hot.head cimport RequestHead
from gateway.hot.request_ids cimport RequestIds
from gateway.hot.writer cimport HeadWriter
from gateway.settings cimport Settings

cdef class Peer:
    cdef readonly str address
    cdef readonly bint trusted
    cdef readonly bytes text
    cdef readonly bytes node

cdef class Recipe:
    cdef readonly frozenset drop
    cdef readonly frozenset drop_host
    cdef readonly bytes extra
    cdef readonly bint x_forwarded_for
    cdef readonly bint x_forwarded_proto
    cdef readonly bint x_forwarded_host
    cdef readonly bint forwarded

@cython.locals(kept=bytes)
cpdef bytes choose_request_id(RequestHead head, Peer peer, Settings settings, RequestIds ids)

@cython.locals(trusted=bint, host=bytes)
cpdef forward_lines(
    HeadWriter out, RequestHead head, Peer peer, Recipe recipe, Settings settings, bytes scheme, bytes request_id,
)

cpdef via_line(HeadWriter out, bytes pseudonym, int version_minor, Fields head)

@cython.locals(value=bytes)
cdef _put_before(HeadWriter out, Fields head, bytes name)
