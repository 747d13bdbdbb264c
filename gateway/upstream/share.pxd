# The C types of share.py.

cdef class BackendShare:
    cdef public long long connections
    cdef public long long pending
    cdef public long long requests
    cdef public long long retries
    cdef readonly long long max_connections
    cdef readonly long long max_pending
    cdef readonly long long max_requests
    cdef readonly long long max_retries
    cdef readonly list pools
    cdef public dict all_pools

    cpdef connection_gone(self)
