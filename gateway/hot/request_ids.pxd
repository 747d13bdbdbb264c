# The C types of request_ids.py.
cimport cython

cdef unsigned long long _MASK

cdef unsigned long long rotated(unsigned long long word, int bits) noexcept

cdef class RequestIds:
    cdef unsigned long long _a
    cdef unsigned long long _b
    cdef unsigned long long _c
    cdef unsigned long long _d
    cdef bytearray _text

    @cython.locals(drawn="unsigned long long", shifted="unsigned long long")
    cpdef unsigned long long step(self) noexcept
    @cython.locals(
        text=bytearray, digits="const unsigned char *", high="unsigned long long", low="unsigned long long", place=int,
    )
    cpdef bytes make(self)
