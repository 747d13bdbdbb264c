# The C types of clock.py.
cdef extern from *:
    """
    #include <time.h>
    static inline long long read_monotonic_ns(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (long long)now.tv_sec * 1000000000LL + now.tv_nsec;
    }
    static inline double read_unix_s(void) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    }
    """
    long long read_monotonic_ns() noexcept
    double read_unix_s() noexcept

cdef class Clock:
    cpdef long long monotonic_ns(self) except? -1
    cpdef double unix_s(self) except? -1
