# The C types of timers.py: a timer is set several times in each request, and that is a few stores.
cimport cython

cdef double _TICKS_PER_S
cdef long long _NEVER

cdef class Timer:
    cdef TimerWheel _wheel
    cdef readonly object owner
    cdef readonly long long deadline
    cdef long long _bucket

    @cython.locals(wheel=TimerWheel, deadline="long long")
    cpdef set(self, double delay_s)
    cpdef unset(self)
    cpdef discard(self)

cdef class TimerWheel:
    cdef object _call_later
    cdef object _clock_s
    cdef double _start_s
    cdef dict _buckets
    cdef readonly bint running
    cdef readonly long long tick

    cpdef Timer timer(self, owner)
    @cython.locals(bucket=dict)
    cpdef enlist(self, Timer timer, long long tick)
    @cython.locals(bucket=dict)
    cpdef delist(self, Timer timer)
    cpdef start(self)
    @cython.locals(timer=Timer)
    cpdef _empty(self, dict bucket)
