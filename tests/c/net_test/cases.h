/* The cases of each file beside this one. */
#pragma once

void tcp_cases(void);
void request_cases(void);
void stream_cases(void);
void checksum_cases(void);
void frame_cases(void);
void icmp_error_cases(void);
