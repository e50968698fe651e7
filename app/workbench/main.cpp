// dstn-workbench: the window. It reads its command line before it asks for a display, so that --help and
// --version work without one.
#include "core/archive/archive.h"
#include "core/error.h"
#include "core/experiment/experiment.h"
#include "core/experiment/experiment_file.h"
#include "core/run/thread_waiting.h"
#include "ui/forms/experiment_file.h"
#include "ui/main_window.h"
#include "ui/widgets/plain_labels.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QIcon>
#include <QSocketNotifier>
#include <QTimer>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

using namespace dstn;
using namespace dstn::ui;

namespace {

struct Options {
    std::filesystem::path archive;
    std::optional<Experiment> experiment; ///< the one that was named
    bool run = false;
};

[[noreturn]] void quit(const QString& message, ErrorKind kind) {
    for (const QString& line : message.split(QLatin1Char('\n')))
        std::fputs((printable(line.toStdString()) + '\n').c_str(), stderr);
    std::exit(exitCode(kind)); // NOLINT(concurrency-mt-unsafe): there is one thread
}

Experiment readExperiment(const QString& source) {
    const std::string text = experimentOf(source.toStdString());
    ParsedExperiment parsed = parseExperiment(text);
    if (!parsed.experiment)
        quit(QStringLiteral("%1 is not a valid experiment:\n%2")
                 .arg(source, QString::fromStdString(describe(parsed.mistakes))),
             ErrorKind::usage);
    return std::move(*parsed.experiment);
}

Options readOptions(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Sets up neural-network training runs, tunes their "
                                                    "regularisation while they train, and keeps them."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("file"), QStringLiteral("An experiment to open."),
                                 QStringLiteral("[file]"));
    const QCommandLineOption archive(QStringLiteral("archive"), QStringLiteral("Keep runs in this file."),
                                     QStringLiteral("file"));
    const QCommandLineOption experiment(
        QStringLiteral("experiment"),
        QStringLiteral("Open on this experiment file or preset instead of the last session's (at first "
                       "fashion-mnist-cnn)."),
        QStringLiteral("file|preset"));
    const QCommandLineOption run(QStringLiteral("run"), QStringLiteral("Start the experiment at once."));
    parser.addOptions({archive, experiment, run});
    parser.process(application);

    const QStringList sources = parser.values(experiment) + parser.positionalArguments();
    if (sources.size() > 1)
        quit(QStringLiteral("One experiment at a time can be opened; %1 were given.").arg(sources.size()),
             ErrorKind::usage);
    return {.archive = parser.isSet(archive) ? std::filesystem::path(parser.value(archive).toStdString())
                                             : Archive::defaultPath(),
            .experiment = sources.isEmpty() ? std::nullopt : std::optional(readExperiment(sources.first())),
            .run = parser.isSet(run)};
}

// A signal handler reaches nothing but what has static life.
std::array<int, 2> signalled{-1, -1};       ///< a pipe
volatile std::sig_atomic_t wishesToEnd = 0; ///< signals so far

void noteSignal(int) {
    wishesToEnd = wishesToEnd + 1;
    if (wishesToEnd > 1) _exit(exitCode(ErrorKind::interrupted));
    const char any = 0;
    if (write(signalled[1], &any, 1) < 0) _exit(exitCode(ErrorKind::interrupted));
}

/// SIGTERM, SIGHUP and SIGINT close the window, which saves first what runs; a second one ends the program at
/// once. A SIGHUP that whoever started it has ignored stays so.
void closeOnSignals(MainWindow& window) {
    if (pipe2(signalled.data(), O_CLOEXEC | O_NONBLOCK) != 0) return; // they end the program, as without this
    auto* notifier = new QSocketNotifier(signalled[0], QSocketNotifier::Read, &window);
    QObject::connect(notifier, &QSocketNotifier::activated, &window, [notifier, &window] {
        notifier->setEnabled(false);
        window.close();
    });
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
        struct sigaction action {};
        sigaction(signal, nullptr, &action);
        if (signal == SIGHUP && action.sa_handler == SIG_IGN) continue;
        action = {};
        action.sa_handler = noteSignal;
        sigaction(signal, &action, nullptr);
    }
}

} // namespace

int main(int argc, char** argv) {
    letThreadsSleepWhileWaiting(argv);
    // Organisation and name make the settings' file; the desktop file's name ties window and icon together.
    QCoreApplication::setOrganizationName(QStringLiteral("delta-stn-workbench"));
    QCoreApplication::setApplicationName(QStringLiteral("dstn-workbench"));
    QCoreApplication::setApplicationVersion(QStringLiteral(DSTN_VERSION));
    try {
        const Options options = readOptions(argc, argv);
        QGuiApplication::setDesktopFileName(QStringLiteral("org.delta_stn.Workbench"));
        QApplication application(argc, argv);
        QApplication::setApplicationDisplayName(QStringLiteral("Delta-STN Workbench"));
        QApplication::setWindowIcon(QIcon(QStringLiteral(":/org.delta_stn.Workbench.svg")));
        Theme theme(application);
        const PlainLabels plainLabels(application);
        const SessionExperiment start =
            options.experiment ? SessionExperiment{.experiment = *options.experiment, .note = {}}
                               : lastExperiment(readExperiment(QStringLiteral("fashion-mnist-cnn")));
        MainWindow window(options.archive, start.experiment, theme);
        if (options.experiment || !start.note.isEmpty()) window.goTo(MainWindow::setupPlace);
        if (!start.note.isEmpty()) window.tell(start.note);
        window.show();
        closeOnSignals(window);
        if (options.run) QTimer::singleShot(0, &window, &MainWindow::run);
        return QApplication::exec();
    } catch (const Error& error) {
        quit(QString::fromUtf8(error.what()), error.kind());
    } catch (const std::bad_alloc&) {
        quit(QStringLiteral(
                 "The workbench ran out of memory. Close other programs, then start it again; runs that "
                 "were under way can be resumed from the archive."),
             ErrorKind::device);
    } catch (const std::exception& error) {
        quit(QStringLiteral("An unexpected error occurred: %1").arg(QString::fromUtf8(error.what())),
             ErrorKind::numeric);
    }
}
