// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/interrupt.hpp"

namespace mlops::run {

/// Sets a stop signal aside while what it stopped is recorded or cleaned up; another one counts again.
class Uninterrupted {
 public:
  Uninterrupted() : signal_(pending_interrupt()) {
    if (signal_ != 0) {
      clear_interrupt();
    }
  }
  ~Uninterrupted() {
    if (signal_ != 0 && pending_interrupt() == 0) {
      raise_interrupt(signal_);
    }
  }
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

 private:
  int signal_;
};

}  // namespace mlops::run
