# The C types of latency.py.
cimport cython
from libc.math cimport exp

cdef long long _FAILURE_NS, _LONGEST_NS


cdef class Latency:
    cdef double _decay_ns
    cdef object _now_ns
    cdef double _average_ns
    cdef long long _stamp_ns

    cpdef long long now_ns(self) except? -1
    cpdef set_decay(self, long long decay_ns)
    cpdef double at(self, long long now_ns) except? -1.0
    @cython.locals(now_ns="long long", latency=double, kept=double)
    cpdef observe(self, long long latency_ns)
    cpdef observe_wait(self, long long waited_ns)
    cpdef punish(self)
    @cython.locals(elapsed_ns="long long")
    cdef double _kept(self, long long now_ns)
