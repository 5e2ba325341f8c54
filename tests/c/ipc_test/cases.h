/* The cases of each file beside this one. */
#pragma once

void pipe_cases(void);
void counter_cases(void);
void epoll_cases(void);
void polling_cases(void);
void local_cases(void);
void ancillary_cases(void);
