#pragma once
#include <stdint.h>

/// How often the process has allocated memory since it started.
///
/// The allocation functions of the C library are replaced in the executable that links this, so that what the Swift
/// runtime allocates is counted too.
uint64_t counting_malloc_count(void);
