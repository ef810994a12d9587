// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "repo/config.hpp"

namespace mlops::repo {

/// The url of a remote as it is used: a relative folder is taken from the directory of the file that sets it.
std::string resolved_url(const ConfigValue& value);

/// A url without user and password, for people and logs (I-36).
std::string shown_url(const std::string& url);

/// Whether the url carries a password.
bool has_password(const std::string& url);

/// Whether `folder` is a remote of the project's dialect that belongs to this user, to root or to a group of this user's (D21).
bool is_own_remote_folder(const std::string& folder, const spec::ConfigFormat& format);

}  // namespace mlops::repo
