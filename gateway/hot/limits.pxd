# The C types of limits.py.
cdef class HeadLimits:
    cdef readonly Py_ssize_t header_bytes
    cdef readonly int header_count
    cdef readonly Py_ssize_t uri_bytes
    cdef readonly Py_ssize_t method_bytes
