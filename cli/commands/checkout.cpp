// SPDX-License-Identifier: Apache-2.0
#include "repo/checkout.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/commands/shared.hpp"
#include "cli/json.hpp"

namespace mlops::cli {
namespace {

class Checkout : public Command {
  repo::CheckoutOptions options_;
  int jobs_ = 0;
  bool json_ = false;

  Args args() override {
    return {args::targets(&options_.targets.targets, "What to check out; everything tracked if omitted"),
            args::force(&options_.force, "Move content that is nowhere else to .mlops/rescue instead of refusing"),
            {.names = "--relink", .help = "Make links anew after cache.type changed", .into = &options_.relink},
            {.names = "--allow-missing", .help = "Go on without what the cache lacks", .into = &options_.allow_missing},
            {.names = "-d,--with-deps",
             .help = "Also what the named stages depend on",
             .into = &options_.targets.with_deps},
            args::recursive(&options_.targets.recursive),
            args::jobs(&jobs_),
            args::json(&json_)};
  }

  ExitCode run(Context& context) override {
    auto workspace = repo::Workspace::open(session_with_jobs(context, jobs_));
    const auto result = repo::checkout(workspace, options_);
    if (json_) {
      print_json(context.out, checkout_json(result));
    } else {
      show_checkout(context, workspace, result);
    }
    return ExitCode::ok;
  }
};

}  // namespace

const CommandSpec checkout_command{
    .name = "checkout",
    .group = "Data",
    .summary = "Make data match the pointers and the lock",
    .manual =
        R"(Brings tracked data to the state that the pointers and `mlops.lock` in the work tree name, with the fewest changes:
what is right is not touched. After `git checkout`, this is what makes data follow code (`mlops install` does it by
itself).

Nothing is lost: if a file would be replaced whose content is not in the cache, the command refuses before it changes
anything. `--force` moves such files to `.mlops/rescue/`.

EXAMPLES
  git checkout HEAD~1 && mlops checkout
  mlops checkout data/raw/one.csv     one file of a tracked directory
)",
    .make = make_command<Checkout>};

}  // namespace mlops::cli
