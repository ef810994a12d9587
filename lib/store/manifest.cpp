// SPDX-License-Identifier: Apache-2.0
#include "store/manifest.hpp"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fs/repo_path.hpp"
#include "hash/hasher.hpp"
#include "store/layout.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

/// Parts by name. They are values that their names determine, so that one table serves all caches of a process.
struct PartTable {
  std::mutex mutex;
  std::unordered_map<hash::ObjectId, std::shared_ptr<const Tree>> parts;
};

PartTable& part_table() {
  static PartTable table;
  return table;
}

/// What a part's name is the digest of: names and digests alone, since nothing else is known of a listing.
std::string part_text(const Tree& tree) {
  std::string text;
  text.reserve(tree.entries.size() * 64);
  for (const TreeEntry& item : tree.entries) {
    const auto bytes = item.entry.digest.bytes();
    text.append(item.name).push_back('\0');
    text.push_back(item.entry.kind == EntryKind::tree ? 't' : 'f');
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return text;
}

using Lines = std::vector<std::pair<std::string, const TreeEntry*>>;

/// Collects all files below a listing with their paths. The parts are kept alive by `kept`.
void collect(const Tree& tree, const std::string& prefix, Lines& lines,
             std::vector<std::shared_ptr<const Tree>>& kept) {
  for (const TreeEntry& item : tree.entries) {
    if (item.entry.kind != EntryKind::tree) {
      lines.emplace_back(prefix + item.name, &item);
      continue;
    }
    const auto part = find_part(item.entry.id());
    if (!part) {
      throw std::logic_error("a part of a listing was never read");
    }
    kept.push_back(part);
    collect(*part, prefix + item.name + "/", lines, kept);
  }
}

void append_escape(std::string& text, unsigned unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  text.append("\\u");
  for (const unsigned shift : {12U, 8U, 4U, 0U}) {
    text.push_back(digits[(unit >> shift) & 15U]);
  }
}

/// A JSON string in ASCII, as Python's json.dumps writes it.
void append_json_string(std::string& text, std::string_view value) {
  text.push_back('"');
  for (std::size_t i = 0; i < value.size();) {
    const auto byte = static_cast<unsigned char>(value[i]);
    constexpr std::string_view special = "\"\\\n\r\t\b\f";
    constexpr std::string_view letters = "\"\\nrtbf";
    if (const std::size_t at = special.find(value[i]); at != std::string_view::npos) {
      text.push_back('\\');
      text.push_back(letters[at]);
      ++i;
      continue;
    }
    if (byte < 0x80) {
      byte < 0x20 || byte == 0x7f ? append_escape(text, byte) : text.push_back(value[i]);
      ++i;
      continue;
    }
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    unsigned point = byte & (0xffU >> (length + 1));
    for (std::size_t more = 1; more < length; ++more) {
      point = (point << 6U) | (static_cast<unsigned char>(value[i + more]) & 0x3fU);
    }
    if (point >= 0x10000) {
      append_escape(text, 0xd800 + ((point - 0x10000) >> 10U));
      append_escape(text, 0xdc00 + ((point - 0x10000) & 0x3ffU));
    } else {
      append_escape(text, point);
    }
    i += length;
  }
  text.push_back('"');
}

/// Python sorts texts by code points, which for UTF-8 is the order of bytes.
void sort_lines(Lines& lines) {
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

/// One listed file.
struct Listed {
  std::string path;
  hash::Digest digest;
};

class ManifestReader {
 public:
  ManifestReader(hash::Algorithm algorithm, std::string_view where) : algorithm_(algorithm), where_(where) {}

  Tree read(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) {
      refuse("is no list of files");
    }
    files_.reserve(json.size());
    for (const auto& item : json) {
      take(item);
    }
    // Sorted by whole components, so that what a directory holds stands together.
    std::sort(files_.begin(), files_.end(), [](const Listed& a, const Listed& b) {
      return fs::RepoPath::parse(a.path) < fs::RepoPath::parse(b.path);
    });
    std::size_t at = 0;
    Tree tree = build(at, "", 0);
    return tree;
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    throw Error::of(ErrorKind::corrupt, "{} {}", where_, reason)
        .hint("`mlops fetch` brings it again where a remote has a good one");
  }

  void take(const nlohmann::json& item) {
    const auto text = [&](const char* key) -> std::optional<std::string> {
      const auto found = item.is_object() ? item.find(key) : item.end();
      return item.is_object() && found != item.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                                           : std::nullopt;
    };
    const auto path = text("relpath");
    const auto hex = text("md5");
    if (!path || !hex) {
      refuse("lists something without 'relpath' or 'md5'");
    }
    const auto digest = hash::Digest::parse(algorithm_, *hex);
    if (!digest) {
      refuse("names no digest of " + quoted(*path));
    }
    check_path(*path);
    files_.push_back({*path, *digest});
  }

  void check_path(const std::string& path) const {
    const auto parsed = fs::RepoPath::try_parse(path);
    if (!parsed || parsed->is_root()) {
      refuse("lists " + quoted(path) + ", which is no path inside the directory");
    }
    for (const std::string& part : split(path, '/')) {
      if (const auto reason = fs::unsafe_name(part)) {
        refuse("lists " + quoted(path) + ", which is refused: " + std::string(*reason));
      }
    }
  }

  /// Builds the tree of all files from `at` on whose paths begin with `prefix`.
  Tree build(std::size_t& at, const std::string& prefix, std::size_t depth) {
    if (depth > max_tree_depth) {
      refuse("is nested too deeply");
    }
    Tree tree;
    while (at < files_.size() && files_[at].path.starts_with(prefix)) {
      const std::string& path = files_[at].path;
      const std::size_t slash = path.find('/', prefix.size());
      const std::string name = path.substr(prefix.size(), slash - prefix.size());
      if (!tree.entries.empty() && tree.entries.back().name == name) {
        refuse("lists " + quoted(prefix + name) + " twice");
      }
      if (slash == std::string::npos) {
        tree.entries.push_back({name, {EntryKind::file, files_[at].digest, Entry::unknown, 1}});
        ++at;
        continue;
      }
      Tree below = build(at, prefix + name + "/", depth + 1);
      const std::uint64_t files = below.files();
      tree.entries.push_back({name, {EntryKind::tree, remember_part(std::move(below)), Entry::unknown, files}});
    }
    std::sort(tree.entries.begin(), tree.entries.end(),
              [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
    return tree;
  }

  hash::Algorithm algorithm_;
  std::string_view where_;
  std::vector<Listed> files_;
};

}  // namespace

hash::Digest remember_part(Tree tree) {
  const auto sha = hash::digest_of(hash::Algorithm::sha256, part_text(tree));
  const hash::Digest name(hash::Algorithm::part, sha.bytes());
  PartTable& table = part_table();
  auto kept = std::make_shared<const Tree>(std::move(tree));
  const std::lock_guard guard(table.mutex);
  // A later look may know sizes that a listing did not tell.
  table.parts.insert_or_assign({name, hash::ObjectKind::tree}, std::move(kept));
  return name;
}

std::shared_ptr<const Tree> find_part(const hash::ObjectId& id) {
  PartTable& table = part_table();
  const std::lock_guard guard(table.mutex);
  const auto found = table.parts.find(id);
  return found == table.parts.end() ? nullptr : found->second;
}

void for_each_object(const Tree& tree, const std::function<void(const TreeEntry&)>& visit) {
  for (const TreeEntry& item : tree.entries) {
    const auto part = is_part(item.entry.id()) ? find_part(item.entry.id()) : nullptr;
    if (part) {
      for_each_object(*part, visit);
    } else {
      visit(item);
    }
  }
}

std::string encode_manifest(const Tree& tree) {
  Lines lines;
  std::vector<std::shared_ptr<const Tree>> kept;
  collect(tree, "", lines, kept);
  sort_lines(lines);
  std::string text = "[";
  text.reserve(lines.size() * 80);
  for (const auto& [path, item] : lines) {
    text.append(text.size() == 1 ? "" : ", ").append(R"({"md5": ")").append(item->entry.digest.hex());
    text.append(R"(", "relpath": )");
    append_json_string(text, path);
    text.push_back('}');
  }
  text.push_back(']');
  return text;
}

Tree decode_manifest(std::string_view text, hash::Algorithm algorithm, std::string_view where) {
  return ManifestReader(algorithm, where).read(text);
}

}  // namespace mlops::store
