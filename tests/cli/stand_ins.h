#pragma once

#include "tests/program.h"
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

namespace dstn::test {

/// A folder for the bones of a tree, in which scripts run and every tool they call is a stand-in that writes
/// down its call.
class StandIns {
  public:
    struct Result {
        int code;
        QString out, err;
    };

    QString path(const QString& name) const { return folder_.filePath(name); }
    /// The folder as the scripts see it, without symbolic links.
    QString root() const { return QFileInfo(folder_.path()).canonicalFilePath(); }

    /// Copies files of the source tree to the same place here.
    void copyFromTree(const QStringList& names) const {
        for (const QString& name : names) copyFromTree(name, name);
    }
    void copyFromTree(const QString& name, const QString& here) const {
        QDir().mkpath(QFileInfo(path(here)).path());
        QVERIFY(QFile::copy(QString(DSTN_SOURCE_DIR) + "/" + name, path(here)));
    }
    void makeFile(const QString& name, const QByteArray& content) const {
        QDir().mkpath(QFileInfo(path(name)).path());
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    void makeScript(const QString& name, const QByteArray& body) const {
        makeFile(name, "#!/bin/sh\n" + body + "\n");
        QVERIFY(QFile::setPermissions(path(name), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    void makeTool(const QString& name, const QByteArray& body = "") const {
        makeScript("bin/" + name,
                   "echo \"" + name.toUtf8() + " $*\" >> " + path("calls").toUtf8() + "\n" + body);
    }
    /// Tools of this machine, for a script that is to find no others.
    void linkTools(const QStringList& names) const {
        QDir().mkpath(path("bin"));
        for (const QString& name : names)
            for (const char* folder : {"/usr/bin/", "/bin/"})
                if (QFile::exists(folder + name) && !QFile::exists(path("bin/" + name)))
                    QVERIFY(QFile::link(folder + name, path("bin/" + name)));
    }
    /// The tools called, a line each, with their arguments.
    QString calls() const { return read("calls"); }
    QString read(const QString& name) const {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    /// Variables beside PATH, for the scripts run from now on.
    QProcessEnvironment& environment() { return environment_; }

    Result run(const QString& script, const QStringList& arguments = {}, bool otherTools = true) const {
        QProcess process;
        QProcessEnvironment environment = environment_;
        environment.insert("PATH", path("bin") + (otherTools ? ":/usr/bin:/bin" : ""));
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory("/");
        process.start("/bin/sh", QStringList{path(script)} + arguments);
        if (!process.waitForFinished(dstn::test::patience)) return {-1, {}, "the script did not end"};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

  private:
    QTemporaryDir folder_;
    QProcessEnvironment environment_;
};

} // namespace dstn::test
