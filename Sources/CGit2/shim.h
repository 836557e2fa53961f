#pragma once
#include <git2.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

// git_libgit2_opts is variadic, which Swift cannot call: one function an option.

/// Packs, loose objects and references are written with fsync, their folders too.
static inline int larder_git_enable_fsync(void) {
  return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

/// Opens repositories whatever user they belong to. libgit2 runs no hook and no command that a
/// repository names, so a repository of somebody else can only be wrong, not harmful.
static inline int larder_git_allow_any_owner(void) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}
