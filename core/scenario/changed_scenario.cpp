// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/changed_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

// Where a place of the parser's is in the text: it counts characters, and the text is UTF-8.
std::optional<std::size_t> offsetOf(std::string_view text, SourcePosition position) {
  std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (std::uint32_t line = 1; line < position.line; ++line) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  }
  for (std::uint32_t column = 1; column < position.column; ++column) {
    if (at >= text.size()) return std::nullopt;
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at < text.size() ? std::optional(at) : std::nullopt;
}

// The length of the number or of the text in one pair of quotes that begins here; nothing for what is written otherwise.
std::optional<std::size_t> literalLength(std::string_view text) {
  if (text.starts_with("\"\"\"") || text.starts_with("'''")) return std::nullopt;
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    const std::size_t end = text.find_first_not_of("+-_0123456789abcdefABCDEFxo");
    return end == 0 ? std::nullopt : std::optional(std::min(end, text.size()));
  }
  for (std::size_t at = 1; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    }
  }
  return std::nullopt;
}

struct Edit {
  std::size_t at, length;
  std::string text;
};

// The keys of a [[vm]] that name files, with what they name now.
template <typename Value, typename Visit>
void forEachPath(Value& root, Visit visit) {
  for (auto& entry : root.table) {
    if (entry.key != "vm") continue;
    for (auto& vm : entry.value.array) {
      for (auto& key : vm.table) {
        constexpr std::array<std::string_view, 3> kPaths{"kernel", "script", "image"};
        if (std::ranges::find(kPaths, key.key) == kPaths.end() || key.value.kind != TomlValue::Kind::Text || key.value.text.empty())
          continue;
        const bool isFile = key.key != "image" || key.value.text.find_first_of("/.") != std::string::npos;
        if (isFile && std::filesystem::path(key.value.text).is_relative()) visit(key.value);
      }
    }
  }
}

std::string absolutePath(const std::filesystem::path& from, const std::string& path) {
  return (std::filesystem::absolute(from) / path).lexically_normal().string();
}

TomlValue textValue(std::string text) {
  TomlValue value;
  value.kind = TomlValue::Kind::Text;
  value.text = std::move(text);
  return value;
}

std::string durationText(VirtualTime duration) { return fmt::format("{} ns", duration.value()); }

// Nothing: it cannot be done in the text.
std::optional<std::string> editedText(std::string_view text, const TomlValue& root, const ScenarioChanges& changes) {
  std::vector<Edit> edits;
  std::string top;
  bool possible = true;
  const auto replace = [&](const TomlValue& value, std::string with) {
    const auto at = offsetOf(text, value.position);
    const auto length = at ? literalLength(text.substr(*at)) : std::nullopt;
    possible = possible && length;
    if (length) edits.push_back({*at, *length, std::move(with)});
  };
  const auto set = [&](std::string_view key, const std::string& literal) {
    const TomlEntry* entry = root.find(key);
    if (entry == nullptr) {
      top += fmt::format("{} = {}\n", key, literal);
    } else {
      replace(entry->value, literal);
    }
  };
  if (changes.seed) set("seed", fmt::format("{}", *changes.seed));
  if (changes.duration) set("duration", tomlText(durationText(*changes.duration)));
  if (!changes.pathsFrom.empty())
    forEachPath(root, [&](const TomlValue& value) { replace(value, tomlText(absolutePath(changes.pathsFrom, value.text))); });
  if (!possible) return std::nullopt;

  std::ranges::sort(edits, {}, &Edit::at);
  std::string out = top;
  std::size_t done = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (const Edit& edit : edits) {
    if (edit.at < done) return std::nullopt;
    out += text.substr(done, edit.at - done);
    out += edit.text;
    done = edit.at + edit.length;
  }
  out += text.substr(done);
  if (!changes.actions.empty()) {
    if (!out.ends_with('\n')) out += '\n';
    if (!changes.remark.empty()) out += fmt::format("\n# {}\n", changes.remark);
    for (const std::string& action : changes.actions) out += "\n" + action;
  }
  return out;
}

std::string writtenAnew(TomlValue root, const ScenarioChanges& changes, const TomlValue& added) {
  const auto entryOf = [&root](std::string_view key) -> TomlValue& {
    const auto found = std::ranges::find(root.table, key, &TomlEntry::key);
    if (found != root.table.end()) return found->value;
    root.table.push_back({std::string(key), {}, {}});
    return root.table.back().value;
  };
  if (changes.seed) {
    TomlValue& seed = entryOf("seed");
    seed.kind = TomlValue::Kind::Integer;
    seed.integer = static_cast<std::int64_t>(*changes.seed);
  }
  if (changes.duration) entryOf("duration") = textValue(durationText(*changes.duration));
  if (!changes.pathsFrom.empty()) forEachPath(root, [&](TomlValue& value) { value.text = absolutePath(changes.pathsFrom, value.text); });
  if (const TomlEntry* actions = added.find("at")) {
    TomlValue& at = entryOf("at");
    at.kind = TomlValue::Kind::Array;
    at.array.insert(at.array.end(), actions->value.array.begin(), actions->value.array.end());
  }
  return formatToml(root);
}

}  // namespace

Result<std::string> changedScenario(std::string_view text, std::string_view fileName, const ScenarioChanges& changes) {
  const auto root = parseToml(text, fileName);
  if (!root) return tl::unexpected(root.error());
  std::string actions;
  for (const std::string& action : changes.actions) actions += action;
  const auto added = parseToml(actions, "the changes");
  if (!added) return tl::unexpected(added.error());

  const auto entries = [](const TomlValue& document) {
    const TomlEntry* at = document.find("at");
    return at == nullptr ? std::size_t{0} : at->value.array.size();
  };
  if (auto edited = editedText(text, *root, changes)) {
    const auto again = parseToml(*edited, fileName);
    if (again && entries(*again) == entries(*root) + entries(*added)) return *std::move(edited);
  }
  return writtenAnew(*root, changes, *added);
}

}  // namespace overcommit
