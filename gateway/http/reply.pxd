# The C types of reply.py.
cimport cython

cdef class DateClock:
    cdef long long _second
    cdef bytes _line

    @cython.locals(second="long long")
    cpdef bytes line(self, double unix_s)
