/* Values of socket options. */
#include "core/clock.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "net/option.h"

int option_read_int(const void *value, uint32_t size, int *number) {
    if (size == 0)
        return -EINVAL;
    *number = *(const uint8_t *)value;
    if (size >= sizeof(*number))
        memcpy(number, value, sizeof(*number));
    return 0;
}

int option_write(void *value, uint32_t *size, const void *from, uint32_t length) {
    *size = MIN(*size, length);
    memcpy(value, from, *size);
    return 0;
}

int option_write_int(void *value, uint32_t *size, int number) {
    return option_write(value, size, &number, sizeof(number));
}

int option_read_timeout(const void *value, uint32_t size, nanos_t *timeout) {
    struct linux_timeval time;
    if (size < sizeof(time))
        return -EINVAL;
    memcpy(&time, value, sizeof(time));
    if (time.microseconds < 0 || time.microseconds >= 1000000)
        return -EDOM;
    const int64_t longest = INT64_MAX / (int64_t)NANOS_PER_SECOND - 1;
    *timeout = time.seconds < 0 ? 1
                                : (nanos_t)MIN(time.seconds, longest) * NANOS_PER_SECOND +
                                      (nanos_t)time.microseconds * NANOS_PER_US;
    return 0;
}

int option_write_timeout(void *value, uint32_t *size, nanos_t timeout) {
    const struct linux_timeval time = {(int64_t)(timeout / NANOS_PER_SECOND),
                                       (int64_t)(timeout % NANOS_PER_SECOND / NANOS_PER_US)};
    return option_write(value, size, &time, sizeof(time));
}

nanos_t option_deadline(nanos_t timeout) {
    return timeout == 0 ? NANOS_NEVER : clock_monotonic() + timeout;
}
