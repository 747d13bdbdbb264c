# The C types of acceptor.py.
cimport cython
from gateway.transport.poller cimport Poller, Watched, accept_next, close_descriptor
from gateway.transport.stream cimport StreamTransport

cdef class Acceptor(Watched):
    cdef object _factory
    cdef object _ran_short
    cdef list _names
    cdef readonly bint accepting

    cdef int ready(self, unsigned int events) except -1
    @cython.locals(descriptor=int)
    cdef bint accept(self) except -1
    @cython.locals(transport=StreamTransport)
    cdef bint welcome(self, int descriptor) except -1
    cdef int run_short(self) except -1
    cdef int dismissed(self) except -1
