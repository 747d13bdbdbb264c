from discovery.balancing.balancer cimport Balancer


cdef class View:
    cdef readonly tuple endpoints
    cdef readonly tuple states
    cdef readonly Balancer balancer
    cdef readonly long long generation
    cdef readonly str source
    cdef readonly double as_of_s
