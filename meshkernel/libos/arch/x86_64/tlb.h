/* The cache of translations of an emulated processor. */
#pragma once

/* A new processor: at boot, and behind a seal. CPUID has been looked at. */
void tlb_init(void);

/* A page was filled in, or an interrupt came: events that become more with what is worked on. */
void tlb_event(void);
