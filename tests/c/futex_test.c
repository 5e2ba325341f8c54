/* Futexes: several threads that wait are several C stacks, which is what a sleeping call here is:
 * while a thread "sleeps", the test does the next thing. */
#include "linux/futex/futex.h"

#include "check.h"
#include "core/start.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "linux/errno.h"
#include "linux/signal.h"
#include "shims.h"

int64_t sys_futex(uaddr_t address, int operation, uint32_t value, uaddr_t timeout, uaddr_t second,
                  uint32_t value3);
int64_t sys_set_robust_list(uaddr_t head, size_t size);

#define WAIT 0
#define WAKE 1
#define REQUEUE 3
#define CMP_REQUEUE 4
#define WAKE_OP 5
#define LOCK_PI 6
#define WAIT_BITSET 9
#define WAKE_BITSET 10
#define PRIVATE 128
#define REALTIME 256

#define ADDRESS(variable) ((uaddr_t)(uintptr_t)&(variable))

static uint32_t word = 5, other = 7;

static int64_t futex(int operation, uint32_t value) {
    return sys_futex(ADDRESS(word), operation | PRIVATE, value, 0, 0, 0);
}

static void test_value_is_tested(void) {
    CHECK_EQUAL(futex(WAIT, 4), -EAGAIN);
    CHECK_EQUAL(sys_futex(0x10, WAIT, 4, 0, 0, 0), -EFAULT);
    CHECK_EQUAL(sys_futex(ADDRESS(word) + 1, WAIT, 4, 0, 0, 0), -EINVAL);
    CHECK_EQUAL(futex(WAKE, 1), 0);
    CHECK_EQUAL(futex(6, 1), -ENOSYS);
}

static int wake_the_sleeper(nanos_t deadline) {
    CHECK_EQUAL(deadline, NANOS_NEVER);
    CHECK_EQUAL(futex(WAKE, 10), 1);
    CHECK_EQUAL(futex(WAKE, 10), 0);
    return 0;
}

static void test_wait_and_wake(void) {
    shim_sleep = wake_the_sleeper;
    CHECK_EQUAL(futex(WAIT, 5), 0);
    CHECK_EQUAL(futex(WAKE, 10), 0);
}

static nanos_t deadline_seen;

static int note_deadline(nanos_t deadline) {
    deadline_seen = deadline;
    return -ETIMEDOUT;
}

static int64_t wait_until(int operation, int64_t seconds, int64_t nanoseconds) {
    struct linux_timespec time = {seconds, nanoseconds};

    return sys_futex(ADDRESS(word), operation, 5, ADDRESS(time), 0, UINT32_MAX);
}

static void test_deadlines(void) {
    shim_sleep = note_deadline;
    CHECK_EQUAL(wait_until(WAIT, 2, 3), -ETIMEDOUT);
    CHECK_EQUAL(deadline_seen, shim_now + 2 * NANOS_PER_SECOND + 3);
    CHECK_EQUAL(wait_until(WAIT_BITSET, 2000, 3), -ETIMEDOUT);
    CHECK_EQUAL(deadline_seen, 2000 * NANOS_PER_SECOND + 3);
    int64_t wall = (shim_now + shim_realtime_offset) / NANOS_PER_SECOND;
    CHECK_EQUAL(wait_until(WAIT_BITSET | REALTIME, wall + 4, 0), -ETIMEDOUT);
    CHECK_EQUAL(deadline_seen, shim_now + 4 * NANOS_PER_SECOND);
    CHECK_EQUAL(wait_until(WAIT_BITSET | REALTIME, 1, 0), -ETIMEDOUT);
    CHECK_EQUAL(deadline_seen, shim_now);
    CHECK_EQUAL(wait_until(WAIT, INT64_MAX, 0), -ETIMEDOUT);
    CHECK(deadline_seen > shim_now);
    CHECK_EQUAL(wait_until(WAIT, 1, 1000000000), -EINVAL);
    CHECK_EQUAL(wait_until(WAIT, -1, 0), -EINVAL);
    CHECK_EQUAL(futex(WAKE, 10), 0); /* none is left behind */
}

static int signal_comes(nanos_t deadline) {
    (void)deadline;
    shim_signal_waiting = true;
    return -EINTR;
}

static void test_signals(void) {
    struct linux_timespec time = {1, 0};

    shim_sleep = signal_comes;
    CHECK_EQUAL(futex(WAIT, 5), -ERESTARTSYS);
    shim_signal_waiting = false;
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAIT, 5, ADDRESS(time), 0, 0), -EINTR);
    shim_signal_waiting = false;
    CHECK_EQUAL(futex(WAKE, 10), 0);
}

static int wake_by_bits(nanos_t deadline) {
    (void)deadline;
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAKE_BITSET, 1, 0, 0, 4), 0);
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAKE_BITSET, 1, 0, 0, 0), -EINVAL);
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAKE_BITSET, 1, 0, 0, 6), 1);
    return 0;
}

static void test_bits(void) {
    shim_sleep = wake_by_bits;
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAIT_BITSET, 5, 0, 0, 2), 0);
    CHECK_EQUAL(sys_futex(ADDRESS(word), WAIT_BITSET, 5, 0, 0, 0), -EINVAL);
}

static int64_t requeue(uint32_t expected, int wake, uint64_t move) {
    return sys_futex(ADDRESS(word), CMP_REQUEUE, wake, move, ADDRESS(other), expected);
}

static int move_the_sleepers(nanos_t deadline) {
    static int depth;

    (void)deadline;
    if (++depth < 4) { /* three more wait on the same word, each on top of the other */
        CHECK_EQUAL(futex(WAIT, 5), 0);
        return 0;
    }
    CHECK_EQUAL(requeue(6, 1, 2), -EAGAIN);
    CHECK_EQUAL(requeue(5, 1, 2), 3);
    CHECK_EQUAL(futex(WAKE, 10), 1); /* the fourth stayed */
    CHECK_EQUAL(sys_futex(ADDRESS(other), WAKE, 10, 0, 0, 0), 2);
    CHECK_EQUAL(requeue(5, -1, 2), -EINVAL);
    return 0;
}

static void test_requeue(void) {
    shim_sleep = move_the_sleepers;
    CHECK_EQUAL(futex(WAIT, 5), 0);
}

static int64_t wake_op(uint32_t operation, uint32_t comparison, uint32_t argument,
                       uint32_t compared) {
    return sys_futex(ADDRESS(word), WAKE_OP, 1, 1, ADDRESS(other),
                     operation << 28 | comparison << 24 | argument << 12 | compared);
}

static int operate(nanos_t deadline) {
    (void)deadline;
    other = 7;
    CHECK_EQUAL(wake_op(1, 1, 0xfff, 7), 1); /* adds -1; "not equal to 7" does not hold */
    CHECK_EQUAL(other, 6);
    CHECK_EQUAL(wake_op(0, 0, 3, 6), 0);
    CHECK_EQUAL(other, 3);
    CHECK_EQUAL(wake_op(8 + 2, 4, 4, 0), 0); /* or with 1 << 4 */
    CHECK_EQUAL(other, 19);
    CHECK_EQUAL(wake_op(3, 2, 1, 0), 0);
    CHECK_EQUAL(other, 18);
    CHECK_EQUAL(wake_op(5, 2, 1, 0), -ENOSYS);
    return 0;
}

static void test_wake_op(void) {
    shim_sleep = operate;
    CHECK_EQUAL(futex(WAIT, 5), 0);
}

struct robust {
    struct robust *next;
    uint32_t word;
};

static void test_robust_list(void) {
    struct {
        struct robust *next;
        int64_t offset;
        struct robust *pending;
    } head;
    struct robust mine = {(void *)&head, 1 | 0x80000000u}, taken = {&mine, 99}, half = {NULL, 1};

    head.next = &taken;
    head.offset = offsetof(struct robust, word);
    head.pending = &half;
    CHECK_EQUAL(sys_set_robust_list(ADDRESS(head), 23), -EINVAL);
    CHECK_EQUAL(sys_set_robust_list(ADDRESS(head), 24), 0);
    futex_release_robust(current);
    CHECK_EQUAL(mine.word, 0xc0000000u);
    CHECK_EQUAL(taken.word, 99);
    CHECK_EQUAL(half.word, 0x40000000u);
    mine.next = &taken; /* a circle ends too */
    futex_release_robust(current);
}

/* As in an image without linux/futex/operations: its hook is not set. */
static void test_without_operations(void) {
    CHECK_EQUAL(sys_futex(ADDRESS(word), LOCK_PI, 0, 0, 0, 0), -ENOSYS); /* without a word */
    CHECK(shim_left_out == NULL);
    CHECK_EQUAL(requeue(5, 1, 1), -ENOSYS);
    CHECK(strcmp(shim_left_out, "linux/futex/operations") == 0);
}

int main(void) {
    RUN(test_without_operations);
    start_libraries(START_PROGRAM);
    RUN(test_value_is_tested);
    RUN(test_wait_and_wake);
    RUN(test_deadlines);
    RUN(test_signals);
    RUN(test_bits);
    RUN(test_requeue);
    RUN(test_wake_op);
    RUN(test_robust_list);
    return 0;
}
