/* Where the program's files are mapped, for a debugger (CONTROL_MAPS_ASK). */
#pragma once

void control_maps_start(void);
