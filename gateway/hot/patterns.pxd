# The C types of patterns.py.
cimport cython

cdef class Patterns:
    cdef readonly tuple texts
    cdef readonly int count
    cdef list _each
    cdef object _match

    cpdef list matching(self, bytes text)

    cdef list _one_by_one(self, bytes text)
