# The C types of router.py: a request's way to its plan makes no call through Python.
cimport cython
from gateway.hot.head cimport RequestHead
from gateway.hot.matcher cimport HostTable

cdef class Router:
    cdef readonly object port
    cdef readonly tuple _terms
    cdef readonly dict _steps
    cdef readonly dict _plans
    cdef readonly dict _entries
    cdef readonly dict _places
    cdef readonly dict _tables
    cdef readonly HostTable hosts

    cpdef object match(self, RequestHead head)

    @cython.locals(known=dict, added=dict, entries=tuple)
    cdef _add(self, object listener, Router previous)

    cdef tuple _plans_of(self, object bound, Router previous)

    cdef tuple _steps_of(self, tuple layers, Router previous)
