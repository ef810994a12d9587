// SPDX-License-Identifier: Apache-2.0
#include "store/tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "fs/repo_path.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::store {
namespace {

constexpr std::string_view header = "mlops-tree 1\n";
constexpr std::array<std::string_view, 4> kind_words{"file", "exec", "tree", "link"};
constexpr std::string_view hex_digits = "0123456789abcdef";

/// Returns whether the name stands in a tree as it is: printable ASCII without a backslash.
bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
}

void append_hex(std::string& text, const hash::Digest& digest) {
  for (const unsigned char byte : digest.bytes()) {
    text.push_back(hex_digits[byte >> 4U]);
    text.push_back(hex_digits[byte & 15U]);
  }
}

void append_number(std::string& text, std::uint64_t number) {
  std::array<char, 20> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  text.append(buffer.data(), end);
}

/// Returns how many bytes the valid UTF-8 sequence at the start of `text` has; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (is_utf8(text.substr(0, length))) {
      return length;
    }
  }
  return 0;
}

std::optional<unsigned> hex_value(std::string_view two) {
  const std::size_t high = hex_digits.find(two[0]);
  const std::size_t low = hex_digits.find(two[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) {
    return std::nullopt;
  }
  return static_cast<unsigned>(high * 16 + low);
}

/// Takes one escape (after its backslash) off `rest`.
std::optional<char> take_escape(std::string_view& rest) {
  const char letter = rest.empty() ? '\0' : rest[0];
  if (letter == 'x' && rest.size() >= 3) {
    const auto value = hex_value(rest.substr(1, 2));
    rest.remove_prefix(3);
    return value ? std::optional(static_cast<char>(*value)) : std::nullopt;
  }
  if (letter != 'n' && letter != 'r' && letter != '\\') {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  return letter == 'n' ? '\n' : letter == 'r' ? '\r' : '\\';
}

std::optional<hash::Digest> parse_digest(std::string_view hex) {
  return hash::Digest::parse(hex.size() == 32 ? hash::Algorithm::md5 : hash::Algorithm::sha256, hex);
}

/// Reads decimal digits as `append_number` writes them.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = !text.empty() && (text == "0" || text[0] != '0');
  if (error != std::errc() || end != text.data() + text.size() || !canonical) {
    return std::nullopt;
  }
  return value;
}

/// Reads a tree line by line; every deviation is one error that names the line.
class Decoder {
 public:
  Decoder(std::string_view text, std::string_view where) : rest_(text), where_(where) {}

  Tree decode() {
    if (rest_.substr(0, header.size()) != header) {
      refuse("does not begin with 'mlops-tree 1'");
    }
    rest_.remove_prefix(header.size());
    Tree tree;
    while (!rest_.empty()) {
      ++line_;
      tree.entries.push_back(take_line());
      check_order(tree.entries);
      check_totals(tree.entries.back().entry);
    }
    return tree;
  }

 private:
  [[noreturn]] void refuse(std::string_view reason) const {
    throw Error::of(ErrorKind::corrupt, "{}, line {}: {}", printable(where_), line_, reason);
  }

  TreeEntry take_line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      refuse("is cut off");
    }
    fields_ = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    const auto kind = parse_entry_kind(take_field());
    const auto digest = parse_digest(take_field());
    const auto size = parse_number(take_field());
    const auto files = parse_number(take_field());
    if (!kind || !digest || !size || !files) {
      refuse("has a wrong kind, digest, size or number of files");
    }
    if (*kind != EntryKind::tree && *files != 1) {
      refuse("counts more or less than one file");
    }
    return {take_name(), {*kind, *digest, *size, *files}};
  }

  std::string_view take_field() {
    const std::size_t end = fields_.find(' ');
    if (end == std::string_view::npos) {
      refuse("has too few fields");
    }
    const std::string_view field = fields_.substr(0, end);
    fields_.remove_prefix(end + 1);
    return field;
  }

  std::string take_name() const {
    const auto name = unescape_name(fields_);
    if (!name || (!is_plain(fields_) && escape_name(*name) != fields_)) {
      refuse("has a name that is not escaped as it must be");
    }
    if (name->empty() || name->find('/') != std::string::npos || name->find('\0') != std::string::npos) {
      refuse("has a name that no file can have");
    }
    if (const auto reason = fs::unsafe_name(*name)) {
      refuse(fmt::format("has the name '{}', which is refused: {}", printable(*name), *reason));
    }
    return *name;
  }

  void check_order(const std::vector<TreeEntry>& entries) const {
    const std::size_t count = entries.size();
    if (count > 1 && entries[count - 2].name >= entries[count - 1].name) {
      refuse("is not in order");
    }
    if (entries.front().entry.digest.algorithm() != entries.back().entry.digest.algorithm()) {
      refuse("has a digest of another algorithm than the line before");
    }
  }

  void check_totals(const Entry& entry) {
    constexpr auto limit = std::numeric_limits<std::uint64_t>::max();
    if (entry.size > limit - size_ || entry.files > limit - files_) {
      refuse("makes the total too large");
    }
    size_ += entry.size;
    files_ += entry.files;
  }

  std::string_view rest_;
  std::string_view where_;
  std::string_view fields_;
  std::size_t line_ = 1;
  std::uint64_t size_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace

std::string_view to_string(EntryKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }

std::optional<EntryKind> parse_entry_kind(std::string_view word) {
  const auto it = std::find(kind_words.begin(), kind_words.end(), word);
  if (it == kind_words.end()) {
    return std::nullopt;
  }
  return static_cast<EntryKind>(it - kind_words.begin());
}

std::uint64_t Tree::size() const {
  std::uint64_t sum = 0;
  for (const TreeEntry& item : entries) {
    sum += known_size(item.entry);
  }
  return sum;
}

std::uint64_t Tree::files() const {
  std::uint64_t sum = 0;
  for (const TreeEntry& item : entries) {
    sum += item.entry.files == Entry::unknown ? 0 : item.entry.files;
  }
  return sum;
}

const TreeEntry* Tree::find(std::string_view name) const {
  const auto it = std::lower_bound(entries.begin(), entries.end(), name,
                                   [](const TreeEntry& item, std::string_view wanted) { return item.name < wanted; });
  return it != entries.end() && it->name == name ? &*it : nullptr;
}

bool operator==(const Entry& a, const Entry& b) {
  const bool same_kind = a.digest.algorithm() == hash::Algorithm::sha256
                             ? a.kind == b.kind
                             : (a.kind == EntryKind::tree) == (b.kind == EntryKind::tree);
  return a.digest == b.digest && same_kind;
}

std::string encode_tree(const Tree& tree) {
  std::string text(header);
  text.reserve(header.size() + tree.entries.size() * 112);
  const std::string* last = nullptr;
  for (const TreeEntry& item : tree.entries) {
    if (last != nullptr && *last >= item.name) {
      throw std::logic_error("the entries of a tree are not in order");
    }
    last = &item.name;
    text.append(to_string(item.entry.kind)).push_back(' ');
    append_hex(text, item.entry.digest);
    text.push_back(' ');
    append_number(text, item.entry.size);
    text.push_back(' ');
    append_number(text, item.entry.files);
    text.push_back(' ');
    text.append(is_plain(item.name) ? item.name : escape_name(item.name)).push_back('\n');
  }
  return text;
}

Tree decode_tree(std::string_view text, std::string_view where) { return Decoder(text, where).decode(); }

std::string escape_name(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const std::size_t length = sequence_length(name);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(name[0]);
      text.append("\\x").push_back(hex_digits[byte >> 4U]);
      text.push_back(hex_digits[byte & 15U]);
    } else if (name[0] == '\n' || name[0] == '\r' || name[0] == '\\') {
      text.push_back('\\');
      text.push_back(name[0] == '\n' ? 'n' : name[0] == '\r' ? 'r' : '\\');
    } else {
      text.append(name.substr(0, length));
    }
    name.remove_prefix(std::max<std::size_t>(1, length));
  }
  return text;
}

std::optional<std::string> unescape_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const char letter = text[0];
    text.remove_prefix(1);
    const auto byte = letter == '\\' ? take_escape(text) : std::optional(letter);
    if (!byte) {
      return std::nullopt;
    }
    name.push_back(*byte);
  }
  return name;
}

}  // namespace mlops::store
