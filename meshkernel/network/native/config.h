/* The configuration: one fact a line (docs/formats.md, "Switch configuration"). */
#pragma once

#include "mesh.h"

struct trouble {
    bool users;     /* the user can mend it: exit code 2 */
    char text[256]; /* what, and the remedy */
};

/* Carries out every line of the file. False: *trouble says why. */
bool config_read(struct mesh *mesh, const char *path, struct trouble *trouble);

/* Carries out one line; also how a control command adds a port or a link later. */
bool config_line(struct mesh *mesh, char *line, struct trouble *trouble);
