// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mlops {

/// Makes SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process; SIGPIPE is ignored.
/// A second SIGINT while the first is being handled only raises `interrupt_count`.
void install_signal_handlers();

/// Returns the first signal received since the start or the last `clear_interrupt`, or 0.
int pending_interrupt();

/// Returns how many stop signals have been received.
int interrupt_count();

/// Returns a descriptor that becomes readable when a stop signal arrives, for poll loops; -1 before handlers are set.
int interrupt_fd();

/// Acts as if `signal` had been received (tests).
void raise_interrupt(int signal);
void clear_interrupt();

/// Throws Interrupted if a stop signal is pending. Loops over files or buffers call it.
void check_interrupt();

/// While one lives, `check_interrupt` does not throw in this thread: for the short work of recording what was done
/// before the signal came.
class InterruptsHeld {
 public:
  InterruptsHeld();
  InterruptsHeld(const InterruptsHeld&) = delete;
  InterruptsHeld& operator=(const InterruptsHeld&) = delete;
  ~InterruptsHeld();
};

}  // namespace mlops
