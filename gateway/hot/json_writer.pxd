# The C types of json_writer.py; the octets of a text have another way in Python (see buffers.py).
cdef extern from *:
    """
    static const unsigned char *utf8_of(PyObject *text) {
        return (const unsigned char *)PyUnicode_AsUTF8AndSize(text, NULL);
    }
    static Py_ssize_t utf8_size(PyObject *text) {
        Py_ssize_t size = -1;
        PyUnicode_AsUTF8AndSize(text, &size);
        return size;
    }
    """
    const unsigned char *utf8_of(str text) except NULL
    Py_ssize_t utf8_size(str text) except -1

cimport cython
from gateway.hot.writer cimport HeadWriter

cdef const unsigned char *_latin_1
cdef const unsigned char *_utf_8
cdef int _ESCAPED
cdef tuple _ESCAPES
cdef tuple _WIDE

cdef class JsonWriter(HeadWriter):
    cpdef int put_octets(self, bytes octets) except -1
    cpdef int put_text(self, str text) except -1
    @cython.locals(pos=Py_ssize_t, start=Py_ssize_t, octet=int)
    cdef int put_escaped(self, const unsigned char *octets, Py_ssize_t count, const unsigned char *kinds) except -1
    @cython.locals(bound="unsigned long long", digits=int, octets="unsigned char *", at=Py_ssize_t)
    cpdef int put_count(self, unsigned long long number) except -1
    @cython.locals(duration_us="unsigned long long", rest=int, octets="unsigned char *", at=Py_ssize_t)
    cpdef int put_milliseconds(self, unsigned long long duration_ns) except -1
    @cython.locals(octets="unsigned char *", at=Py_ssize_t)
    cpdef int put_three_digits(self, int number) except -1
