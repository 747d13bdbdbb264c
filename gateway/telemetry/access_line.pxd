# The C types of access_line.py. The numbers of fields are constants here, so that the choice between them is a jump.
cimport cython
from gateway.hot.json_writer cimport JsonWriter

cdef enum:
    _TIME
    _CLIENT
    _LISTENER
    _METHOD
    _HOST
    _PATH
    _PROTOCOL
    _STATUS
    _TENANT
    _ROUTE
    _BACKEND
    _ENDPOINT
    _BYTES_IN
    _BYTES_OUT
    _DURATION
    _UPSTREAM
    _RETRIES
    _REQUEST_ID
    _IDENTITY
    _TAGS
    _USER_AGENT
    _HEADERS
    _ERROR
    _DETAIL
    _WOULD_DENY

cdef class AccessEntry:
    cdef public double unix_s
    cdef public str client
    cdef public str listener
    cdef public bytes method
    cdef public bytes host
    cdef public bytes path
    cdef public str protocol
    cdef public int status
    cdef public str tenant
    cdef public str route
    cdef public str backend
    cdef public str endpoint
    cdef public long long bytes_in
    cdef public long long bytes_out
    cdef public long long duration_ns
    cdef public long long upstream_ns
    cdef public long long retries
    cdef public bytes request_id
    cdef public str identity
    cdef public str tags
    cdef public bytes user_agent
    cdef public bytes headers
    cdef public str error
    cdef public str detail
    cdef public str would_deny

cdef class AccessLines:
    cdef bytes _codes
    cdef Py_ssize_t _count
    cdef tuple _prefixes
    cdef bytes _end
    cdef tuple _known
    cdef list _last_texts
    cdef list _last_parts
    cdef JsonWriter _out
    cdef JsonWriter _aside
    cdef long long _second
    cdef bytes _second_text

    cpdef Py_ssize_t size_bytes(self) except -1
    cpdef bytes take(self)
    @cython.locals(begun=Py_ssize_t)
    cpdef int add(self, AccessEntry entry) except -1
    @cython.locals(out=JsonWriter, codes="const unsigned char *", place=Py_ssize_t, code=int, text=str)
    cdef int _render(self, AccessEntry entry) except -1
    cdef str _text_of(self, AccessEntry entry, int code)
    @cython.locals(known=dict, part=bytes, aside=JsonWriter)
    cdef int _put_text(self, Py_ssize_t place, str text) except -1
    @cython.locals(second="long long", microsecond=int)
    cdef int _put_time(self, double unix_s) except -1
