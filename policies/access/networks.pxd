# The C types of networks.py: an address is read by the C library, and a look-up makes no number of Python's.
cimport cython

cdef extern from *:
    """
    #include <arpa/inet.h>
    #include <string.h>
    static PyObject *packed_address(PyObject *text) {
        unsigned char octets[16];
        char literal[INET6_ADDRSTRLEN];
        Py_ssize_t length;
        const char *given = PyUnicode_AsUTF8AndSize(text, &length);
        if (given == NULL) return NULL;
        const char *zone = memchr(given, '%', (size_t)length);
        if (zone != NULL) {
            Py_ssize_t rest = given + length - zone - 1;
            if (rest == 0 || memchr(zone + 1, '%', (size_t)rest) != NULL) goto refused;
            length = zone - given;
        }
        /* A null octet would end it for the C library before its end. */
        if (length >= (Py_ssize_t)sizeof literal || memchr(given, 0, (size_t)length) != NULL) goto refused;
        memcpy(literal, given, (size_t)length);
        literal[length] = 0;
        if (zone == NULL && inet_pton(AF_INET, literal, octets) == 1)
            return PyBytes_FromStringAndSize((const char *)octets, 4);
        if (inet_pton(AF_INET6, literal, octets) == 1)
            return PyBytes_FromStringAndSize((const char *)octets, 16);
    refused:
        return PyErr_Format(PyExc_ValueError, "not an IP address: %R", text);
    }
    """
    object packed_address(object text)

cdef class Ranges:
    cdef unsigned long long[::1] _high
    cdef unsigned int[::1] _index
    cdef unsigned long long[::1] _low
    cdef int _shift
    cdef list _values

    @cython.locals(bucket=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, middle=Py_ssize_t, start="unsigned long long")
    cdef object find(self, unsigned long long high, unsigned long long low)

cdef class NetworkTable:
    cdef Ranges _v4
    cdef Ranges _v6

    @cython.locals(octets=bytes, high="unsigned long long", low="unsigned long long", index=Py_ssize_t)
    cpdef object find(self, str address)
