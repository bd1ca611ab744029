// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <vector>

namespace overcommit::gui {

// A scenario as the start page offers it.
struct ScenarioEntry {
  QString path;
  QString title;
  QString about;  // the comment on top of the file, as one paragraph
  QString topic;
};

// The scenarios of a folder, topic by topic. Files without a title are named by their file.
std::vector<ScenarioEntry> scenariosIn(const QString& folder);

// A scenario's text for another vintage: its host gets this profile. Texts that name a profile already are left alone.
QString withProfile(const QString& scenario, const QString& profile);

}  // namespace overcommit::gui
