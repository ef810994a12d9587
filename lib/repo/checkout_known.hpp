// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "repo/checkout.hpp"

namespace mlops::repo {

/// Entries of paths inside tracked directories whose listings need not be in the cache.
using KnownEntries = std::map<fs::RepoPath, store::Entry>;

/// As checkout, taking the entries of partial targets from `known` where it has them.
CheckoutResult checkout_known(Workspace& workspace, const CheckoutOptions& options, const KnownEntries& known);

}  // namespace mlops::repo
