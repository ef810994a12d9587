// SPDX-License-Identifier: Apache-2.0
// The event handler that turns what yaml-cpp sees into nodes.
//
// The reader stops by throwing at the first event that goes beyond a limit. yaml-cpp recurses once for each collection
// that is open and announces each with an event first, so the depth limit bounds its stack as well as ours.

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>

#include "spec/yaml_layout.hpp"
#include "spec/yaml_reader.hpp"
#include "util/error.hpp"
#include "util/text.hpp"

namespace mlops::spec {

namespace {

constexpr std::string_view standard_tags = "tag:yaml.org,2002:";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// A subtree's number of nodes and of levels.
struct Extent {
  std::size_t nodes = 1;
  std::size_t height = 1;
};

Extent measure(const YamlNode& node) {
  Extent extent;
  const auto add = [&](const YamlNode& child) {
    const Extent below = measure(child);
    extent.nodes += below.nodes;
    extent.height = std::max(extent.height, below.height + 1);
  };
  for (const YamlNode& item : node.items) {
    add(item);
  }
  for (const auto& [key, value] : node.members) {
    ++extent.nodes;
    add(value);
  }
  return extent;
}

/// A collection that is being read.
struct Frame {
  YamlNode node;
  YAML::anchor_t anchor = 0;
  bool has_key = false;
  YamlNode key;
  std::vector<std::pair<int, YamlNode>> merges;  ///< what `<<` names, with its line
  std::unordered_map<std::string, int> seen;     ///< lines of keys, once there are many
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& file, const YamlLimits& limits, Aliases aliases, std::size_t skipped)
      : file_(file), limits_(limits), aliases_(aliases), skipped_(skipped) {}

  YamlNode take() { return std::move(root_); }

  /// yaml-cpp takes the end of the text for the closing quote of its last scalar.
  void require_closed(std::string_view text) const {
    if (last_is_plain_ || (text[last_scalar_] != '"' && text[last_scalar_] != '\'')) {
      return;
    }
    if (quoted_end(text, last_scalar_) == std::string_view::npos) {
      const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(last_scalar_), '\n');
      fail(static_cast<int>(line), "a quoted text is not closed");
    }
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) {
      fail(mark.line, "something follows the end of the document");
    }
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(at(mark, YamlNode::Kind::null), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = at(mark, YamlNode::Kind::scalar);
    if (aliases_ == Aliases::keep) {
      node.alias = true;
      finish(std::move(node), 0);
      return;
    }
    finish(expand(mark, anchor), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (text.size() > limits_.scalar_bytes) {
      fail(mark.line, "a text longer than " + human_size(limits_.scalar_bytes));
    }
    YamlNode node = at(mark, YamlNode::Kind::scalar);
    node.scalar = text;
    last_scalar_ = node.offset;
    last_is_plain_ = tag != "!";
    apply_tag(node, tag);
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, YamlNode::Kind::sequence, tag, "seq", anchor, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, YamlNode::Kind::map, tag, "map", anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    merge(frames_.back());
    close();
  }

 private:
  [[noreturn]] void fail(int line, const std::string& reason) const {
    throw Error("{}:{}: {}", file_, std::max(line, 0) + 1, reason);
  }

  YamlNode at(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > limits_.nodes) {
      fail(mark.line, fmt::format("more than {} values", limits_.nodes));
    }
    YamlNode node;
    node.kind = kind;
    node.line = std::max(mark.line, 0) + 1;
    node.column = std::max(mark.column, 0) + 1;
    node.offset = static_cast<std::size_t>(std::max(mark.pos, 0)) + skipped_;
    return node;
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& tag, std::string_view own_tag,
            YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (frames_.size() >= limits_.depth) {
      fail(mark.line, fmt::format("nested more than {} levels deep", limits_.depth));
    }
    if (!tag.empty() && tag != "?" && tag != "!" && tag != std::string(standard_tags) + std::string(own_tag)) {
      fail(mark.line, "unknown tag " + quoted(tag));
    }
    Frame frame;
    frame.node = at(mark, kind);
    frame.node.flow = style == YAML::EmitterStyle::Flow;
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    finish(std::move(frame.node), frame.anchor);
  }

  void finish(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0 && aliases_ == Aliases::expand) {
      remember(node, anchor);
    }
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (Frame& frame = frames_.back(); frame.node.kind == YamlNode::Kind::sequence) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, std::move(node));
    } else {
      take_value(frame, std::move(node));
    }
  }

  void take_key(Frame& frame, YamlNode key) {
    if (key.kind == YamlNode::Kind::null) {
      key.kind = YamlNode::Kind::scalar;
      key.scalar = "null";
    }
    if (key.kind != YamlNode::Kind::scalar || key.alias) {
      fail(key.line - 1, "a key must be a plain text");
    }
    if (const int first = seen_at(frame, key); first != 0) {
      fail(key.line - 1, fmt::format("duplicate key {}, first on line {}", quoted(key.scalar), first));
    }
    frame.key = std::move(key);
    frame.has_key = true;
  }

  // Small maps, which are most, are searched; for others an index is kept.
  static int seen_at(Frame& frame, const YamlNode& key) {
    const auto& members = frame.node.members;
    if (members.size() < 16) {
      const auto same = [&](const auto& member) { return member.key.scalar == key.scalar; };
      const auto found = std::ranges::find_if(members, same);
      return found == members.end() ? 0 : found->key.line;
    }
    if (frame.seen.empty()) {
      for (const auto& member : members) {
        frame.seen.emplace(member.key.scalar, member.key.line);
      }
    }
    const auto [found, fresh] = frame.seen.emplace(key.scalar, key.line);
    return fresh ? 0 : found->second;
  }

  void take_value(Frame& frame, YamlNode value) {
    frame.has_key = false;
    if (aliases_ == Aliases::expand && frame.key.plain && frame.key.scalar == "<<") {
      if (!frame.merges.empty()) {
        fail(frame.key.line - 1, "duplicate key '<<'");
      }
      frame.merges.emplace_back(frame.key.line, std::move(value));
      return;
    }
    frame.node.members.push_back({std::move(frame.key), std::move(value)});
  }

  /// Adds the members of what `<<` named, in front and the last source first, as other readers order them; keys of the
  /// map itself win, then those of earlier sources.
  void merge(Frame& frame) {
    if (frame.merges.empty()) {
      return;
    }
    YamlNode merged;
    std::unordered_map<std::string, std::size_t> places;
    for (auto& [line, source] : frame.merges) {
      if (source.kind == YamlNode::Kind::map) {
        merge_one(merged, places, source);
        continue;
      }
      if (source.kind != YamlNode::Kind::sequence) {
        fail(line - 1, "'<<' needs a map or a list of maps");
      }
      for (auto item = source.items.rbegin(); item != source.items.rend(); ++item) {
        if (item->kind != YamlNode::Kind::map) {
          fail(line - 1, "'<<' needs a map or a list of maps");
        }
        merge_one(merged, places, *item);
      }
    }
    merge_one(merged, places, frame.node);
    frame.node.members = std::move(merged.members);
    frame.merges.clear();
  }

  /// Members of `source` take the place of those with their keys.
  static void merge_one(YamlNode& into, std::unordered_map<std::string, std::size_t>& places, YamlNode& source) {
    for (auto& member : source.members) {
      const auto [place, fresh] = places.emplace(member.key.scalar, into.members.size());
      if (fresh) {
        into.members.push_back(std::move(member));
      } else {
        into.members[place->second] = std::move(member);
      }
    }
  }

  void remember(const YamlNode& node, YAML::anchor_t anchor) {
    anchored_nodes_ += measure(node).nodes;
    if (anchored_nodes_ > limits_.nodes) {
      fail(node.line - 1, "too much is anchored");
    }
    anchors_[anchor] = node;
  }

  YamlNode expand(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(mark.line, "an alias inside of what it stands for");
    }
    const Extent extent = measure(found->second);
    expanded_nodes_ += extent.nodes;
    if (expanded_nodes_ > limits_.alias_nodes) {
      fail(mark.line, fmt::format("aliases expand to more than {} values", limits_.alias_nodes));
    }
    if (frames_.size() + extent.height - 1 > limits_.depth) {
      fail(mark.line, fmt::format("nested more than {} levels deep", limits_.depth));
    }
    YamlNode node = found->second;
    node.line = std::max(mark.line, 0) + 1;
    node.column = std::max(mark.column, 0) + 1;
    return node;
  }

  void apply_tag(YamlNode& node, const std::string& tag) const {
    if (tag == "?" || tag.empty()) {
      return;
    }
    if (tag == "!") {
      node.plain = false;
      return;
    }
    if (!tag.starts_with(standard_tags)) {
      fail(node.line - 1, "unknown tag " + quoted(tag));
    }
    coerce(node, std::string_view(tag).substr(standard_tags.size()));
  }

  void coerce(YamlNode& node, std::string_view type) const {
    const Value value = type_scalar(node.scalar);
    if (type == "str") {
      node.plain = false;
    } else if (type == "null" && value.is_null()) {
      node.kind = YamlNode::Kind::null;
      node.scalar.clear();
    } else if (type == "float" && value.number()) {
      node.scalar = float_text(*value.number());
    } else if (!(type == "int" && value.get<std::int64_t>() != nullptr) &&
               !(type == "bool" && value.get<bool>() != nullptr)) {
      fail(node.line - 1, fmt::format("{} is no value of the tag '!!{}'", quoted(node.scalar), printable(type)));
    }
  }

  static std::string float_text(double value) {
    const std::string text = emit_yaml(Value(value));
    return text.substr(0, text.size() - 1);
  }

  const std::string& file_;
  const YamlLimits& limits_;
  Aliases aliases_;
  std::size_t skipped_;
  bool started_ = false;
  YamlNode root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t last_scalar_ = 0;
  bool last_is_plain_ = true;
  std::size_t nodes_ = 0;
  std::size_t anchored_nodes_ = 0;
  std::size_t expanded_nodes_ = 0;
};

/// Whether the line, counted from 0, begins with white space that holds a tab.
bool indented_by_tab(std::string_view text, int line) {
  const std::vector<std::string> lines = split(text, '\n');
  const auto at = static_cast<std::size_t>(line);
  return at < lines.size() && lines[at].substr(0, lines[at].find_first_not_of(" \t")).find('\t') != std::string::npos;
}

}  // namespace

YamlNode read_yaml_events(std::string_view text, const std::string& file, const YamlLimits& limits, Aliases aliases) {
  const std::size_t skipped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  std::istringstream stream{std::string(text.substr(skipped))};
  Builder builder(file, limits, aliases, skipped);
  try {
    YAML::Parser parser(stream);
    // The second call must find nothing; on garbage yaml-cpp would go on for ever without an error.
    if (parser.HandleNextDocument(builder)) {
      parser.HandleNextDocument(builder);
    }
  } catch (const YAML::Exception& error) {
    const int line = std::max(error.mark.line, 0);
    Error failure("{}:{}: {}", file, line + 1, printable(error.msg));
    if (indented_by_tab(text, line)) {
      failure.hint("indent with spaces: YAML takes no tabs there");
    }
    throw failure;
  }
  builder.require_closed(text);
  return builder.take();
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find_if(members, [&](const auto& member) { return member.key.scalar == key; });
  return found == members.end() ? nullptr : &found->value;
}

}  // namespace mlops::spec
