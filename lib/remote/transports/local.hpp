// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "remote/transport.hpp"

namespace mlops::remote {

/// Makes the transport for a folder: `options["url"]` is an absolute path or a file:// address. Throws Error (usage)
/// for any other.
std::unique_ptr<Transport> make_local(const RemoteOptions& options);

}  // namespace mlops::remote
