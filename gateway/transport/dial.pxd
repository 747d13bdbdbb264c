# The C types of dial.py.
from gateway.transport.poller cimport Poller, Watched

cdef class Attempt(Watched):
    cdef object _told
    cdef bint _watched

    cdef int ready(self, unsigned int events) except -1
    cdef int dismissed(self) except -1
