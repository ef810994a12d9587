// SPDX-License-Identifier: Apache-2.0
//
// From a name in the configuration to an open remote, and who may be believed about where it is (D21).

#include <algorithm>

#include "fs/file.hpp"
#include "fs/stat.hpp"
#include "repo/layout.hpp"
#include "repo/remote_options.hpp"
#include "repo/remote_url.hpp"
#include "repo/workspace.hpp"
#include "util/error.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

namespace mlops::repo {
namespace {

constexpr std::uint64_t note_limit_bytes = 1U << 20U;

Error no_remote(const std::vector<std::string>& known) {
  if (known.empty()) {
    return Error::of(ErrorKind::missing, "no remote is configured").hint("add one with `mlops remote add -d NAME URL`");
  }
  return Error::of(ErrorKind::missing, "no remote is named, and none is the default")
      .hint("name one with `-r {}`, or make it the default: `mlops remote default {}`", known.front(), known.front());
}

/// The committed file may name a folder that is a remote of ours already; anything else needs the user's word.
void require_trust(Workspace& workspace, const RemotePlace& place) {
  const std::string& url = place.options.at("url");
  if (!place.committed || !is_folder_url(url)) {
    return;
  }
  if (is_own_remote_folder(url, workspace.dialect().config_format()) ||
      Trust(workspace.git().common_dir()).url_trusted(url)) {
    return;
  }
  if (!fs::stat_path(url)) {
    // Of a folder that is not there nobody can say whose it is; that it is gone is what must be known.
    throw Error::of(ErrorKind::missing, "remote '{}' is gone: there is no folder {}", printable(place.name),
                    quoted(url))
        .hint("is a share not mounted there?")
        .hint("`mlops remote modify {} url URL` if it is elsewhere now, `mlops trust` if it shall be made there",
              shell_quoted(place.name));
  }
  throw Error::of(ErrorKind::untrusted, "remote '{}' is not trusted: the repository names the folder {}",
                  printable(place.name), quoted(url))
      .hint("if that is where its data belongs, run `mlops trust`");
}

/// The urls of remotes that this clone has opened, one a line: what was there once and is absent now is gone, not new.
std::string opened_note(const Workspace& workspace) { return workspace.state_directory() + "/remotes"; }

std::vector<std::string> opened_before(const Workspace& workspace) {
  return split(fs::try_read_file(opened_note(workspace), note_limit_bytes).value_or(""), '\n');
}

bool holds(const std::vector<std::string>& urls, const std::string& url) {
  return std::find(urls.begin(), urls.end(), url) != urls.end();
}

void note_opened(const Workspace& workspace, const std::string& url) {
  try {
    std::vector<std::string> urls = opened_before(workspace);
    if (!holds(urls, url)) {
      urls.back() = url;  // the last part of a text that ends with a line break is empty
      workspace.make_state_directory();
      fs::write_file_atomic(opened_note(workspace), join(urls, "\n") + "\n", 0600, fs::Durability::off);
    }
  } catch (const Error& failure) {
    log::debug("the remote is not noted: {}", failure.what());
  }
}

}  // namespace

std::unique_ptr<remote::Remote> Workspace::connect_remote(const std::optional<std::string>& name) {
  const std::optional<std::string> chosen = name ? name : config().get("core.remote");
  if (!chosen) {
    throw no_remote(config().remotes());
  }
  const RemotePlace place = remote_place(config(), *chosen);
  require_trust(*this, place);
  warn_of_waiting(config(), "remote." + place.name + ".");
  return std::make_unique<remote::Remote>(place.name, remote::make_transport(place.options), dialect().algorithm());
}

std::unique_ptr<remote::Remote> Workspace::open_remote(const std::optional<std::string>& name,
                                                       remote::Remote::Access access) {
  auto remote = connect_remote(name);
  const std::string url = remote_place(config(), remote->name()).options.at("url");
  using Place = remote::Transport::Place;
  const bool known = access != remote::Remote::Access::read && holds(opened_before(*this), url);
  const Place place = known ? remote->transport().place() : Place::occupied;
  if (place == Place::empty) {
    throw Error::of(ErrorKind::missing, "remote '{}' is empty, and was not when it was last used: {}",
                    printable(remote->name()), remote->transport().describe())
        .hint("is a share not mounted there?")
        .hint("if you emptied it, remove {} and push again", quoted(opened_note(*this)));
  }
  // To read is to refuse a place that is absent.
  remote->open(place == Place::absent ? remote::Remote::Access::read : access);
  if (access != remote::Remote::Access::preview) {
    note_opened(*this, url);
  }
  return remote;
}

}  // namespace mlops::repo
