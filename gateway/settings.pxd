# The C types of settings.py: some twenty of these are read for each request.
from gateway.hot.limits cimport HeadLimits

cdef class Settings:
    cdef readonly double head_timeout_s
    cdef readonly double body_idle_timeout_s
    cdef readonly double keep_alive_timeout_s
    cdef readonly double request_timeout_s
    cdef readonly double backend_request_timeout_s
    cdef readonly double connect_timeout_s
    cdef readonly double stream_idle_timeout_s
    cdef readonly double write_stall_timeout_s
    cdef readonly long long connections
    cdef readonly long long connections_per_listener
    cdef readonly long long connections_per_source
    cdef readonly long long body_bytes
    cdef readonly long long pipelined_requests
    cdef readonly long long buffer_bytes_per_connection
    cdef readonly long long buffer_bytes
    cdef readonly HeadLimits head_limits
    cdef readonly tuple trusted_proxies
    cdef readonly bint x_forwarded
    cdef readonly bint forwarded
    cdef readonly bytes via
    cdef readonly bint keep_request_id
    cdef readonly bytes server
