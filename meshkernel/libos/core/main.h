/* Steps of the start-up that a machine takes again behind a seal. */
#pragma once

/* Tables, interrupt controllers, the clock's counter, extended state, the way in. */
void start_processor(void);

/* The first module is parsed and cleared. */
void read_configuration(void);

/* A new stack canary; the caller must not be protected by it and does not return. */
void set_canary(void);
