// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QObject>
#include <QProcess>
#include <functional>
#include <map>
#include <tl/expected.hpp>

namespace overcommit::gui {

// What the engine answers if it cannot do what it was asked for: the codes of docs/reference/serve.md.
struct EngineError {
  static constexpr int kNoAnswer = 0;  // the engine ended before it answered
  static constexpr int kWrongScenario = -32003;
  static constexpr int kRefused = -32004;
  int code = kNoAnswer;
  QString text;
  QJsonObject data;
};
using EngineAnswer = tl::expected<QJsonObject, EngineError>;

// An engine of our own (`overcommit serve`): sends it requests, calls back with the answers, and tells what it says by itself. Whatever it
// does, the window stays: each request is answered once, with an error if the engine has ended.
class EngineProcess final : public QObject {
  Q_OBJECT
 public:
  using Answered = std::function<void(const EngineAnswer&)>;

  // `command`: the program.
  explicit EngineProcess(QString command, QObject* parent = nullptr);
  // Ends the engine: its run is ended, and the trace that it writes completed, if it does so within some seconds.
  ~EngineProcess() override;

  void start();
  // May be called as soon as it is started. `answered` is called later, never from within call().
  void call(const QString& method, const QJsonObject& params, Answered answered);
  // The same, for whoever does not want to know.
  void tell(const QString& method, const QJsonObject& params = {});
  // Ends it at once, whatever it is at. Open requests are not answered any more.
  void kill();

  [[nodiscard]] bool running() const { return process_.state() != QProcess::NotRunning; }
  [[nodiscard]] qint64 processId() const { return process_.processId(); }
  // The last that it wrote to standard error.
  [[nodiscard]] QString complaint() const;

 Q_SIGNALS:
  void notified(const QString& method, const QJsonObject& params);
  // It has ended, or could not be started: a sentence that says why, and what can be done.
  void ended(const QString& why);

 private:
  void send(const QJsonObject& message);
  void readLines();
  void receive(const QByteArray& line);
  void onFinished(int exitCode, QProcess::ExitStatus status);
  void end(const QString& why);

  QString command_;
  QProcess process_;
  QByteArray unread_;  // a line that has no end yet
  QByteArray complaints_;
  int asked_ = 0;
  std::map<int, Answered> open_;
  bool over_ = false;
};

}  // namespace overcommit::gui
