# The C types of chunk.py.
cimport cython
from gateway.hot.fields cimport Fields

cdef const unsigned char *_token
cdef const unsigned char *_value
cdef const unsigned char *_hex

cdef class ChunkScanner:
    cdef int _state
    cdef unsigned long long _left
    cdef int _digits
    cdef Py_ssize_t _extension_bytes
    cdef Py_ssize_t _header_bytes
    cdef int _header_count
    cdef bytearray _trailer
    cdef readonly bint done
    cdef readonly list trailers

    @cython.locals(
        octets="const unsigned char *", end=Py_ssize_t, octet=int, take=Py_ssize_t, state=int,
    )
    cpdef Py_ssize_t feed(self, bytes data, Py_ssize_t pos, list events) except -1

    cdef int extension(self, int state, int octet) except -1

    cdef int trailer_octet(self, int octet) except -1

    @cython.locals(fields=Fields)
    cdef int read_trailers(self) except -1
