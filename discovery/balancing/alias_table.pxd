cimport cython


cdef class AliasTable:
    cdef long long _count
    cdef bint _equal
    cdef long long[::1] _thresholds
    cdef long long[::1] _aliases

    @cython.locals(column="long long")
    cpdef long long draw(self, long long bits)
