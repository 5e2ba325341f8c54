/* lwIP's sources include this; what they call of it is in arch/cc.h. atoi only serves interfaces
 * found by name, which nothing here looks up. */
#pragma once
int atoi(const char *text);
