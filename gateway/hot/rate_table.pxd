# The C types of rate_table.py, and the atomic operations of shared memory; shared_words.py has their form in Python.
cimport cython
from gateway.hot.ledger cimport Ledger
from policies.rate_limit.meter cimport Meter, Reading

cdef extern from *:
    """
    #ifndef WEIR_SHARED_WORDS
    #define WEIR_SHARED_WORDS
    #include <stdint.h>
    #include <string.h>

    static inline long long *words_of(PyObject *memory) {
        return (long long *)PyMemoryView_GET_BUFFER(memory)->buf;
    }
    static inline long long load_word(long long *words, Py_ssize_t at) {
        return __atomic_load_n(words + at, __ATOMIC_SEQ_CST);
    }
    static inline void store_word(long long *words, Py_ssize_t at, long long value) {
        __atomic_store_n(words + at, value, __ATOMIC_SEQ_CST);
    }
    static inline long long add_word(long long *words, Py_ssize_t at, long long amount) {
        return __atomic_add_fetch(words + at, amount, __ATOMIC_SEQ_CST);
    }
    static inline int swap_word(long long *words, Py_ssize_t at, long long old, long long value) {
        return __atomic_compare_exchange_n(words + at, &old, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    /* The builtin for 128 bits may call libatomic, whose locks are those of one process: not for shared memory. */
    static inline int swap_pair(long long *words, Py_ssize_t at, long long old, long long old_next,
                                long long value, long long next) {
    #if defined(__x86_64__)
        unsigned char swapped;
        __asm__ __volatile__("lock cmpxchg16b %1\\n\\tsetz %0"
                             : "=q"(swapped), "+m"(*(__int128 *)(words + at)), "+a"(old), "+d"(old_next)
                             : "b"(value), "c"(next)
                             : "cc", "memory");
        return swapped;
    #else
        __int128 before = (__int128)((unsigned __int128)(uint64_t)old_next << 64 | (uint64_t)old);
        __int128 after = (__int128)((unsigned __int128)(uint64_t)next << 64 | (uint64_t)value);
        return __sync_bool_compare_and_swap((__int128 *)(words + at), before, after);
    #endif
    }
    static inline long long half(PyObject *octets, int which) {
        long long word = 0;
        if (PyBytes_GET_SIZE(octets) >= 16) memcpy(&word, PyBytes_AS_STRING(octets) + 8 * which, 8);
        return word;
    }
    static inline void hold(int descriptor) { (void)descriptor; }
    static inline void let_go(int descriptor) { (void)descriptor; }
    #endif
    """
    long long *words_of(memory) noexcept
    long long load_word(long long *words, Py_ssize_t at) noexcept
    void store_word(long long *words, Py_ssize_t at, long long value) noexcept
    long long add_word(long long *words, Py_ssize_t at, long long amount) noexcept
    bint swap_word(long long *words, Py_ssize_t at, long long old, long long value) noexcept
    bint swap_pair(long long *words, Py_ssize_t at, long long old, long long old_next, long long value, long long next) noexcept
    long long half(bytes octets, int which) noexcept
    void hold(int descriptor) noexcept
    void let_go(int descriptor) noexcept

cdef Py_ssize_t _WAYS, _SPILL_AT, _HEADER_WORDS
cdef int _SPINS
cdef long long _TICKS
cdef Py_ssize_t _FULL, _FORGOTTEN

cdef class RateTable:
    cdef object _memory
    cdef long long *_words
    cdef long long _mask
    cdef Py_ssize_t _locks
    cdef Py_ssize_t _slots
    cdef long long _worker
    cdef Ledger _ledger
    cdef int _descriptor
    cdef readonly bytes key

    cpdef Reading take(self, Meter meter, bytes key, long long cost, long long now_ns)
    cpdef charge(self, Meter meter, bytes key, long long cost, long long now_ns)
    cpdef give_back(self, Meter meter, bytes key, long long cost, long long now_ns)
    @cython.locals(bucket="long long", tag="long long", held="long long", at=Py_ssize_t, state="long long", position="long long", over="long long", after="long long")
    cdef Reading _take(self, Meter meter, long long hashed, long long rest, long long cost, long long now)
    @cython.locals(turn=int, at=Py_ssize_t, held="long long", state="long long", position="long long", over="long long", after="long long")
    cdef Reading _share(self, Meter meter, long long cost, long long now)
    @cython.locals(bucket="long long", tag="long long", at=Py_ssize_t, state="long long", position="long long", after="long long")
    cdef int _move(self, Meter meter, long long hashed, long long rest, long long ticks, long long now) except -1
    @cython.locals(at=Py_ssize_t, state="long long", after="long long")
    cdef int _move_shared(self, Meter meter, long long ticks, long long now) except -1
    cdef long long _tag(self, long long rest, int turn) noexcept
    @cython.locals(tag="long long", at=Py_ssize_t, state="long long", most="long long")
    cdef long long _state_before(self, long long bucket, long long rest, Meter meter, long long now) except? -1
    @cython.locals(first=Py_ssize_t, at=Py_ssize_t)
    cdef Py_ssize_t _find(self, long long bucket, long long tag) noexcept
    @cython.locals(lock=Py_ssize_t, spins=int, entered=Py_ssize_t)
    cdef Py_ssize_t _enter(self, long long bucket, long long tag, long long state, long long now) except -2
    @cython.locals(first=Py_ssize_t, at=Py_ssize_t, other="long long", passed="long long")
    cdef Py_ssize_t _enter_locked(self, long long bucket, long long tag, long long state, long long now) except -2
