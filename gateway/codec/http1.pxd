# The C types of http1.py.
cimport cython
from gateway.hot.chunk cimport ChunkScanner
from gateway.hot.head cimport RequestHead, ResponseHead, scan_request, scan_response
from gateway.hot.limits cimport HeadLimits

cdef int _HEAD, _LENGTH, _CHUNKED, _UNTIL_CLOSE, _ENDED, _SWITCHED, _FAILED

cdef class EndOfMessage:
    cdef readonly list trailers

cdef class PartialHead:
    cdef bytearray _octets
    cdef Py_ssize_t _scanned
    cdef Py_ssize_t _lines
    cdef bint _skips_empty_line

    cpdef clear(self)
    @cython.locals(octets=bytearray, found=Py_ssize_t)
    cpdef bytes add(self, bytes data, HeadLimits limits)

cdef class Http1ServerCodec:
    cdef HeadLimits _limits
    cdef int _state
    cdef long long _left
    cdef ChunkScanner _chunks
    cdef PartialHead _partial
    cdef bytes _rest
    cdef Py_ssize_t _pos
    cdef list _more
    cdef Py_ssize_t _more_bytes

    cpdef list receive(self, bytes data)
    @cython.locals(rest=bytes, pos=Py_ssize_t)
    cpdef list next_message(self)
    @cython.locals(limits=HeadLimits, head=RequestHead, whole=bytes)
    cdef list _parse(self, bytes data, Py_ssize_t pos)
    @cython.locals(available="long long", end=Py_ssize_t)
    cdef list _length_body(self, bytes data, Py_ssize_t pos, list events)
    cdef list _guarded_chunks(self, bytes data, Py_ssize_t pos, list events)

cdef class Http1ClientCodec:
    cdef HeadLimits _limits
    cdef int _state
    cdef bytes _method
    cdef long long _left
    cdef ChunkScanner _chunks
    cdef PartialHead _partial
    cdef bytes _trailing
    cdef readonly bint keep_alive

    cpdef expect(self, bytes method)
    cpdef list receive(self, bytes data)
    @cython.locals(pos=Py_ssize_t, end=Py_ssize_t, take=Py_ssize_t, state=int, limits=HeadLimits, head=ResponseHead, whole=bytes)
    cdef _parse(self, bytes data, list events)
    @cython.locals(status=int)
    cdef _begin_body(self, ResponseHead head, list events)
    cdef _end(self, EndOfMessage end, list events)
