// SPDX-License-Identifier: Apache-2.0
#include "spec/python_literal.hpp"

#include <algorithm>
#include <unordered_set>

#include "spec/yaml.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

using Kind = PythonNode::Kind;
using TokenKind = PythonToken::Kind;
using Found = std::optional<PythonNode>;

bool is_hashable(const PythonNode& node) {
  if (node.kind == Kind::tuple) {
    return std::ranges::all_of(node.members, [](const PythonMember& member) { return is_hashable(member.node); });
  }
  return node.members.empty() && node.kind < Kind::list;
}

/// Drops the items of a set that came before.
void drop_repeated(std::vector<PythonMember>& items) {
  std::unordered_set<std::string> seen;
  std::erase_if(items, [&](const PythonMember& item) {
    PythonNode copy = item.node;
    return !seen.insert(canonical_json(python_value(std::move(copy)))).second;
  });
}

/// A recursive descent over the tokens of one expression. Whatever is no literal makes it return nothing at once.
class LiteralReader {
 public:
  LiteralReader(const PythonSource& source, std::span<const PythonToken> tokens, std::size_t& nodes)
      : source_(source), tokens_(tokens), nodes_(nodes) {}

  Found whole() {
    Found first = value();
    if (first && here() == ",") {
      std::vector<PythonMember> items;
      first =
          rest_of_tuple(std::move(*first), items, "") ? Found(finish(Kind::tuple, std::move(items), 0)) : std::nullopt;
    }
    return pos_ == tokens_.size() ? std::move(first) : std::nullopt;
  }

 private:
  /// The token here; empty behind the last one.
  std::string_view here() const { return pos_ < tokens_.size() ? text(tokens_[pos_]) : std::string_view(); }
  std::string_view text(const PythonToken& token) const {
    return source_.text.substr(token.begin, token.end - token.begin);
  }
  bool is(TokenKind kind) const { return pos_ < tokens_.size() && tokens_[pos_].kind == kind; }
  bool take(std::string_view symbol) {
    const bool found = here() == symbol;
    pos_ += found ? 1 : 0;
    return found;
  }

  /// Makes a node of the tokens from `first` to the one before here.
  PythonNode finish(Kind kind, std::vector<PythonMember>&& members, std::size_t first) {
    PythonNode node;
    node.kind = kind;
    node.members = std::move(members);
    node.begin = tokens_[first].begin;
    node.end = tokens_[pos_ - 1].end;
    return node;
  }

  PythonNode finish_value(Kind kind, Value&& value, std::size_t first) {
    PythonNode node = finish(kind, {}, first);
    node.value = std::move(value);
    return node;
  }

  void count_node() const {
    if (++nodes_ > limits_.nodes) {
      source_.fail(tokens_[std::min(pos_, tokens_.size() - 1)].begin, "too many values");
    }
  }

  Found value() {
    count_node();
    if (pos_ == tokens_.size()) {
      return std::nullopt;
    }
    switch (tokens_[pos_].kind) {
      case TokenKind::name:
        return word();
      case TokenKind::number:
        return number(false, pos_);
      case TokenKind::string:
        return strings();
      case TokenKind::formatted:
        return std::nullopt;
      case TokenKind::symbol:
        break;
    }
    const std::string_view symbol = here();
    return symbol == "-" || symbol == "+" ? signed_number() : collection(symbol);
  }

  Found word() {
    const std::size_t first = pos_;
    const std::string_view name = here();
    ++pos_;
    if (name == "True" || name == "False") {
      return finish_value(Kind::scalar, name == "True", first);
    }
    if (name == "None") {
      return finish_value(Kind::scalar, Value(), first);
    }
    // The one call that is a literal: there is no other way to write the empty set.
    return name == "set" && take("(") && take(")") ? Found(finish(Kind::set, {}, first)) : std::nullopt;
  }

  Found number(bool negative, std::size_t first) {
    std::optional<Value> value = is(TokenKind::number) ? python_number(here(), negative) : std::nullopt;
    if (!value) {
      return std::nullopt;
    }
    ++pos_;
    return finish_value(Kind::scalar, std::move(*value), first);
  }

  /// A sign goes before a number, which may be in parentheses; a second sign makes it an expression.
  Found signed_number() {
    const std::size_t first = pos_;
    const bool negative = here() == "-";
    ++pos_;
    std::size_t open = 0;
    while (take("(")) {
      ++open;
    }
    Found found = number(negative, first);
    for (; found && open > 0; --open) {
      if (!take(")")) {
        return std::nullopt;
      }
      found->end = tokens_[pos_ - 1].end;
    }
    return found;
  }

  Found strings() {
    const std::size_t first = pos_;
    const auto is_bytes = [&] { return python_prefix(here().substr(0, here().find_first_of("\"'"))).bytes; };
    const bool bytes = is_bytes();
    std::string all;
    for (; is(TokenKind::string); ++pos_) {
      const std::optional<std::string> part = python_string(source_, tokens_[pos_]);
      if (!part || is_bytes() != bytes) {
        return std::nullopt;
      }
      all += *part;
      if (all.size() > limits_.scalar_bytes) {
        source_.fail(tokens_[first].begin, "a string is larger than " + human_size(limits_.scalar_bytes));
      }
    }
    // What follows may be a part with fields, which makes it an expression: the caller finds no end here.
    return is_utf8(all) ? Found(finish_value(bytes ? Kind::bytes : Kind::text, std::move(all), first)) : std::nullopt;
  }

  Found collection(std::string_view symbol) {
    if (depth_ == limits_.depth) {
      source_.fail(tokens_[pos_].begin, fmt::format("nested more than {} levels deep", limits_.depth));
    }
    ++depth_;
    Found found = symbol == "(" ? parenthesis() : symbol == "[" ? list() : symbol == "{" ? braces() : std::nullopt;
    --depth_;
    return found;
  }

  /// Parentheses around one value are none of it; with a comma, or empty, they are a tuple.
  Found parenthesis() {
    const std::size_t first = pos_++;
    std::vector<PythonMember> items;
    if (take(")")) {
      return finish(Kind::tuple, {}, first);
    }
    Found found = value();
    if (!found || take(")")) {
      return found;
    }
    const bool complete = rest_of_tuple(std::move(*found), items, ")") && take(")");
    return complete ? Found(finish(Kind::tuple, std::move(items), first)) : std::nullopt;
  }

  bool rest_of_tuple(PythonNode&& item, std::vector<PythonMember>& items, std::string_view closer) {
    items.push_back({.key = {}, .written_key = {}, .node = std::move(item)});
    while (take(",")) {
      if (here() == closer) {
        return true;
      }
      if (!add_item(items)) {
        return false;
      }
    }
    return here() == closer;
  }

  bool add_item(std::vector<PythonMember>& items) {
    Found found = value();
    if (found) {
      items.push_back({.key = {}, .written_key = {}, .node = std::move(*found)});
    }
    return found.has_value();
  }

  Found list() {
    const std::size_t first = pos_++;
    std::vector<PythonMember> items;
    if (!take("]")) {
      Found item = value();
      if (!item || !rest_of_tuple(std::move(*item), items, "]") || !take("]")) {
        return std::nullopt;
      }
    }
    return finish(Kind::list, std::move(items), first);
  }

  Found braces() {
    const std::size_t first = pos_++;
    if (take("}")) {
      return finish(Kind::dict, {}, first);
    }
    Found item = value();
    if (!item) {
      return std::nullopt;
    }
    return here() == ":" ? dict(std::move(*item), first) : set(std::move(*item), first);
  }

  Found set(PythonNode&& item, std::size_t first) {
    std::vector<PythonMember> items;
    const bool complete = rest_of_tuple(std::move(item), items, "}") && take("}");
    if (!complete || !std::ranges::all_of(items, [](const PythonMember& member) { return is_hashable(member.node); })) {
      return std::nullopt;
    }
    drop_repeated(items);
    return finish(Kind::set, std::move(items), first);
  }

  Found dict(PythonNode&& first_key, std::size_t first) {
    PythonMembers members;
    Found key = std::move(first_key);
    while (key && add_member(members, std::move(*key))) {
      const bool comma = take(",");
      if (take("}")) {
        return finish(Kind::dict, members.take(), first);
      }
      key = comma ? value() : std::nullopt;
    }
    return std::nullopt;
  }

  bool add_member(PythonMembers& members, PythonNode&& key) {
    if (!take(":") || !is_hashable(key)) {
      return false;
    }
    Found found = value();
    if (found) {
      members.set({.key = key_text(key),
                   .written_key = source_.text.substr(key.begin, key.end - key.begin),
                   .node = std::move(*found)});
    }
    return found.has_value();
  }

  /// Our keys are text; Python's are written as it would print them.
  std::string key_text(const PythonNode& key) const {
    const auto* text = key.value.get<std::string>();
    return text != nullptr ? *text : write_python(python_value(PythonNode(key)), source_, &key);
  }

  const YamlLimits limits_;
  const PythonSource& source_;
  std::span<const PythonToken> tokens_;
  std::size_t& nodes_;
  std::size_t pos_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

void PythonMembers::set(PythonMember member) {
  const auto [place, fresh] = places_.emplace(member.key, members_.size());
  if (fresh) {
    members_.push_back(std::move(member));
  } else {
    members_[place->second] = std::move(member);
  }
}

std::optional<PythonNode> read_python_literal(const PythonSource& source, std::span<const PythonToken> tokens,
                                              std::size_t& nodes) {
  return tokens.empty() ? std::nullopt : LiteralReader(source, tokens, nodes).whole();
}

Value python_value(PythonNode&& node) {
  switch (node.kind) {
    case Kind::scalar:
    case Kind::text:
    case Kind::bytes:
      return std::move(node.value);
    case Kind::list:
    case Kind::tuple:
    case Kind::set: {
      Value::List list;
      list.reserve(node.members.size());
      for (PythonMember& item : node.members) {
        list.push_back(python_value(std::move(item.node)));
      }
      return list;
    }
    case Kind::dict:
    case Kind::class_body:
      break;
  }
  Value::Map map;
  map.reserve(node.members.size());
  for (PythonMember& member : node.members) {
    map.emplace_back(std::move(member.key), python_value(std::move(member.node)));
  }
  return map;
}

}  // namespace mlops::spec
