// SPDX-License-Identifier: Apache-2.0
#include "util/progress.hpp"

namespace mlops {
namespace {

class SilentSink : public ProgressSink {
 public:
  int begin(std::string_view, std::uint64_t, std::uint64_t) override { return 0; }
  void expect(int, std::uint64_t, std::uint64_t) override {}
  void advance(int, std::uint64_t, std::uint64_t) override {}
  void end(int) override {}
};

}  // namespace

ProgressSink& no_progress() {
  static SilentSink sink;
  return sink;
}

}  // namespace mlops
