// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/json_text.h"

namespace overcommit {

Result<ReceivedJson> parseJson(std::string_view text) {
  bool tooDeep = false;
  // What lies too deep is dropped as it is read.
  const ReceivedJson::parser_callback_t keep = [&tooDeep](int depth, ReceivedJson::parse_event_t, ReceivedJson&) {
    tooDeep = tooDeep || depth > kDeepestJson;
    return depth <= kDeepestJson;
  };
  try {
    ReceivedJson json = ReceivedJson::parse(text, keep);
    if (tooDeep) return failure("it is nested deeper than {} levels", kDeepestJson);
    return json;
  } catch (const ReceivedJson::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: …"
    const std::string_view what = error.what();
    const std::size_t end = what.find("] ");
    return failure("{}", end == std::string_view::npos ? what : what.substr(end + 2));
  }
}

std::string jsonLine(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json ownJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  invariant(!json.is_discarded(), "what the engine writes as JSON is JSON");
  return json;
}

}  // namespace overcommit
