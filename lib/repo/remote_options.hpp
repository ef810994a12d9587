// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "remote/transport.hpp"
#include "repo/config.hpp"

namespace mlops::repo {

/// What the configuration says of a remote, ready for a transport.
struct RemotePlace {
  std::string name;               ///< as the configuration has it
  remote::RemoteOptions options;  ///< of those that count: `url` as it is used, the others as they are
  bool committed = false;         ///< whether the committed file decides where it is (D21)
};

/// Looks a remote up. A url `remote://other/path` means a path below another remote, whose options count where this one
/// does not say otherwise. Throws Error (missing) for an unknown name, with the nearest.
RemotePlace remote_place(const Config& config, const std::string& name);

/// Warns of keys that begin with `prefix` and would be in force if the committed file were trusted.
void warn_of_waiting(const Config& config, const std::string& prefix);

}  // namespace mlops::repo
