# The C types of head.py.
cimport cython
from gateway.hot.fields cimport Fields

cdef const unsigned char *_token
cdef const unsigned char *_path
cdef const unsigned char *_query
cdef const unsigned char *_value
cdef const unsigned char *_name
cdef const unsigned char *_literal

@cython.locals(octets="const unsigned char *", pos=Py_ssize_t, end=Py_ssize_t, port=int)
cdef int authority_ports(bytes authority) except -2

@cython.locals(octets="const unsigned char *", octet=int)
cdef int version_of(bytes data, Py_ssize_t start, Py_ssize_t length) except -1

cdef class RequestHead(Fields):
    cdef readonly bytes method
    cdef readonly bytes target
    cdef readonly bytes authority
    cdef readonly bytes path
    cdef readonly bytes query
    cdef readonly bytes upgrade
    cdef readonly int form
    cdef readonly int version_minor
    cdef readonly long long content_length
    cdef readonly bint chunked
    cdef readonly bint has_body
    cdef readonly bint keep_alive
    cdef readonly bint expect_continue
    cdef readonly bint te_trailers

    cdef clear(self)

    @cython.locals(octets="const unsigned char *", start=Py_ssize_t, pos=Py_ssize_t, target_start=Py_ssize_t, target_end=Py_ssize_t)
    cdef Py_ssize_t scan_line(self, bytes data, Py_ssize_t start, Py_ssize_t end, Py_ssize_t uri_bytes, Py_ssize_t method_bytes) except -2

    @cython.locals(octets="const unsigned char *", pos=Py_ssize_t, mark=Py_ssize_t)
    cdef int split_target(self, bytes data, Py_ssize_t start, Py_ssize_t end) except -1

    cdef int settle(self) except -1

cdef class ResponseHead(Fields):
    cdef readonly int status
    cdef readonly bytes reason
    cdef readonly bytes upgrade
    cdef readonly int version_minor
    cdef readonly long long content_length
    cdef readonly bint chunked
    cdef readonly bint has_body
    cdef readonly bint keep_alive
    cdef readonly bint body_until_close

    cdef clear(self)

    @cython.locals(octets="const unsigned char *", pos=Py_ssize_t)
    cdef Py_ssize_t scan_line(self, bytes data, Py_ssize_t start, Py_ssize_t end) except -2

    cdef int settle(self, bytes method) except -1

@cython.locals(head=RequestHead, pos=Py_ssize_t, end=Py_ssize_t)
cpdef scan_request(bytes data, Py_ssize_t start, Py_ssize_t header_bytes, int header_count, Py_ssize_t uri_bytes, Py_ssize_t method_bytes)

@cython.locals(head=ResponseHead, pos=Py_ssize_t, end=Py_ssize_t)
cpdef scan_response(bytes data, Py_ssize_t start, Py_ssize_t header_bytes, int header_count, bytes method)
