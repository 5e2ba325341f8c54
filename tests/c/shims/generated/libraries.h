/* Every library, unless a test says otherwise. */
#pragma once

#ifndef TEST_WITHOUT_IPV6
#define MK_HAVE_NET_IPV6 1
#endif
#define MK_HAVE_NET_RAW 1
#define MK_HAVE_NET_UDP 1
#define MK_HAVE_NET_FRAGMENTS 1
