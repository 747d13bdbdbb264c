# The C types of pool.py.
cimport cython
from gateway.clock cimport Clock
from gateway.hot.ledger cimport Ledger
from gateway.hot.limits cimport HeadLimits
from gateway.timers cimport Timer, TimerWheel
from gateway.upstream.http1_client cimport UpstreamConnection
from gateway.upstream.share cimport BackendShare

cdef Py_ssize_t _REUSED

cdef class PoolSettings:
    cdef readonly long long max_connections
    cdef readonly long long max_pending
    cdef readonly long long max_idle
    cdef readonly double idle_timeout_s
    cdef readonly double max_age_s
    cdef readonly double connect_timeout_s
    cdef readonly long long max_requests
    cdef readonly long long buffer_bytes
    cdef readonly double write_stall_timeout_s
    cdef readonly HeadLimits head_limits

cdef class IdleRoom:
    cdef public long long limit
    cdef public long long taken

cdef class EndpointPool:
    cdef list _idle
    cdef set _in_use
    cdef object _waiting
    cdef long long _connecting
    cdef Ledger _ledger
    cdef IdleRoom _room
    cdef BackendShare _share
    cdef object _runtime
    cdef Timer _drain_timer
    cdef Clock _clock
    cdef readonly str address
    cdef readonly str place
    cdef readonly int port
    cdef readonly bint retired
    cdef readonly PoolSettings settings
    cdef readonly TimerWheel wheel

    @cython.locals(connection=UpstreamConnection)
    cpdef UpstreamConnection reuse(self)
    @cython.locals(connection=UpstreamConnection)
    cpdef UpstreamConnection reuse_checked(self)
    @cython.locals(connection=UpstreamConnection)
    cdef UpstreamConnection _freshest(self)
    cpdef enqueue(self, waiter)
    cpdef cancel(self, waiter)
    @cython.locals(settings=PoolSettings)
    cpdef release(self, UpstreamConnection connection)
    cpdef dispose(self, UpstreamConnection connection)
    cdef double _age_s(self, UpstreamConnection connection) except? -1
    @cython.locals(settings=PoolSettings, idle_s=double, left_s=double)
    cdef _rest(self, UpstreamConnection connection)
    cdef _close(self, UpstreamConnection connection)
    cdef _hand_over(self, UpstreamConnection connection)
