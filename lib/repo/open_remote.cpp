// SPDX-License-Identifier: Apache-2.0
//
// From a name in the configuration to an open remote, and who may be believed about where it is (D21).

#include "repo/layout.hpp"
#include "repo/remote_url.hpp"
#include "repo/workspace.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

Error unknown_remote(const std::string& name, const std::vector<std::string>& known) {
  Error error = Error::of(ErrorKind::missing, "no remote is called {}", quoted(name));
  if (const auto near = nearest(name, known)) {
    return std::move(error).hint("did you mean '{}'?", *near);
  }
  return std::move(error).hint("add it with `mlops remote add {} URL`", shell_quoted(name));
}

/// The committed file may name a folder that is a remote of ours already; anything else needs the user's word.
void require_trust(Workspace& workspace, const ConfigValue& setting, const std::string& name, const std::string& url) {
  if (setting.level != ConfigLevel::project || !is_folder_url(url)) {
    return;
  }
  if (is_own_remote_folder(url) || Trust(workspace.git().common_dir()).url_trusted(url)) {
    return;
  }
  throw Error::of(ErrorKind::untrusted, "remote '{}' is not trusted: the repository names the folder {}",
                  printable(name), quoted(url))
      .hint("if that is where its data belongs, run `mlops trust`");
}

}  // namespace

std::unique_ptr<remote::Remote> Workspace::connect_remote(const std::optional<std::string>& name) {
  const std::optional<std::string> chosen = name ? name : config().get("core.remote");
  if (!chosen) {
    throw Error::of(ErrorKind::missing, "no remote is configured").hint("add one with `mlops remote add -d NAME URL`");
  }
  const ConfigValue* setting = config().find("remote." + *chosen + ".url");
  if (setting == nullptr) {
    throw unknown_remote(*chosen, config().remotes());
  }
  const std::string url = resolved_url(*setting);
  require_trust(*this, *setting, *chosen, url);
  return std::make_unique<remote::Remote>(*chosen, remote::make_transport({{"url", url}}), dialect().algorithm());
}

std::unique_ptr<remote::Remote> Workspace::open_remote(const std::optional<std::string>& name,
                                                       remote::Remote::Access access) {
  auto remote = connect_remote(name);
  remote->open(access);
  return remote;
}

}  // namespace mlops::repo
