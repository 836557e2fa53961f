#pragma once

/// The Git commit that this program was built from, with `+` after it where the checkout had
/// changes; empty where it was no checkout.
const char *larder_release_commit(void);
