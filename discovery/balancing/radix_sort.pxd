cimport cython

cdef long long _BUCKETS

cpdef sort_words(words, int low_bits)

@cython.locals(
    source="unsigned long long[::1]",
    target="unsigned long long[::1]",
    starts="long long[::1]",
    bucket="long long",
    place=Py_ssize_t,
    word="unsigned long long",
    total="long long",
    count="long long",
    digit="unsigned long long",
)
cdef _pass(words, into, counts, int shift)
