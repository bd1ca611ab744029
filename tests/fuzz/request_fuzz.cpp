// SPDX-License-Identifier: GPL-2.0-or-later
// Requests of any bytes, to a session with a small run open: each line is answered, or was a notification, in lines of JSON;
// and nothing ends the session but quit.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/session.h"

namespace {

using namespace overcommit;

void must(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view kOpen =
    R"({"jsonrpc":"2.0","id":0,"method":"open","params":{"text":"duration = \"20ms\"\n[host]\nmemory = \"3 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"2 MiB\"\ngenerator = \"zipf\"\n[[vm]]\nname = \"b\"\nmemory = \"2 MiB\"\ngenerator = \"uniform\"\n"}})";

// Files and directories are nobody's business here.
bool wouldTouchFiles(std::string_view line) {
  for (const std::string_view word : {"open", "save", "trace", "scenario", "recorded", "\\u"}) {
    if (line.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// A run costs more than a thousand lines of nonsense: those are tried without one.
bool hasRequest(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    for (const ReceivedRequest& received : readLine(text.substr(at, end - at)).requests) {
      if (!received.error) return true;
    }
    at = end + 1;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t sent = 0;
  Session session(
      [](const RunConfig&) -> Result<HostSurroundings> {
        HostSurroundings surroundings;
        surroundings.swapDirectory = "/tmp";
        return surroundings;
      },
      [&sent](const std::string& line) {
        ++sent;
        must(parseJson(line).has_value() && line.find('\n') == std::string::npos);
      });
  if (hasRequest(text)) {
    session.receive(kOpen);
    must(sent == 1);
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (wouldTouchFiles(line)) continue;
    const std::size_t before = sent;
    session.receive(line);
    const bool isJson = parseJson(line).has_value();
    must(isJson || sent == before + 1);
    for (int quanta = 0; session.advancing() && quanta < 3; ++quanta) session.runQuantum();
    if (session.quitting()) break;
    if (session.waiting()) session.receive(R"({"jsonrpc":"2.0","method":"pause"})");
  }
  session.end();
  return 0;
}
