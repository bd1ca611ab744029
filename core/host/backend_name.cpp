// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/backend_name.h"

#include <array>
#include <vector>

#include "base/nearest.h"

namespace overcommit {
namespace {

struct NamedBackend {
  std::string_view name;
  Backend backend;
};
constexpr std::array kBackends{NamedBackend{"auto", Backend::Auto}, NamedBackend{"unicorn", Backend::Unicorn},
                               NamedBackend{"kvm", Backend::Kvm}, NamedBackend{"script", Backend::Script}};

}  // namespace

Result<Backend> backendNamed(std::string_view name) {
  std::vector<std::string_view> names;
  for (const NamedBackend& known : kBackends) {
    if (known.name == name) return known.backend;
    names.push_back(known.name);
  }
  return failure("there is no backend \"{}\"{}; use auto, unicorn, kvm or script", name, didYouMean(name, names));
}

}  // namespace overcommit
