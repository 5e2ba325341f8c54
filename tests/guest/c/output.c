/* Much output at once: none of it may be lost, however slow the reader. */
#include "guest.h"

int main(void) {
    for (int i = 0; i < 3000; i++)
        printf("%06d abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ\n", i);
    return 0;
}
