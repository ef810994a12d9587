// SPDX-License-Identifier: Apache-2.0
#include "cli/roff.hpp"

#include <algorithm>
#include <cctype>

#include "util/text.hpp"
#include "version.hpp"

namespace mlops::cli {
namespace {

constexpr std::size_t widest_line = 78;

bool is_heading(std::string_view line) {
  return line.size() > 2 && std::isupper(static_cast<unsigned char>(line[0])) != 0 &&
         std::none_of(line.begin(), line.end(), [](unsigned char c) { return std::islower(c) != 0; }) &&
         line.find_first_of(".:`") == std::string_view::npos;
}

/// Whether the line is nothing but terms in backticks: the head of an entry whose text is the next paragraph.
bool is_term(std::string_view line) {
  bool inside = false;
  for (const char c : line) {
    if (c == '`') {
      inside = !inside;
    } else if (!inside && c != ',' && c != ' ') {
      return false;
    }
  }
  return line.starts_with('`') && line.ends_with('`');
}

/// A line of source that begins with a dot or an apostrophe would be taken for a request.
std::string guarded(std::string line) {
  if (line.starts_with('.') || line.starts_with('\'')) line.insert(0, "\\&");
  return line;
}

/// Breaks source text between words; a formatter fills the lines again.
std::string wrapped(std::string_view text) {
  std::string out, line;
  for (const auto& word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!line.empty() && line.size() + 1 + word.size() > widest_line) {
      out += guarded(line) + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) out += guarded(line) + "\n";
  return out;
}

/// Writes the body of a page line by line: paragraphs, entries, examples and sections.
class BodyWriter {
  std::string out_, paragraph_;
  bool verbatim_ = false;
  bool open_ = true;  ///< a section or an entry has just begun, so that the next paragraph needs no break

  void flush() {
    if (paragraph_.empty()) return;
    if (!open_) out_ += ".PP\n";
    out_ += wrapped(roff_running(paragraph_));
    paragraph_.clear();
    open_ = false;
  }

  void end_verbatim() {
    if (!verbatim_) return;
    while (out_.ends_with("\n\n")) out_.pop_back();
    out_ += ".fi\n.RE\n";
    verbatim_ = false;
    open_ = false;
  }

  void example(std::string_view line) {
    flush();
    if (!verbatim_) {
      if (!open_) out_ += ".PP\n";
      out_ += ".RS 2\n.nf\n";
    }
    verbatim_ = true;
    out_ += guarded(roff_text(line)) + "\n";
  }

 public:
  void add(std::string_view line) {
    if (line.starts_with("  ")) return example(line.substr(2));
    if (line.empty()) {
      if (verbatim_) out_ += "\n";
      return flush();
    }
    end_verbatim();
    if (is_heading(line)) {
      flush();
      out_ += ".SH " + std::string(line) + "\n";
      open_ = true;
    } else if (paragraph_.empty() && is_term(line)) {
      out_ += ".TP\n" + roff_running(line) + "\n";
      open_ = true;
    } else {
      if (!paragraph_.empty()) paragraph_ += ' ';
      paragraph_ += line;
    }
  }

  std::string take() {
    flush();
    end_verbatim();
    return std::move(out_);
  }
};

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_running(std::string_view text) {
  std::string out, piece;
  bool bold = false;
  for (const char c : text) {
    if (c != '`') {
      piece += c;
      continue;
    }
    out += roff_text(piece) + (bold ? "\\fR" : "\\fB");
    piece.clear();
    bold = !bold;
  }
  out += roff_text(piece);
  if (bold) out += "\\fR";
  return guarded(std::move(out));
}

std::string roff_title(std::string_view name, int section, std::string_view summary) {
  std::string upper(name), plain(summary);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  plain.erase(std::remove(plain.begin(), plain.end(), '`'), plain.end());
  return ".TH " + upper + " " + std::to_string(section) + " " + std::string(release_date) + " \"mlops " +
         std::string(version) + "\" \"mlops manual\"\n.SH NAME\n" + roff_text(name) + " \\- " + roff_text(plain) + "\n";
}

std::string roff_body(std::string_view text) {
  BodyWriter writer;
  for (const auto& line : split(text, '\n')) writer.add(line);
  return writer.take();
}

}  // namespace mlops::cli
