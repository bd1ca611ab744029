// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "serve/request.h"

namespace overcommit {

// Typed access to the parameters of a request, or to an object in them. A parameter that is absent gives nothing; one that is wrong
// gives nothing either, and the first such mistake is error(). `known`: the names that there are; `what`: what to call the object in messages.
class Params {
 public:
  Params(const ReceivedJson& object, std::string_view what, std::span<const std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  void require(std::string_view name);

  std::optional<std::string> text(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  // A whole number; as a text also in hexadecimal, "0x1a".
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most);
  // Nanoseconds, or a text with a unit, "1.5s".
  std::optional<VirtualTime> time(std::string_view name);
  // One text, or a list of them.
  std::optional<std::vector<std::string>> texts(std::string_view name);
  const ReceivedJson* object(std::string_view name);
  const ReceivedJson* list(std::string_view name);

  template <typename... Args>
  void wrong(fmt::format_string<Args...> format, Args&&... args) {
    note(fmt::format(format, std::forward<Args>(args)...));
  }
  [[nodiscard]] const std::optional<RpcError>& error() const { return error_; }

 private:
  [[nodiscard]] const ReceivedJson* find(std::string_view name) const;
  void note(std::string text);

  const ReceivedJson& object_;
  std::string_view what_;
  std::optional<RpcError> error_;
};

// The one number or time that a value is; the error says what it should be.
Result<std::uint64_t> numberIn(const ReceivedJson& value);
Result<VirtualTime> timeIn(const ReceivedJson& value);

}  // namespace overcommit
