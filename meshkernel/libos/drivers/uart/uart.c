/* The first serial port (16550, QEMU: -serial, isa-serial=on): the console for people. Output is
 * polled: a hypervisor takes a byte at once. */
#include "drivers/uart/uart.h"

#include "arch/x86_64/interrupts.h"
#include "arch/x86_64/io.h"
#include "fs/console.h"

#define UART_BASE 0x3f8
#define UART_DATA (UART_BASE + 0)
#define UART_INTERRUPTS (UART_BASE + 1)
#define UART_FIFO (UART_BASE + 2)
#define UART_LINE_CONTROL (UART_BASE + 3)
#define UART_MODEM_CONTROL (UART_BASE + 4)
#define UART_LINE_STATUS (UART_BASE + 5)

#define UART_GSI 4

#define INTERRUPT_RECEIVED 0x01
#define LINE_8N1 0x03
#define FIFO_OFF 0x00           /* switching it on loses the byte that is there already */
#define MODEM_DTR_RTS_OUT2 0x0b /* OUT2 lets the interrupt through */
#define STATUS_RECEIVED 0x01
#define STATUS_ROOM 0x20
#define STATUS_ABSENT 0xff /* what a bus without the device answers */

/* Whoever reads the console on the host may be slow: a byte waits for some seconds before it is
 * dropped. Between two looks there is a pause, else an emulator never gets to empty the port. A
 * port that had no room for so long is not waited for again until it has. */
#define PATIENCE 100000
#define QUICK_LOOKS 50
#define PAUSE 500

static bool stuck;
static bool present;

void uart_init(void) {
    present = in8(UART_LINE_STATUS) != STATUS_ABSENT;
    if (!present)
        return;
    out8(UART_INTERRUPTS, 0);
    out8(UART_LINE_CONTROL, LINE_8N1);
    out8(UART_FIFO, FIFO_OFF);
    out8(UART_MODEM_CONTROL, MODEM_DTR_RTS_OUT2);
}

static bool has_room(void) {
    return in8(UART_LINE_STATUS) & STATUS_ROOM;
}

static bool wait_for_room(void) {
    for (int look = 0; look < (stuck ? 1 : PATIENCE); look++) {
        if (has_room()) {
            stuck = false;
            return true;
        }
        for (int i = 0; look > QUICK_LOOKS && i < PAUSE; i++)
            __asm__ volatile("pause");
    }
    stuck = true;
    return false;
}

void uart_write(const char *text, size_t size) {
    if (!present)
        return;
    for (size_t i = 0; i < size; i++)
        if (wait_for_room())
            out8(UART_DATA, (uint8_t)text[i]);
}

/* What does not fit stays in the device, which then takes no more from the host. */
static void receive_some(void) {
    while (console_room() > 0 && in8(UART_LINE_STATUS) & STATUS_RECEIVED) {
        char byte = (char)in8(UART_DATA);
        console_input(&byte, 1);
    }
}

static void receive(void *argument) {
    (void)argument;
    receive_some();
}

void uart_start_input(void) {
    if (!present)
        return;
    interrupt_attach(UART_GSI, false, receive, NULL);
    console_has_room = receive_some;
    out8(UART_INTERRUPTS, INTERRUPT_RECEIVED);
}
