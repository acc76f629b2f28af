#pragma once

#include <hiredis/hiredis.h>
#include <sqlite3.h>

// Debian keeps the headers of PostgreSQL's client in a folder of their own, which pkg-config names.
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif
