// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QFile>
#include <QString>

namespace overcommit::test {

// A program that speaks as the engine does, as a test wants it: `body` is the inside of a shell loop that has each request in $line, its id in
// $id, its method in $method and the trace that it names in $trace.
inline QString fakeEngine(const QString& path, const QString& body) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return {};
  file.write(
      "#!/bin/sh\nwhile read -r line; do\n"
      "id=$(printf %s \"$line\" | sed -n 's/.*\"id\":\\([0-9]*\\).*/\\1/p')\n"
      "method=$(printf %s \"$line\" | sed -n 's/.*\"method\":\"\\([a-z]*\\)\".*/\\1/p')\n"
      "trace=$(printf %s \"$line\" | sed -n 's/.*\"trace\":\"\\([^\"]*\\)\".*/\\1/p')\n");
  file.write(body.toUtf8());
  file.write("\ndone\n");
  file.setPermissions(file.permissions() | QFile::ExeOwner);
  return path;
}

}  // namespace overcommit::test
