/* Randomness for the application. The generator is seeded before any program starts, so no flag
 * ever waits. */
#include "core/random.h"
#include "core/string.h"
#include "core/thread.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "mm/user.h"

#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u

#define CHUNK 256

int64_t sys_getrandom(uaddr_t address, size_t size, uint32_t flags) {
    uint8_t chunk[CHUNK];
    size_t done = 0;
    if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((flags & GRND_RANDOM) && (flags & GRND_INSECURE))
        return -EINVAL;
    size = MIN(size, (size_t)INT32_MAX);
    while (done < size && !(done > 0 && signal_due())) {
        size_t step = MIN(size - done, sizeof chunk);
        random_bytes(chunk, step);
        if (copy_to_user(address + done, chunk, step) != 0) {
            memset(chunk, 0, sizeof chunk);
            return done ? (int64_t)done : -EFAULT;
        }
        done += step;
    }
    memset(chunk, 0, sizeof chunk); /* the application's secret now */
    return (int64_t)done;
}
