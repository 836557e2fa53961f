#include "release.h"

// Package.swift gives the commit: a C macro is the one value that a manifest can hand to code.
#ifndef LARDER_COMMIT
#define LARDER_COMMIT ""
#endif

const char *larder_release_commit(void) { return LARDER_COMMIT; }
