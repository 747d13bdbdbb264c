# The C types of http1_client.py. `user` and `transport` are whatever has their methods.
from gateway.codec.http1 cimport Http1ClientCodec
from gateway.timers cimport Timer
from gateway.upstream.pool cimport EndpointPool

cdef class UpstreamConnection:
    cdef readonly EndpointPool pool
    cdef readonly Http1ClientCodec codec
    cdef readonly long long opened_ns
    cdef public long long served
    cdef public object user
    cdef public object transport
    cdef readonly Timer idle_timer
    cdef public bint closed
    cdef public bint answered
    cdef readonly bint tunnelled
    cdef int _holds
    cdef bint _reads_limited
    cdef int _descriptor

    cpdef begin(self, bytes method)
    cpdef pause_reading(self, int hold)
    cpdef resume_reading(self, int hold)
    cpdef limit_reads(self, Py_ssize_t octets)
    cpdef read_freely(self)
    cpdef bint heard_unread(self) except -1
    cpdef bytes enter_tunnel(self)
    cpdef abort(self)
