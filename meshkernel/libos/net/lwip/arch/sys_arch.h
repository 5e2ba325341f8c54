/* Nothing: NO_SYS, and the library OS runs with interrupts off. */
#pragma once
