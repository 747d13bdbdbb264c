# The C types of in_flight.py.
cimport cython


cdef class InFlight:
    cdef long long[::1] _cells
    cdef Py_ssize_t _slots
    cdef Py_ssize_t _own

    cpdef add(self, Py_ssize_t slot, long long amount)
    @cython.locals(total="long long", place=Py_ssize_t)
    cpdef long long elsewhere(self, Py_ssize_t slot) except -1
