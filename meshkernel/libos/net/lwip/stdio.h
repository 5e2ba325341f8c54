/* lwIP includes this and, with its diagnostics off, uses none of it. */
#pragma once
