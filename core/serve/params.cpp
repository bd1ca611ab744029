// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/params.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "base/units.h"

namespace overcommit {
namespace {

// So that a message stays a line.
constexpr std::size_t kLongestQuote = 64;
std::string shortened(std::string_view text) {
  return text.size() <= kLongestQuote ? std::string(text) : std::string(text.substr(0, kLongestQuote)) + "…";
}

}  // namespace

Result<std::uint64_t> numberIn(const ReceivedJson& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_integer()) return failure("must not be negative");
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const char* begin = text.data() + (hexadecimal ? 2 : 0);
    const char* end = text.data() + text.size();
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(begin, end, number, hexadecimal ? 16 : 10);
    if (error == std::errc() && stop == end) return number;
  }
  return failure("must be a whole number, or a text such as \"0x1a\"");
}

Result<VirtualTime> timeIn(const ReceivedJson& value) {
  if (value.is_number_unsigned()) return VirtualTime(value.get<std::uint64_t>());
  if (!value.is_string()) return failure("must be a time: nanoseconds, or a text such as \"1.5s\"");
  auto time = parseTime(value.get_ref<const std::string&>());
  if (!time) return failure("is no time: {}", time.error().text);
  return time;
}

Params::Params(const ReceivedJson& object, std::string_view what, std::span<const std::string_view> known) : object_(object), what_(what) {
  if (!object.is_object()) {
    note("must be an object");
    return;
  }
  for (const auto& item : object.items()) {
    if (std::ranges::find(known, item.key()) != known.end()) continue;
    const std::string hint = didYouMean(item.key(), known);
    if (known.empty()) {
      wrong("there is no parameter \"{}\": it takes none", shortened(item.key()));
    } else {
      wrong("there is no parameter \"{}\"{}", shortened(item.key()),
            hint.empty() ? fmt::format(": there are {}", fmt::join(known, ", ")) : hint);
    }
    return;
  }
}

const ReceivedJson* Params::find(std::string_view name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void Params::note(std::string text) {
  if (!error_) error_ = RpcError{RpcCode::WrongParams, fmt::format("{}: {}", what_, text), nullptr};
}

void Params::require(std::string_view name) {
  if (!has(name)) wrong("{} is missing", name);
}

std::optional<std::string> Params::text(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  wrong("{} must be a text", name);
  return std::nullopt;
}

std::optional<bool> Params::boolean(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  wrong("{} must be true or false", name);
  return std::nullopt;
}

std::optional<std::uint64_t> Params::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  const ReceivedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = numberIn(*value);
  if (!number) {
    wrong("{} {}", name, number.error().text);
  } else if (*number < least || *number > most) {
    wrong("{} = {} is out of range: {} to {}", name, *number, least, most);
  } else {
    return *number;
  }
  return std::nullopt;
}

std::optional<VirtualTime> Params::time(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto time = timeIn(*value);
  if (time) return *time;
  wrong("{} {}", name, time.error().text);
  return std::nullopt;
}

std::optional<std::vector<std::string>> Params::texts(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::vector{value->get<std::string>()};
  std::vector<std::string> texts;
  if (value->is_array() && std::ranges::all_of(*value, [](const ReceivedJson& one) { return one.is_string(); })) {
    for (const ReceivedJson& one : *value) texts.push_back(one.get<std::string>());
    return texts;
  }
  wrong("{} must be a text or a list of texts", name);
  return std::nullopt;
}

const ReceivedJson* Params::object(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr || value->is_object()) return value;
  wrong("{} must be an object", name);
  return nullptr;
}

const ReceivedJson* Params::list(std::string_view name) {
  const ReceivedJson* value = find(name);
  if (value == nullptr || value->is_array()) return value;
  wrong("{} must be a list", name);
  return nullptr;
}

}  // namespace overcommit
