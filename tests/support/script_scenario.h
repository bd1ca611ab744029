// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace overcommit::test {

// Two VMs without CPUs whose memory does not fit: they swap from the first second on. Quick.
inline std::string scriptScenario(const std::string& more = {}, const std::string& duration = "2s") {
  return "title = \"Two where one fits\"\nseed = 5\nduration = \"" + duration + R"("
[host]
memory = "12 MiB"
[[vm]]
name = "a"
memory = "8 MiB"
generator = "uniform"
[[vm]]
name = "b"
memory = "8 MiB"
generator = "zipf"
)" + more;
}

}  // namespace overcommit::test
