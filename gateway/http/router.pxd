# The C types of router.py: a request's way to its plan makes no call through Python.
cimport cython
from gateway.hot.head cimport RequestHead
from gateway.hot.matcher cimport HostTable

cdef class Router:
    cdef readonly object port
    cdef list _entries
    cdef readonly HostTable hosts

    cpdef object match(self, RequestHead head)
