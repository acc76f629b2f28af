#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

static const char done_marker[] = "data: [DONE]";

void die(const char *what) {
    fprintf(stderr, "error: %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

const char *header_value(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strchr(head, '\n'); line; line = strchr(line, '\n')) {
        line += 1;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            while (*line == ' ') line += 1;
            return line;
        }
    }
    return NULL;
}

void answer_reset(Answer *answer) {
    memset(answer, 0, offsetof(Answer, head));
    answer->head_length = 0;
    answer->remaining = 0;
    answer->trailer_line = 0;
    answer->after_newline = false;
    answer->marker = 0;
}

static void head_ended(Answer *answer) {
    if (sscanf(answer->head, "HTTP/1.%*d %d", &answer->status) != 1) answer->is_malformed = true;
    const char *connection = header_value(answer->head, "connection");
    answer->closes = connection && strncasecmp(connection, "close", 5) == 0;
    const char *encoding = header_value(answer->head, "transfer-encoding");
    const char *length = header_value(answer->head, "content-length");
    if (encoding && strncasecmp(encoding, "chunked", 7) == 0) {
        answer->is_chunked = true;
        answer->state = CHUNK_SIZE;
    } else if (length) {
        answer->remaining = strtoull(length, NULL, 10);
        answer->state = FIXED;
        answer->is_complete = answer->remaining == 0;
    } else {
        answer->is_malformed = true;
    }
}

static void take_body(Answer *answer, const char *bytes, size_t count) {
    answer->body_bytes += count;
    for (size_t index = 0; index < count; index += 1) {
        char byte = bytes[index];
        if (byte == '\n') {
            if (answer->after_newline) answer->events += 1;
            answer->after_newline = !answer->after_newline;
            answer->marker = 0;
        } else if (byte != '\r') {
            answer->after_newline = false;
            // No part of the marker is its own beginning, so that a mismatch begins anew with the next line.
            if (answer->marker < sizeof done_marker - 1) {
                answer->marker = done_marker[answer->marker] == byte ? answer->marker + 1 : SIZE_MAX;
            }
            if (answer->marker == sizeof done_marker - 1) answer->is_done = true;
        }
    }
}

static int hexadecimal(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

void answer_read(Answer *answer, const char *bytes, size_t count) {
    size_t index = 0;
    while (index < count && !answer->is_malformed) {
        if (answer->is_complete) {
            answer->is_malformed = true;
            return;
        }
        size_t left = count - index;
        switch (answer->state) {
        case HEAD: {
            if (answer->head_length == sizeof answer->head - 1) {
                answer->is_malformed = true;
                break;
            }
            answer->head[answer->head_length++] = bytes[index++];
            answer->head[answer->head_length] = 0;
            size_t length = answer->head_length;
            if (length >= 4 && memcmp(answer->head + length - 4, "\r\n\r\n", 4) == 0) head_ended(answer);
            break;
        }
        case FIXED:
        case CHUNK_DATA: {
            size_t taken = left < answer->remaining ? left : (size_t)answer->remaining;
            take_body(answer, bytes + index, taken);
            index += taken;
            answer->remaining -= taken;
            if (answer->remaining > 0) break;
            if (answer->state == FIXED) answer->is_complete = true;
            else answer->state = CHUNK_END;
            break;
        }
        case CHUNK_SIZE:
        case CHUNK_EXTENSION: {
            char byte = bytes[index++];
            int digit = hexadecimal(byte);
            if (byte == '\n') {
                answer->state = answer->remaining == 0 ? TRAILER : CHUNK_DATA;
                answer->trailer_line = 0;
            } else if (answer->state == CHUNK_SIZE && digit >= 0) {
                answer->remaining = answer->remaining * 16 + (uint64_t)digit;
            } else {
                answer->state = CHUNK_EXTENSION;
            }
            break;
        }
        case CHUNK_END:
            if (bytes[index++] == '\n') answer->state = CHUNK_SIZE;
            break;
        case TRAILER: {
            char byte = bytes[index++];
            if (byte == '\n') {
                answer->is_complete = answer->trailer_line == 0;
                answer->trailer_line = 0;
            } else if (byte != '\r') {
                answer->trailer_line += 1;
            }
            break;
        }
        }
    }
}

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int connect_loopback(uint16_t port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) die("socket");
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
    return descriptor;
}

int listen_loopback(uint16_t *port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) die("socket");
    int one = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = loopback(*port);
    socklen_t length = sizeof address;
    if (bind(descriptor, (struct sockaddr *)&address, length) != 0) die("bind");
    if (listen(descriptor, 4096) != 0) die("listen");
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) die("getsockname");
    *port = ntohs(address.sin_port);
    return descriptor;
}
