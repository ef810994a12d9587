// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <vector>

#include "remote/remote.hpp"
#include "support/catch.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

using namespace mlops;
using remote::RetryPolicy;
using remote::Transient;
using remote::with_retries;

TEST_CASE("work that succeeds is done once") {
  int calls = 0;
  with_retries({}, "work", [&] { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("delays grow, stay below the longest and add up to less than the deadline") {
  std::vector<double> delays;
  const RetryPolicy policy{.sleep = [&](double seconds) { delays.push_back(seconds); }};
  try {
    with_retries(policy, "reach 'x'", [] { throw Transient("connection reset"); });
    FAIL("gave no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK_THAT(error.what(), Catch::Contains("cannot reach 'x': connection reset"));
  }
  REQUIRE(delays.size() > 10);
  CHECK(delays.front() <= policy.first_delay_seconds);
  double sum = 0;
  for (const double delay : delays) {
    CHECK(delay > 0);
    CHECK(delay <= policy.longest_delay_seconds);
    sum += delay;
  }
  CHECK(delays.back() >= policy.longest_delay_seconds / 2);
  CHECK(sum <= policy.deadline_seconds);
  CHECK(sum >= policy.deadline_seconds - policy.longest_delay_seconds);
}

TEST_CASE("failures that do not pass are not tried again") {
  int calls = 0;
  CHECK_THROWS_AS(with_retries({}, "work",
                               [&] {
                                 ++calls;
                                 throw Error("permission denied");
                               }),
                  Error);
  CHECK(calls == 1);
}

TEST_CASE("an interrupt ends the waiting at once") {
  const RetryPolicy policy{.first_delay_seconds = 0.001, .longest_delay_seconds = 0.001};
  int calls = 0;
  CHECK_THROWS_AS(with_retries(policy, "work",
                               [&] {
                                 if (++calls == 3) {
                                   raise_interrupt(SIGINT);
                                 }
                                 throw Transient("busy");
                               }),
                  Interrupted);
  CHECK(calls == 3);
  clear_interrupt();
}
