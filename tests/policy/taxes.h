// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "policy/idle_tax.h"

namespace overcommit::test {

constexpr IdleTax flat(std::uint32_t percent) { return {percent, IdleTaxCurve::Flat}; }
constexpr IdleTax progressive(std::uint32_t percent) { return {percent, IdleTaxCurve::Progressive}; }

}  // namespace overcommit::test
