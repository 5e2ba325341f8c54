/* Shared by the files that make up /proc. */
#pragma once

#include "fs/proc/generated.h"

extern const struct generator proc_system_files[], proc_process_files[];
extern const size_t proc_system_file_count, proc_process_file_count;

/* The directories of /proc/1 whose entries come and go: fd and task. */
void proc_add_dynamic(struct node *root);

/* Adds a file of another library, from START_NETWORK on. */
void proc_add_file(const struct generator *file);

void proc_stat_of(struct text *text, int tid, const char *name);
