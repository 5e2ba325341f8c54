#include "core/start.h"

SET_DECLARE(starts, const struct start *);

void start_libraries(enum start_stage stage) {
    SET_FOR_EACH(starts, const struct start *, member)
    if ((*member)->stage == stage)
        (*member)->run();
}
