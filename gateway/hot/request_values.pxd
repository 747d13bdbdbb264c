# The C types of request_values.py.
cimport cython
from gateway.hot.head cimport RequestHead

@cython.locals(octets="const unsigned char *", whole=Py_ssize_t, end=Py_ssize_t, pos=Py_ssize_t, octet=int, upper=bint, host=bytes)
cpdef bytes host_name(bytes authority)

@cython.locals(values=list)
cpdef bytes header_value(RequestHead head, bytes name)

@cython.locals(
    octets="const unsigned char *", whole=Py_ssize_t, length=Py_ssize_t, start=Py_ssize_t, pos=Py_ssize_t,
    equals=Py_ssize_t, key_end=Py_ssize_t, octet=int, coded=bint,
)
cpdef bytes query_value(bytes query, bytes name)

cpdef dict query_values(bytes query)

cpdef dict header_values(RequestHead head)

cpdef bytes decoded(bytes text)
