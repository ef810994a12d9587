// SPDX-License-Identifier: Apache-2.0
// Trying again after failures that pass by themselves (I-16).

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "remote/remote.hpp"
#include "util/clock.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::remote {
namespace {

/// Waits on the descriptor that a stop signal makes readable, so that Ctrl-C ends the wait at once.
void wait_interruptibly(double seconds) {
  pollfd stop{.fd = interrupt_fd(), .events = POLLIN, .revents = 0};
  ::poll(&stop, 1, static_cast<int>(seconds * 1000));
  check_interrupt();
}

/// A number in [0.5, 1), so that many clients that failed together do not come back together.
double jitter() {
  const std::string word = random_word(1);
  return 0.5 + static_cast<double>(static_cast<unsigned char>(word[0]) % 32U) / 64.0;
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void with_retries(const RetryPolicy& policy, const std::string& what, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  double asked_seconds = 0;
  double longest = policy.first_delay_seconds;
  for (unsigned attempt = 1;; ++attempt) {
    check_interrupt();
    std::string reason;
    try {
      work();
      return;
    } catch (const Transient& failure) {
      reason = printable(failure.what());
    }
    const double delay = longest * jitter();
    if (std::max(since(start), asked_seconds) + delay >= policy.deadline_seconds) {
      throw Error::of(ErrorKind::network, "cannot {}: {} (tried {})", what, reason, counted(attempt, "time"))
          .hint("run the command again later: what has arrived is kept");
    }
    log::debug("cannot {}: {}; trying again", what, reason);
    policy.sleep ? policy.sleep(delay) : wait_interruptibly(delay);
    asked_seconds += delay;
    longest = std::min(longest * 2, policy.longest_delay_seconds);
  }
}

}  // namespace mlops::remote
