// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "util/process.hpp"

namespace mlops {

enum class Group { own, inherited };

/// Where a child's standard output and error go: descriptors of ours that it gets copies of.
struct SpawnOutputs {
  int out = -1;
  int err = -1;
};

/// Starts `command` and lists it among StartedChildren. Throws Error when it cannot be started.
pid_t spawn(const Command& command, const SpawnOutputs& outputs, Group group);

}  // namespace mlops
