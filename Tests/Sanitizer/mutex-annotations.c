// Tells the thread sanitizer about the slow paths of Swift's `Mutex`.
//
// `Mutex` locks by an atomic that is compiled into the caller, which the sanitizer sees. When two threads meet, it calls
// into libswiftSynchronization, where the kernel hands the lock over. That library is not instrumented, so the sanitizer
// misses the hand-over and reports a race for data that the lock protects. This library is loaded before it, stands in
// for its two slow functions, calls the real ones, and marks the lock as taken and given back. It changes nothing else:
// a race on unprotected data is still found.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex

// Absent in a process that is not instrumented, such as the package manager itself.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

SWIFT void annotatedLockSlow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void annotatedUnlockSlow(SELF) __asm__(UNLOCK_SLOW);

typedef SWIFT void (*LockSlow)(uint32_t thread, SELF);
typedef SWIFT void (*UnlockSlow)(SELF);

static void *realFunction(const char *symbol) {
    void *function = dlsym(RTLD_NEXT, symbol);
    if (!function) abort();
    return function;
}

SWIFT void annotatedLockSlow(uint32_t thread, SELF) {
    ((LockSlow)realFunction(LOCK_SLOW))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void annotatedUnlockSlow(SELF) {
    if (__tsan_release) __tsan_release(mutex);
    ((UnlockSlow)realFunction(UNLOCK_SLOW))(mutex);
}
