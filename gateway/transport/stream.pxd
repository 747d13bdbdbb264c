# The C types of stream.py.
cimport cython
from gateway.transport.poller cimport Poller, close_descriptor, octets_in, receive
from gateway.transport.sender cimport Sender

cdef int _OPEN, _GONE
cdef unsigned int _READABLE, _WRITABLE, _HUNG_UP, _TAKES
cdef int _READS

cdef class StreamTransport(Sender):
    cdef object _peername
    cdef unsigned char _paused
    cdef unsigned char _missed
    cdef unsigned char _heard_end
    cdef Py_ssize_t _read_limit

    cdef int begin(self) except -1
    cdef int ready(self, unsigned int events) except -1

    @cython.locals(count=Py_ssize_t, room=Py_ssize_t, data=bytes)
    cdef int read(self, unsigned int events) except -1
    cdef int read_end(self) except -1
    cpdef pause_reading(self)
    cpdef resume_reading(self)
    cpdef set_read_limit(self, Py_ssize_t octets)
