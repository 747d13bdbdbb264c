# The C types of meter.py.
cimport cython

cdef int _BUCKET, _FIXED, _SLIDING
cdef long long _MAX, _PER_NS

cdef class Reading:
    cdef readonly bint admitted
    cdef readonly long long wait_ns
    cdef readonly long long remaining
    cdef readonly long long reset_ns
    cdef readonly long long now_ns

cdef class Meter:
    cdef readonly int kind
    cdef readonly bint deferred
    cdef readonly int spill
    cdef long long _per
    cdef long long _unit
    cdef long long _quota
    cdef long long _patience
    cdef long long _debt
    cdef long long _shift

    cpdef long long ticks(self, long long cost) except? -1
    cpdef long long start(self, long long now) except? -1
    cpdef int turn(self, long long now) except? -1
    @cython.locals(start="long long", position="long long", most="long long")
    cpdef long long position(self, long long state, long long now) except? -1
    cdef long long _most(self, long long start) except? -1
    cpdef long long most_before(self, long long now) except? -1
    cpdef long long state(self, long long position) except? -1
    @cython.locals(start="long long", used="long long", share=double, whole="long long")
    cpdef long long held(self, long long before, long long now) except? -1
    cpdef long long over(self, long long position, long long cost, long long now, long long held) except? -1
    cpdef bint fits(self, long long over) except -1
    @cython.locals(left="long long", remaining="long long", wait="long long", reset="long long")
    cpdef Reading reading(self, long long position, long long over, long long now, long long held)
    @cython.locals(wait="long long")
    cdef long long _until_it_fits(self, long long over, long long now, long long held, long long reset) except? -1
