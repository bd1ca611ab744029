// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace overcommit {

// What is sent: keys stay in the order in which they are written. What is received is looked up by name, and may have a million keys.
using Json = nlohmann::ordered_json;
using ReceivedJson = nlohmann::json;

// No request is nested deeper.
inline constexpr int kDeepestJson = 32;

// The error says where the text stops being JSON. Whatever the text, it takes memory and time in proportion to its length.
Result<ReceivedJson> parseJson(std::string_view text);

// One line without its end. What is not UTF-8 becomes U+FFFD.
std::string jsonLine(const Json& json);

// JSON that the engine itself wrote.
Json ownJson(std::string_view text);

}  // namespace overcommit
