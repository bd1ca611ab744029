// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QColor>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace overcommit::test {

// Colours as people see them: how far two of them are apart (CIEDE2000; Sharma, Wu, Dalal 2005), and what is left of them for eyes that
// lack one of the three kinds of cones (Machado, Oliveira, Fernandes 2009, full deficiency).
using Triple = std::array<double, 3>;

inline Triple linearOf(QRgb colour) {
  const auto linear = [](int channel) {
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return {linear(qRed(colour)), linear(qGreen(colour)), linear(qBlue(colour))};
}

inline Triple times(const std::array<Triple, 3>& matrix, const Triple& vector) {
  Triple result{};
  for (std::size_t i = 0; i < 3; ++i) result[i] = matrix[i][0] * vector[0] + matrix[i][1] * vector[1] + matrix[i][2] * vector[2];
  return result;
}

enum class Vision { Normal, Protan, Deutan, Tritan };
inline Triple seenBy(Vision vision, const Triple& linear) {
  static constexpr std::array<Triple, 3> kProtan{
      {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
  static constexpr std::array<Triple, 3> kDeutan{
      {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
  static constexpr std::array<Triple, 3> kTritan{
      {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};
  Triple seen = linear;
  if (vision == Vision::Protan) seen = times(kProtan, linear);
  if (vision == Vision::Deutan) seen = times(kDeutan, linear);
  if (vision == Vision::Tritan) seen = times(kTritan, linear);
  for (double& channel : seen) channel = std::clamp(channel, 0.0, 1.0);
  return seen;
}

// L*a*b* under D65.
inline Triple labOf(const Triple& linear) {
  static constexpr std::array<Triple, 3> kToXyz{
      {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};
  const Triple xyz = times(kToXyz, linear);
  const auto f = [](double t) { return t > 216.0 / 24389.0 ? std::cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0; };
  const double x = f(xyz[0] / 0.95047), y = f(xyz[1]), z = f(xyz[2] / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

inline double ciede2000(const Triple& one, const Triple& two) {
  constexpr double kDegree = std::numbers::pi / 180;
  const double c1 = std::hypot(one[1], one[2]), c2 = std::hypot(two[1], two[2]);
  const double mean7 = std::pow((c1 + c2) / 2, 7), pow25 = std::pow(25.0, 7);
  const double g = 0.5 * (1 - std::sqrt(mean7 / (mean7 + pow25)));
  const double a1 = (1 + g) * one[1], a2 = (1 + g) * two[1];
  const double cp1 = std::hypot(a1, one[2]), cp2 = std::hypot(a2, two[2]);
  const auto hue = [](double a, double b) {
    if (a == 0 && b == 0) return 0.0;
    const double h = std::atan2(b, a) / kDegree;
    return h < 0 ? h + 360 : h;
  };
  const double h1 = hue(a1, one[2]), h2 = hue(a2, two[2]);
  const bool grey = cp1 * cp2 == 0;
  double dh = grey ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  if (dh < -180) dh += 360;
  const double dL = two[0] - one[0], dC = cp2 - cp1, dH = 2 * std::sqrt(cp1 * cp2) * std::sin(dh / 2 * kDegree);
  const double meanL = (one[0] + two[0]) / 2, meanC = (cp1 + cp2) / 2;
  double meanH = h1 + h2;
  if (!grey) {
    if (std::abs(h1 - h2) <= 180)
      meanH /= 2;
    else
      meanH = meanH < 360 ? (meanH + 360) / 2 : (meanH - 360) / 2;
  }
  const double t = 1 - 0.17 * std::cos((meanH - 30) * kDegree) + 0.24 * std::cos(2 * meanH * kDegree) +
                   0.32 * std::cos((3 * meanH + 6) * kDegree) - 0.20 * std::cos((4 * meanH - 63) * kDegree);
  const double around = 30 * std::exp(-std::pow((meanH - 275) / 25, 2));
  const double meanC7 = std::pow(meanC, 7);
  const double rc = 2 * std::sqrt(meanC7 / (meanC7 + pow25));
  const double fromMiddle = std::pow(meanL - 50, 2);
  const double sL = 1 + 0.015 * fromMiddle / std::sqrt(20 + fromMiddle), sC = 1 + 0.045 * meanC, sH = 1 + 0.015 * meanC * t;
  const double rT = -std::sin(2 * around * kDegree) * rc;
  return std::sqrt(std::pow(dL / sL, 2) + std::pow(dC / sC, 2) + std::pow(dH / sH, 2) + rT * (dC / sC) * (dH / sH));
}

inline double distanceFor(Vision vision, QRgb one, QRgb two) {
  return ciede2000(labOf(seenBy(vision, linearOf(one))), labOf(seenBy(vision, linearOf(two))));
}

}  // namespace overcommit::test
