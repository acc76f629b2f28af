// The little of HTTP/1.1 that the load generator and the provider of streams share.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads an answer of whatever framing, one read after the other, without keeping it.
typedef struct {
    int status;
    bool is_chunked;
    bool closes;
    bool is_complete;
    bool is_malformed;
    /// Blank lines in the body: the events of a stream.
    uint32_t events;
    /// Whether the end marker of a stream has come.
    bool is_done;
    uint64_t body_bytes;

    enum { HEAD, FIXED, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, TRAILER } state;
    char head[8192];
    size_t head_length;
    uint64_t remaining;
    size_t trailer_line;
    bool after_newline;
    size_t marker;
} Answer;

/// Begins with the next answer of a connection.
void answer_reset(Answer *answer);

/// Takes in bytes; what comes after the end of the answer is an error, since one request is under way at a time.
void answer_read(Answer *answer, const char *bytes, size_t count);

/// The value of a header field, or NULL; `head` is a whole head that ends in NUL.
const char *header_value(const char *head, const char *name);

/// Listens on or connects to loopback; ends the program when it cannot. Sockets do not block and send at once.
int listen_loopback(uint16_t *port);
int connect_loopback(uint16_t port);

uint64_t now_nanoseconds(void);

_Noreturn void die(const char *what);
