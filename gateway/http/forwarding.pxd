# The C types of forwarding.py.
cimport cython
from gateway.hot.fields cimport Fields
from gateway.hot.head cimport RequestHead
from gateway.settings cimport Settings

cdef class Peer:
    cdef readonly str address
    cdef readonly int port
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

cdef class RequestIds:
    cdef object _random
    cdef bytes _drawn
    cdef Py_ssize_t _next

    @cython.locals(start=Py_ssize_t)
    cpdef bytes make(self)

@cython.locals(kept=bytes)
cpdef bytes choose_request_id(RequestHead head, Peer peer, Settings settings, RequestIds ids)

@cython.locals(trusted=bint, pieces=list, before=bytes, host=bytes)
cpdef list forward_lines(RequestHead head, Peer peer, Recipe recipe, Settings settings, bytes scheme, bytes rid)

@cython.locals(before=bytes)
cpdef via_line(list pieces, bytes pseudonym, int version_minor, Fields head)
