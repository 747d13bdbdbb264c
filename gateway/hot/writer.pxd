# The C types of writer.py; the buffer is the one thing that has no form in Python (see buffers.py).
cdef extern from *:
    """
    static inline unsigned char *grow_octets(unsigned char *octets, Py_ssize_t count) {
        unsigned char *grown = (unsigned char *)PyMem_Realloc(octets, (size_t)count);
        if (grown == NULL) PyErr_NoMemory();
        return grown;
    }
    static inline void free_octets(unsigned char *octets) { PyMem_Free(octets); }
    static inline void copy_octets(
        unsigned char *to, Py_ssize_t at, const unsigned char *source, Py_ssize_t start, Py_ssize_t count
    ) { memcpy(to + at, source + start, (size_t)count); }
    static inline PyObject *octets_of(unsigned char *octets, Py_ssize_t count) {
        return PyBytes_FromStringAndSize((const char *)octets, count);
    }
    """
    unsigned char *grow_octets(unsigned char *octets, Py_ssize_t count) except NULL
    void free_octets(unsigned char *octets)
    void copy_octets(
        unsigned char *to, Py_ssize_t at, const unsigned char *source, Py_ssize_t start, Py_ssize_t count
    )
    bytes octets_of(unsigned char *octets, Py_ssize_t count)

cimport cython

cdef class HeadWriter:
    cdef unsigned char *_octets
    cdef Py_ssize_t _capacity
    cdef readonly Py_ssize_t size

    cpdef begin(self)
    @cython.locals(count=Py_ssize_t)
    cpdef int put(self, bytes piece) except -1
    @cython.locals(count=Py_ssize_t)
    cdef int put_span(self, const unsigned char *octets, Py_ssize_t start, Py_ssize_t end) except -1
    cdef int open_buffer(self) except -1
    cdef int grow(self, Py_ssize_t count) except -1
    cpdef bytes take(self)
