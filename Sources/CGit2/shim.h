#pragma once
#include <sys/types.h>
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

/// Keeps folders of up to 1 MiB (some 25,000 entries) in memory once they are read, 64 MiB in all,
/// so that looking up every file of a folder does not read the folder once a file. Without this
/// libgit2 keeps folders of up to 4 KiB.
static inline int larder_git_keep_large_trees(void) {
  int error = git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, (int)GIT_OBJECT_TREE, (size_t)1 << 20);
  return error < 0 ? error : git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)64 << 20);
}
