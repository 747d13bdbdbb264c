# The C types of timeouts.py.
cdef class Timeouts:
    cdef readonly double request_s
    cdef readonly double backend_request_s
