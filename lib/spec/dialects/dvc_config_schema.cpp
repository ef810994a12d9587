// SPDX-License-Identifier: Apache-2.0
//
// The table of all options that DVC's configuration takes, with what they take and whether they count from a file that
// came with the repository: `data` does; what runs something, what says who somebody is or whom to believe, and what
// opens data to others is the user's `own` affair; a `secret` is refused there.

#include "spec/dialects/dvc_config_schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "spec/dialects/dvc_config_text.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec::dvc {

namespace {

/// What an option takes.
enum class Takes {
  text,
  lower,         ///< a text, in lowercase
  flag,          ///< true or false
  flag_or_text,  ///< anything
  integer,
  count,   ///< an integer from 1
  number,  ///< with a fraction, perhaps
  seconds,
  percent,
  links,  ///< a list of link types
  group,
  login,
  parse_flag,
  parse_list,
  cloud,
  region,
  nothing  ///< DVC's check lets no text of a file pass
};

enum class Weight { data, own, secret };

struct Row {
  std::string_view section;
  std::string_view names;  ///< with blanks between
  Takes takes = Takes::text;
  Weight weight = Weight::data;
};

/// Sections of their own; remotes follow by the kind of place.
constexpr auto rows = std::to_array<Row>({
    {"core", "remote machine", Takes::lower},
    {"core", "checksum_jobs", Takes::count},
    {"core", "interactive analytics hardlink_lock no_scm autostage experiments check_update", Takes::flag},
    {"core", "site_cache_dir", Takes::text, Weight::own},
    {"cache", "local s3 gs hdfs webhdfs ssh azure"},
    {"cache", "dir", Takes::text, Weight::own},
    {"cache", "type", Takes::links},
    {"cache", "protected slow_link_warning verify", Takes::flag},
    {"cache", "shared", Takes::group, Weight::own},
    {"state", "dir", Takes::text, Weight::own},
    {"state", "row_limit", Takes::count},
    {"state", "row_cleanup_quota", Takes::percent},
    {"index", "dir", Takes::text, Weight::own},
    {"machine", "cloud", Takes::cloud},
    {"machine", "region", Takes::region},
    {"machine", "image"},
    {"machine", "spot", Takes::flag},
    {"machine", "spot_price", Takes::number},
    {"machine", "instance_hdd_size", Takes::integer},
    {"machine", "instance_type instance_gpu", Takes::lower},
    {"machine", "ssh_private startup_script setup_script", Takes::text, Weight::own},
    {"plots", "html_template out_dir"},
    {"plots", "auto_open", Takes::flag},
    {"exp", "code data models metrics params plots live git_remote"},
    {"exp", "auto_push", Takes::flag},
    {"parsing", "bool", Takes::parse_flag},
    {"parsing", "list", Takes::parse_list},
    {"hydra", "enabled", Takes::flag},
    {"hydra", "config_dir config_name"},
    {"hydra", "config_module plugins_path", Takes::text, Weight::own},
    {"studio", "token", Takes::text, Weight::secret},
    {"studio", "url repo_url", Takes::text, Weight::own},
    {"studio", "offline", Takes::flag},
    {"db", "url username", Takes::text, Weight::own},
    {"db", "password", Takes::text, Weight::secret},
});

constexpr std::string_view every_kind = "*";
constexpr std::string_view folder_kind = "folder";
constexpr std::string_view indirect_kind = "remote";

/// The options of remotes; `section` holds the kinds of place that have them.
constexpr auto remote_rows = std::to_array<Row>({
    {every_kind, "url"},
    {every_kind, "checksum_jobs jobs", Takes::count},
    {every_kind, "worktree no_traverse version_aware", Takes::flag},
    {"folder s3 gs ssh webhdfs azure oss gdrive http https webdav webdavs", "verify", Takes::flag},
    {"folder ssh", "type", Takes::links},
    {"folder", "protected slow_link_warning", Takes::flag},
    {"folder", "shared", Takes::group, Weight::own},
    {"s3", "region profile endpointurl sse sse_kms_key_id sse_customer_algorithm"},
    {"s3", "credentialpath configpath", Takes::text, Weight::own},
    {"s3", "access_key_id acl grant_read grant_read_acp grant_write_acp grant_full_control", Takes::text, Weight::own},
    {"s3", "secret_access_key session_token sse_customer_key", Takes::text, Weight::secret},
    {"s3", "listobjects allow_anonymous_login", Takes::flag},
    {"s3", "use_ssl", Takes::flag, Weight::own},
    {"s3", "ssl_verify", Takes::flag_or_text, Weight::own},
    {"s3", "read_timeout connect_timeout", Takes::integer},
    {"s3", "cache_regions", Takes::nothing},
    {"gs", "projectname endpointurl"},
    {"gs", "credentialpath", Takes::text, Weight::own},
    {"gs", "allow_anonymous_login", Takes::flag},
    {"ssh", "port timeout max_sessions", Takes::integer},
    {"ssh", "user"},
    {"ssh", "password passphrase", Takes::text, Weight::secret},
    {"ssh", "ask_password ask_passphrase gss_auth allow_agent", Takes::flag},
    {"ssh", "keyfile", Takes::text, Weight::own},
    {"hdfs", "user"},
    {"hdfs", "kerb_ticket", Takes::text, Weight::own},
    {"hdfs", "replication", Takes::nothing},
    {"webhdfs", "kerberos use_https", Takes::flag},
    {"webhdfs", "user"},
    {"webhdfs", "kerberos_principal proxy_to data_proxy_target", Takes::text, Weight::own},
    {"webhdfs", "ssl_verify", Takes::flag_or_text, Weight::own},
    {"webhdfs", "token password", Takes::text, Weight::secret},
    {"azure", "connection_string sas_token account_key client_secret", Takes::text, Weight::secret},
    {"azure", "account_name"},
    {"azure", "tenant_id client_id", Takes::text, Weight::own},
    {"azure", "allow_anonymous_login exclude_environment_credential exclude_visual_studio_code_credential",
     Takes::flag},
    {"azure", "exclude_shared_token_cache_credential exclude_managed_identity_credential", Takes::flag},
    {"azure", "timeout read_timeout connection_timeout", Takes::integer},
    {"oss", "oss_endpoint"},
    {"oss", "oss_key_id", Takes::text, Weight::own},
    {"oss", "oss_key_secret", Takes::text, Weight::secret},
    {"gdrive", "profile gdrive_service_account_user_email"},
    {"gdrive", "gdrive_client_id gdrive_client_secret", Takes::text, Weight::own},
    {"gdrive", "gdrive_user_credentials_file gdrive_service_account_json_file_path", Takes::text, Weight::own},
    {"gdrive", "gdrive_use_service_account gdrive_trash_only gdrive_acknowledge_abuse", Takes::flag},
    {"http https", "auth", Takes::login},
    {"http https", "method"},
    {"http https", "connect_timeout read_timeout", Takes::seconds},
    {"http https webdav webdavs", "user custom_auth_header"},
    {"http https webdav webdavs", "password", Takes::text, Weight::secret},
    {"http https webdav webdavs", "ask_password", Takes::flag},
    {"http https webdav webdavs", "ssl_verify", Takes::flag_or_text, Weight::own},
    {"webdav webdavs", "token", Takes::text, Weight::secret},
    {"webdav webdavs", "bearer_token_command cert_path key_path", Takes::text, Weight::own},
    {"webdav webdavs", "timeout", Takes::integer},
});

constexpr std::array<std::string_view, 13> sections{"core",    "cache",   "remote", "state", "index",
                                                    "machine", "feature", "plots",  "exp",   "parsing",
                                                    "hydra",   "studio",  "db"};
constexpr std::array<std::string_view, 3> with_names{"remote", "machine", "db"};
constexpr std::array<std::string_view, 8> remote_paths{"url",
                                                       "gdrive_user_credentials_file",
                                                       "gdrive_service_account_json_file_path",
                                                       "credentialpath",
                                                       "configpath",
                                                       "keyfile",
                                                       "cert_path",
                                                       "key_path"};

bool has_word(std::string_view words, std::string_view word) {
  const std::vector<std::string> all = split(words, ' ');
  return std::find(all.begin(), all.end(), word) != all.end();
}

template <class Range>
bool holds(const Range& range, std::string_view word) {
  return std::find(range.begin(), range.end(), word) != range.end();
}

/// "remote.my.store.url" apart: section "remote", name "my.store", option "url".
struct KeyParts {
  std::string_view section;
  std::optional<std::string_view> name;
  std::string_view option;
};
KeyParts parts_of(std::string_view key) {
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  if (first == std::string_view::npos) {
    return {.section = key, .name = {}, .option = {}};
  }
  const auto name = first == last ? std::nullopt : std::optional(key.substr(first + 1, last - first - 1));
  return {.section = key.substr(0, first), .name = name, .option = key.substr(last + 1)};
}

const Row* find_row(const KeyParts& key, std::string_view kind) {
  const bool remote = key.section == "remote";
  const std::span<const Row> table = remote ? std::span<const Row>(remote_rows) : std::span<const Row>(rows);
  for (const Row& row : table) {
    const bool section_fits = !remote                     ? row.section == key.section
                              : kind.empty()              ? true
                              : row.section == every_kind ? true
                                                          : has_word(row.section, kind);
    if (section_fits && has_word(row.names, key.option)) {
      return &row;
    }
  }
  return nullptr;
}

bool shape_fits(const KeyParts& key) {
  return !key.option.empty() && is_named_section(key.section) == key.name.has_value();
}

/// The row of any kind of place: an option's weight is the same for all that have it.
const Row* find_any_row(const KeyParts& key) { return shape_fits(key) ? find_row(key, {}) : nullptr; }

bool is_word_of(std::string_view value, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), value) != words.end();
}

bool is_flag(std::string_view value) { return is_word_of(python_lower(value), {"true", "false"}); }

/// A number as Python's int() and float() take it: spaces around, a sign, underscores between digits.
std::optional<std::string> plain_number(std::string_view text) {
  const std::size_t begin = skip_spaces(text, 0);
  text = text.substr(begin, trim_end(text, begin, text.size()) - begin);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i + 1] != '_';
    if (text[i] == '_' && !between) {
      return std::nullopt;
    }
    if (text[i] != '_' && !(i == 0 && text[i] == '+')) {
      out += text[i];
    }
  }
  return out;
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  const auto plain = plain_number(text);
  if (!plain) {
    return std::nullopt;
  }
  Number value{};
  const auto [end, failure] = std::from_chars(plain->data(), plain->data() + plain->size(), value);
  return failure == std::errc() && end == plain->data() + plain->size() ? std::optional(value) : std::nullopt;
}

bool is_between(std::string_view value, std::int64_t low, std::int64_t high) {
  const auto number = parse<std::int64_t>(value);
  return number && *number >= low && *number <= high;
}

bool are_links(std::string_view value) {
  for (const std::string& part : split(value, ',')) {
    if (!is_word_of(trim(part), {"reflink", "hardlink", "symlink", "copy"})) {
      return false;
    }
  }
  return true;
}

/// Returns what the option takes if `value` is not it; nothing if it is.
std::string_view fault(Takes takes, std::string_view value) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const auto unless = [](bool fits, std::string_view wanted) { return fits ? std::string_view() : wanted; };
  switch (takes) {
    case Takes::text:
    case Takes::lower:
    case Takes::flag_or_text:
      return {};
    case Takes::flag:
      return unless(is_flag(value), "true or false");
    case Takes::integer:
      return unless(parse<std::int64_t>(value).has_value(), "a whole number");
    case Takes::count:
      return unless(is_between(value, 1, most), "a whole number from 1");
    case Takes::percent:
      return unless(is_between(value, 0, 100), "a whole number from 0 to 100");
    case Takes::number:
      return unless(parse<double>(value).has_value(), "a number");
    case Takes::seconds:
      return unless(parse<double>(value).value_or(-1) >= 0, "a number of seconds");
    case Takes::links:
      return unless(are_links(value), "a list of reflink, hardlink, symlink and copy");
    case Takes::group:
      return unless(python_lower(value) == "group", "'group'");
    case Takes::login:
      return unless(is_word_of(python_lower(value), {"basic", "digest", "custom"}), "basic, digest or custom");
    case Takes::parse_flag:
      return unless(is_word_of(python_lower(value), {"store_true", "boolean_optional"}),
                    "store_true or boolean_optional");
    case Takes::parse_list:
      return unless(is_word_of(python_lower(value), {"nargs", "append"}), "nargs or append");
    case Takes::cloud:
      return unless(is_word_of(python_lower(value), {"aws", "azure"}), "aws or azure");
    case Takes::region:
      return unless(is_word_of(python_lower(value), {"us-west", "us-east", "eu-west", "eu-north"}),
                    "us-west, us-east, eu-west or eu-north");
    case Takes::nothing:
      return "no value that a file can hold";
  }
  return {};
}

std::string place_of(const ConfigSetting& setting) {
  return setting.line > 0 ? fmt::format("{}:{}: ", printable(setting.file), setting.line)
                          : std::string(setting.file) + ": ";
}

/// "s3" of "s3://bucket/path"; a folder unless a host or bucket follows the slashes.
std::string kind_of(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos || mark == 0 || url.find_first_of("/?#", mark + 3) == mark + 3 ||
      mark + 3 == url.size()) {
    return std::string(folder_kind);
  }
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const std::string_view scheme = url.substr(0, mark);
  return std::all_of(scheme.begin(), scheme.end(), fits) ? python_lower(scheme) : std::string(folder_kind);
}

bool is_known_kind(std::string_view kind) {
  return kind == indirect_kind || std::any_of(remote_rows.begin(), remote_rows.end(), [&](const Row& row) {
           return row.section != every_kind && has_word(row.section, kind);
         });
}

[[noreturn]] void fail_unknown(const ConfigSetting& setting, const KeyParts& key, std::string_view kind) {
  std::vector<std::string> candidates;
  const std::string prefix = std::string(setting.key.substr(0, setting.key.size() - key.option.size()));
  const bool remote = key.section == "remote";
  for (const Row& row : remote ? std::span<const Row>(remote_rows) : std::span<const Row>(rows)) {
    const bool fits = remote ? row.section == every_kind || has_word(row.section, kind) : row.section == key.section;
    for (const std::string& name : fits ? split(row.names, ' ') : std::vector<std::string>()) {
      candidates.push_back(prefix + name);
    }
  }
  const bool elsewhere = remote && find_row(key, {}) != nullptr;
  Error error = elsewhere ? Error::usage("{}a remote of kind '{}' has no option '{}'", place_of(setting), kind,
                                         printable(key.option))
                          : Error::usage("{}unknown configuration key {}", place_of(setting), quoted(setting.key));
  if (const auto near = nearest(setting.key, candidates)) {
    error.hint("did you mean '{}'?", *near);
  }
  throw std::move(error);
}

void check_setting(const ConfigSetting& setting, const std::map<std::string_view, ConfigSetting>& in_force) {
  const KeyParts key = parts_of(setting.key);
  if (ignores_options(key.section)) {
    return;
  }
  std::string kind;
  if (key.section == "remote" && shape_fits(key)) {
    const std::string prefix(setting.key.substr(0, setting.key.size() - key.option.size()));
    const auto url = in_force.find(prefix + "url");
    if (url == in_force.end()) {
      throw Error::usage("{}remote '{}' has no url", place_of(setting), printable(*key.name))
          .hint("nothing else of the configuration gives it one");
    }
    kind = kind_of(url->second.value);
    if (!is_known_kind(kind)) {
      throw Error::usage("{}remotes of kind '{}' are not known", place_of(url->second), printable(kind));
    }
    if (kind == indirect_kind) {
      return;
    }
  }
  const Row* row = shape_fits(key) ? find_row(key, kind) : nullptr;
  if (row == nullptr) {
    fail_unknown(setting, key, kind);
  }
  if (const std::string_view wanted = fault(row->takes, setting.value); !wanted.empty()) {
    throw Error::usage("{}{} is no value for '{}': it takes {}", place_of(setting), quoted(setting.value),
                       printable(setting.key), wanted);
  }
}

}  // namespace

std::span<const std::string_view> named_sections() { return with_names; }

bool is_named_section(std::string_view section) { return holds(with_names, section); }

bool ignores_options(std::string_view section) { return section == "feature"; }

void check_section_name(const std::string& section, const std::string& file, int line) {
  if (holds(sections, section)) {
    return;
  }
  const std::vector<std::string> candidates(sections.begin(), sections.end());
  Error error("{}:{}: unknown section {}", file, line, quoted(section));
  if (const auto near = nearest(section, candidates)) {
    error.hint("did you mean '{}'?", *near);
  }
  throw std::move(error);
}

bool is_list_key(std::string_view key) {
  const KeyParts parts = parts_of(key);
  return ignores_options(parts.section) ||
         ((parts.section == "cache" || parts.section == "remote") && parts.option == "type");
}

bool is_lowercase_key(std::string_view key) { return key == "core.remote" || key == "core.machine"; }

bool is_path_key(std::string_view key) {
  const KeyParts parts = parts_of(key);
  return key == "cache.dir" || (parts.section == "remote" && shape_fits(parts) && holds(remote_paths, parts.option)) ||
         (parts.section == "machine" && (parts.option == "startup_script" || parts.option == "setup_script"));
}

bool is_known_key(std::string_view key) {
  const KeyParts parts = parts_of(key);
  return ignores_options(parts.section) || find_any_row(parts) != nullptr;
}

bool is_committed_key(std::string_view key) {
  const Row* row = find_any_row(parts_of(key));
  return row == nullptr || row->weight == Weight::data;
}

bool is_secret_key(std::string_view key) {
  const Row* row = find_any_row(parts_of(key));
  return row != nullptr && row->weight == Weight::secret;
}

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for (const Row& row : rows) {
    for (const std::string& name : split(row.names, ' ')) {
      keys.push_back(std::string(row.section) + (is_named_section(row.section) ? ".<name>." : ".") + name);
    }
  }
  for (const Row& row : remote_rows) {
    for (const std::string& name : split(row.names, ' ')) {
      keys.push_back("remote.<name>." + name);
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

void check_settings(std::span<const ConfigSetting> settings) {
  std::map<std::string_view, ConfigSetting> in_force;
  for (const ConfigSetting& setting : settings) {
    in_force.insert_or_assign(setting.key, setting);
  }
  for (const auto& entry : in_force) {
    check_setting(entry.second, in_force);
  }
  const auto module = in_force.find("hydra.config_module");
  if (module != in_force.end() && in_force.count("hydra.config_dir") > 0) {
    throw Error::usage("{}'hydra.config_dir' and 'hydra.config_module' exclude each other", place_of(module->second));
  }
}

}  // namespace mlops::spec::dvc
