# The C types of fields.py; the array of offsets is the one thing that has no form in Python (see spans.py).
cimport cython
from gateway.hot.writer cimport HeadWriter

cdef extern from *:
    """
    static inline int *grow_spans(int *spans, Py_ssize_t count) {
        int *grown = (int *)PyMem_Realloc(spans, (size_t)count * sizeof(int));
        if (grown == NULL) PyErr_NoMemory();
        return grown;
    }
    static inline void free_spans(int *spans) { PyMem_Free(spans); }
    """
    int *grow_spans(int *spans, Py_ssize_t count) except NULL
    void free_spans(int *spans)

cdef const unsigned char *_token
cdef const unsigned char *_value
cdef const unsigned char *_lower
cdef dict _DROP_LENGTHS

@cython.locals(i=Py_ssize_t)
cdef bint same_name(const unsigned char *octets, Py_ssize_t start, const unsigned char *name, Py_ssize_t length) noexcept

cdef int known_name(const unsigned char *octets, Py_ssize_t start, Py_ssize_t length) noexcept

@cython.locals(mask="unsigned long long", bit="unsigned long long")
cdef object lengths_of(frozenset drop)

cdef class Fields:
    cdef bytes _data
    cdef const unsigned char *_octets
    cdef int *_spans
    cdef int _capacity
    cdef int _count
    cdef int _host
    cdef int _length
    cdef int _coding
    cdef int _te
    cdef int _upgrade
    cdef int _connection
    cdef int _expect
    cdef bint _length_dropped
    cdef bint _connection_close
    cdef bint _connection_keep_alive
    cdef bint _connection_upgrade
    cdef frozenset _listed
    cdef Py_ssize_t _fields_end
    cdef readonly Py_ssize_t size
    cdef readonly bint has_baggage
    cdef readonly bint has_date
    cdef readonly bint has_via

    cdef clear(self)

    @cython.locals(
        octets="const unsigned char *", start=Py_ssize_t, name_end=Py_ssize_t, value=Py_ssize_t,
        value_end=Py_ssize_t, known=int, base=int,
    )
    cdef Py_ssize_t scan_fields(self, bytes data, Py_ssize_t pos, Py_ssize_t end, int limit_count) except -2

    cdef int note(self, int index, int known) except -1

    @cython.locals(octets="const unsigned char *", start=Py_ssize_t, end=Py_ssize_t)
    cdef int note_connection(self, int index) except -1

    cdef bytes value_at(self, int index)

    @cython.locals(value="const unsigned char *", octets="const unsigned char *", start=Py_ssize_t, end=Py_ssize_t, i=Py_ssize_t, octet=int, length="long long")
    cdef long long scan_length(self) except -2

    cdef bint scan_coding(self, int version_minor) except -1

    cdef int keep_only(self, Py_ssize_t start, Py_ssize_t end) except -1

    @cython.locals(wanted="const unsigned char *", length=Py_ssize_t, spans="int *", i=int, base=int)
    cpdef get(self, bytes name)

    @cython.locals(wanted="const unsigned char *", length=Py_ssize_t, spans="int *", i=int, base=int)
    cpdef list get_all(self, bytes name)

    @cython.locals(spans="int *", i=int, base=int)
    cpdef list items(self)

    @cython.locals(
        octets="const unsigned char *", spans="int *", i=int, base=int, length=int, mask="unsigned long long",
        run=Py_ssize_t, dropped=bint,
    )
    cpdef copy_to(self, HeadWriter out, bytes start_line, frozenset drop)
