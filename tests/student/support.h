// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QFile>
#include <QTemporaryDir>
#include <string>

#include "student/student_policies.h"
#include "support/test.h"

namespace overcommit::test {

inline const std::filesystem::path kSdk = OVERCOMMIT_SOURCE_DIR "/include";

// A folder of submissions; gone at its end.
class Submissions {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    QFile file(folder_.filePath(QString::fromStdString(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), static_cast<qint64>(text.size())) < 0)
      qFatal("cannot write %s", name.c_str());
    return file.fileName().toStdString();
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path().toStdString(); }

 private:
  QTemporaryDir folder_;
};

inline const Confinement& confinementHere() {
  static const Confinement kHere = probeConfinement();
  return kHere;
}

// "" and a policy, or what went wrong.
inline PolicyResult<BuiltPolicy> build(PolicySubject subject, const std::filesystem::path& place,
                                       const Confinement& confinement = confinementHere()) {
  auto source = policySource(subject, place);
  if (!source) return tl::unexpected(source.error());
  return buildPolicy(*source, {confinement, kSdk});
}

#define VERIFY_BUILT(result) QVERIFY2((result).has_value(), (result).has_value() ? "" : (result).error().text.c_str())

}  // namespace overcommit::test
