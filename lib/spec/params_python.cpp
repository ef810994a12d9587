// SPDX-License-Identifier: Apache-2.0
#include "spec/params_python.hpp"

// Parameters in Python files, found without running them.
//
// We read what DVC reads: the statements of the module, of the classes in it, and of functions named __init__, one after
// the other; a later value of a name takes the place of an earlier one. All other blocks (functions, `if`, `with`, ...)
// are passed over, but their brackets, strings and indentation must still be right, or we could not tell where they end.
//
// The state is one stack of open blocks, so a hostile file can make neither the stack of calls nor the time grow beyond
// its own size: each token is looked at once by PythonLines and once here or by read_python_literal.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "spec/params_text.hpp"
#include "spec/python_literal.hpp"
#include "spec/value_edit.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

using Tokens = std::span<const PythonToken>;
using TokenKind = PythonToken::Kind;

constexpr std::size_t max_blocks = 100;  // Python's own limit

/// Words that begin a statement with a block; all that stands on their line belongs to it.
constexpr std::array<std::string_view, 11> block_words = {"if",     "elif",    "else", "for", "while", "try",
                                                          "except", "finally", "with", "def", "async"};
/// Other words that are no names.
constexpr std::array<std::string_view, 24> other_words = {
    "False",  "None",   "True", "and", "as",     "assert",   "await", "break", "class", "continue", "del",    "from",
    "global", "import", "in",   "is",  "lambda", "nonlocal", "not",   "or",    "pass",  "raise",    "return", "yield"};

class ModuleReader {
 public:
  explicit ModuleReader(const PythonSource& source) : source_(source) { blocks_.emplace_back().takes = Takes::names; }

  PythonNode read() {
    PythonLines lines(source_);
    PythonLine line;
    while (lines.next(line)) {
      enter_line(line);
      statement(line.tokens);
    }
    if (expected_) {
      source_.fail(source_.text.size(), "an indented block is missing at the end");
    }
    close_to(1);
    return class_node(blocks_[0]);
  }

 private:
  /// What the assignments in a block set: names, members of `self`, or nothing that we read.
  enum class Takes { names, self, nothing };
  struct Block {
    Takes takes = Takes::nothing;
    std::string class_name;  ///< empty for all other blocks
    PythonIndent indent;
    PythonMembers members;
  };

  std::string_view text(const PythonToken& token) const {
    return source_.text.substr(token.begin, token.end - token.begin);
  }

  /// Opens or closes blocks, as the line's indentation says.
  void enter_line(const PythonLine& line) {
    const std::size_t begin = line.tokens[0].begin;
    const bool deeper = is_deeper(line.indent, blocks_.back().indent, begin);
    if (deeper != expected_.has_value()) {
      source_.fail(begin, deeper ? "unexpected indentation" : "an indented block is expected here");
    }
    if (deeper) {
      open(std::move(*expected_), line.indent, begin);
      expected_.reset();
      return;
    }
    std::size_t count = blocks_.size();
    while (line.indent.column < blocks_[count - 1].indent.column) {
      --count;
    }
    if (line.indent.column != blocks_[count - 1].indent.column) {
      source_.fail(begin, "the indentation is that of no block around");
    }
    check_tabs(line.indent.with_short_tabs == blocks_[count - 1].indent.with_short_tabs, begin);
    close_to(count);
  }

  bool is_deeper(const PythonIndent& indent, const PythonIndent& than, std::size_t begin) const {
    const bool deeper = indent.column > than.column;
    check_tabs(!deeper || indent.with_short_tabs > than.with_short_tabs, begin);
    return deeper;
  }

  void check_tabs(bool consistent, std::size_t begin) const {
    if (!consistent) {
      source_.fail(begin, "tabs and spaces are mixed in the indentation");
    }
  }

  void open(Block&& block, const PythonIndent& indent, std::size_t begin) {
    if (blocks_.size() > max_blocks) {
      source_.fail(begin, "too many nested blocks");
    }
    block.indent = indent;
    blocks_.push_back(std::move(block));
  }

  void close_to(std::size_t count) {
    while (blocks_.size() > count) {
      Block block = std::move(blocks_.back());
      blocks_.pop_back();
      finish(std::move(block), blocks_.back());
    }
  }

  static PythonNode class_node(Block& block) {
    PythonNode node;
    node.kind = PythonNode::Kind::class_body;
    node.members = block.members.take();
    return node;
  }

  /// A class is one member of what is around it; what __init__ sets are members of its class.
  static void finish(Block&& block, Block& around) {
    if (!block.class_name.empty()) {
      around.members.set({.key = block.class_name, .written_key = {}, .node = class_node(block)});
      return;
    }
    for (PythonMember& member : block.members.take()) {
      around.members.set(std::move(member));
    }
  }

  void statement(Tokens tokens) {
    const std::string_view word = text(tokens[0]);
    const bool reads = blocks_.back().takes != Takes::nothing;
    const bool is_class = word == "class";
    if (reads && (is_class || word == "def") && tokens.size() > 1) {
      header(tokens, block_of(is_class, text(tokens[1])));
    } else if (is_outer(tokens.back(), ":")) {
      expected_ = Block{};
    } else if (reads && std::ranges::find(block_words, word) == block_words.end()) {
      simple_statements(tokens, blocks_.back());
    }
  }

  static Block block_of(bool is_class, std::string_view name) {
    Block block;
    if (is_class) {
      block.takes = Takes::names;
      block.class_name = name;
    } else if (name == "__init__") {
      block.takes = Takes::self;
    }
    return block;
  }

  /// Reads `class NAME(...):` and `def NAME(...):`; what stands behind the colon is the whole block.
  void header(Tokens tokens, Block&& block) {
    const auto colon = std::ranges::find_if(tokens, [&](const PythonToken& token) { return is_outer(token, ":"); });
    if (colon == tokens.end()) {
      source_.fail(tokens[0].begin, fmt::format("'{}' without ':'", text(tokens[0])));
    }
    if (colon + 1 == tokens.end()) {
      expected_ = std::move(block);
      return;
    }
    if (block.takes != Takes::nothing) {
      simple_statements({colon + 1, tokens.end()}, block);
    }
    finish(std::move(block), blocks_.back());
  }

  bool is_outer(const PythonToken& token, std::string_view symbol) const {
    return token.kind == TokenKind::symbol && token.depth == 0 && text(token) == symbol;
  }

  /// The first token outside of brackets that is `symbol`, or the end.
  Tokens::iterator find_outer(Tokens tokens, std::string_view symbol) const {
    return std::ranges::find_if(tokens, [&](const PythonToken& token) { return is_outer(token, symbol); });
  }

  void simple_statements(Tokens tokens, Block& block) {
    while (!tokens.empty()) {
      const auto end = find_outer(tokens, ";");
      assignment({tokens.begin(), end}, block);
      tokens = {end == tokens.end() ? end : end + 1, tokens.end()};
    }
  }

  /// Reads `TARGET = LITERAL` and `TARGET: ANNOTATION = LITERAL`.
  void assignment(Tokens tokens, Block& block) {
    const std::string_view name = target(tokens, block.takes);
    if (name.empty() || tokens.empty() || (!is_outer(tokens[0], "=") && !is_outer(tokens[0], ":"))) {
      return;
    }
    const auto equals = find_outer(tokens, "=");
    if (equals == tokens.end()) {
      return;
    }
    if (std::optional<PythonNode> node = read_python_literal(source_, {equals + 1, tokens.end()}, nodes_)) {
      block.members.set({.key = std::string(name), .written_key = {}, .node = std::move(*node)});
    }
  }

  /// Takes the target from the front of the tokens; returns the name that it sets, empty if we do not read it.
  std::string_view target(Tokens& tokens, Takes takes) const {
    std::size_t open = 0;
    while (open < tokens.size() && text(tokens[open]) == "(") {
      ++open;
    }
    std::string_view name = name_at(tokens, open);
    std::size_t end = open + 1;
    if (name == "self" && end < tokens.size() && text(tokens[end]) == ".") {
      name = name_at(tokens, open + 2);
      end = open + 3;
    } else if (takes == Takes::self) {
      return {};
    }
    for (; open > 0; --open, ++end) {
      if (end >= tokens.size() || text(tokens[end]) != ")") {
        return {};
      }
    }
    tokens = tokens.subspan(std::min(end, tokens.size()));
    return name;
  }

  std::string_view name_at(Tokens tokens, std::size_t place) const {
    if (place >= tokens.size() || tokens[place].kind != TokenKind::name) {
      return {};
    }
    const std::string_view name = text(tokens[place]);
    const bool reserved = std::ranges::find(block_words, name) != block_words.end() ||
                          std::ranges::find(other_words, name) != other_words.end();
    return reserved ? std::string_view() : name;
  }

  const PythonSource& source_;
  std::vector<Block> blocks_;      ///< the module's, and those that are open in it
  std::optional<Block> expected_;  ///< the block whose header was the last line
  std::size_t nodes_ = 0;
};

const PythonNode* child_of(const PythonNode& node, const std::string& key) {
  if (node.kind == PythonNode::Kind::dict || node.kind == PythonNode::Kind::class_body) {
    const auto found = std::ranges::find(node.members, key, &PythonMember::key);
    return found == node.members.end() ? nullptr : &found->node;
  }
  const std::optional<std::size_t> index = list_index(key);
  return index && *index < node.members.size() ? &node.members[*index].node : nullptr;
}

[[noreturn]] void refuse_new_key(const std::string& file, const Assignment& assignment, const PythonNode& parent,
                                 const std::string& key) {
  Error error("{}: there is no literal '{}' to replace", file, printable(join(assignment.path, ".")));
  std::vector<std::string> keys;
  for (const PythonMember& member : parent.members) {
    keys.push_back(member.key);
  }
  if (const std::optional<std::string> near = nearest(key, keys)) {
    error.hint("did you mean '{}'?", printable(*near));
  }
  error.hint("programs are not given new names: write it into the file first");
  throw Error(error);
}

const PythonNode& literal_at(const PythonNode& root, const std::string& file, const Assignment& assignment) {
  const PythonNode* at = &root;
  for (const std::string& key : assignment.path) {
    const PythonNode* child = child_of(*at, key);
    if (child == nullptr) {
      refuse_new_key(file, assignment, *at, key);
    }
    at = child;
  }
  if (at->kind == PythonNode::Kind::class_body) {
    throw Error("{}: '{}' is a class", file, printable(join(assignment.path, ".")))
        .hint("set one of its values, such as `-S {}:{}.NAME=VALUE`", file, printable(join(assignment.path, ".")));
  }
  return *at;
}

bool means(const std::string& text, const std::string& file, const Value& wanted) {
  try {
    return read_python(text, file) == wanted;
  } catch (const Error&) {
    return false;  // An edit that makes the text unreadable is none.
  }
}

}  // namespace

Value read_python(std::string_view text, const std::string& file) {
  const PythonSource source{.text = text, .file = file};
  return python_value(ModuleReader(source).read());
}

std::string apply_to_python(const std::string& text, const std::string& file, const Assignment& assignment) {
  const PythonSource source{.text = text, .file = file};
  PythonNode root = ModuleReader(source).read();
  const PythonNode& literal = literal_at(root, file, assignment);
  const std::string written = write_python(assignment.value, source, &literal);
  std::string edited = text.substr(0, literal.begin) + written + text.substr(literal.end);
  const Value before = python_value(std::move(root));
  if (*value_at(before, assignment.path) == assignment.value) {
    return text;
  }
  if (!means(edited, file, with_value(before, assignment.path, assignment.value, file))) {
    refuse_edit(file, assignment);
  }
  return edited;
}

}  // namespace mlops::spec
