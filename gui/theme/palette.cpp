// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/theme/palette.h"

#include <algorithm>
#include <cmath>

namespace overcommit::gui {
namespace {

constexpr QRgb opaque(QRgb colour) { return colour | 0xff00'0000u; }

// In the order of Hue.
constexpr Palette kLight({opaque(0x2e273b), opaque(0x8ca2d4), opaque(0x157867), opaque(0x9030bf), opaque(0xf2c12e), opaque(0xa62500),
                          opaque(0xe4e8ec), opaque(0x0b57d0), opaque(0xffffff), opaque(0xf5f6f8), opaque(0x1b2228), opaque(0x55616c)});
constexpr Palette kDark({opaque(0xe1fdff), opaque(0x6b758c), opaque(0x2eba94), opaque(0xb99bff), opaque(0xf3e93c), opaque(0xd95d1e),
                         opaque(0x2a323b), opaque(0x7fb2ff), opaque(0x161b20), opaque(0x1d242b), opaque(0xe8edf2), opaque(0xa5b1bc)});

double linear(int channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

}  // namespace

const Palette& paletteOf(Shade shade) { return shade == Shade::Light ? kLight : kDark; }

QRgb mixed(QRgb under, QRgb over, unsigned parts) {
  const auto mix = [parts](int a, int b) { return (a * static_cast<int>(256 - parts) + b * static_cast<int>(parts)) / 256; };
  return qRgb(mix(qRed(under), qRed(over)), mix(qGreen(under), qGreen(over)), mix(qBlue(under), qBlue(over)));
}

double luminanceOf(QRgb colour) { return 0.2126 * linear(qRed(colour)) + 0.7152 * linear(qGreen(colour)) + 0.0722 * linear(qBlue(colour)); }

double contrastOf(QRgb a, QRgb b) {
  const double la = luminanceOf(a), lb = luminanceOf(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QRgb readableOn(QRgb ground) {
  constexpr QRgb kInk = opaque(0x14181c), kPaper = opaque(0xffffff);
  return contrastOf(kInk, ground) >= contrastOf(kPaper, ground) ? kInk : kPaper;
}

}  // namespace overcommit::gui
