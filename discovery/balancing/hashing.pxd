# The C types of hashing.py: words wrap at 64 bits, where the source masks them.
cimport cython

cdef unsigned long long _MASK, _MULTIPLIER, _GOLDEN, _MIX_1, _MIX_2

@cython.locals(
    data="const unsigned char[::1]",
    length="unsigned long long",
    whole="unsigned long long",
    place="unsigned long long",
    end="unsigned long long",
    value="unsigned long long",
    word="unsigned long long",
    byte="unsigned long long",
    shift=int,
)
cpdef unsigned long long murmur2(bytes key, unsigned long long seed=*) except? 0

@cython.locals(word="unsigned long long")
cpdef unsigned long long mixed(unsigned long long value, unsigned long long number) except? 0
