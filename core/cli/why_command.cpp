// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/say.h"
#include "trace/event_filter.h"
#include "trace/why.h"

namespace overcommit {
namespace {

Result<void> explain(const CommandLine& line) {
  const auto gfn = line.address("--gfn");
  const auto at = line.time("--at");
  if (!gfn) return tl::unexpected(gfn.error());
  if (!at) return tl::unexpected(at.error());
  const auto reader = TraceReader::open(line.text("TRACE"));
  if (!reader) return tl::unexpected(reader.error());
  const auto vm = vmNamed(reader->header(), line.text("--vm"));
  if (!vm) return failure("--vm: {}", vm.error().text);
  const Pages memory = reader->header().vms[vm->value()].memory;
  if (**gfn >= memory.value())
    return failure("--gfn: {} has no page {:#x}; its {} pages are 0 to {:#x}", line.text("--vm"), **gfn, memory.value(),
                   memory.value() - 1);
  const auto answer = explainPage(*reader, {*vm, Gfn(**gfn), *at});
  if (!answer) return tl::unexpected(answer.error());
  say("{}", line.has("--json") ? whyJson(*answer, reader->header()) : whyText(*answer, reader->header()));
  if (reader->end() != TraceEnd::Complete) printError(Error{reader->endText()});
  return {};
}

}  // namespace

ExitCode whyCommand(const CommandLine& line) {
  if (const auto explained = explain(line); !explained) {
    printError(explained.error());
    return ExitCode::Usage;
  }
  return ExitCode::Well;
}

}  // namespace overcommit
