#include "app/dstn/archive_option.h"
#include "app/dstn/subcommands.h"
#include "core/experiment/experiment_text.h"
#include "core/study/study.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

/// Its document has the name, too.
static void renameStudy(Archive& archive, const std::string& study, const std::string& name) {
    ParsedStudy parsed =
        parseStudy(archive.studyDocument(study), [](const std::string& experiment) { return experiment; });
    if (!parsed.study)
        throw Error(ErrorKind::archive, "The document of study " + study.substr(0, 8) +
                                            " cannot be read by this version: " + describe(parsed.mistakes));
    parsed.study->name = name;
    archive.setStudyDocument(study, name, toJson(*parsed.study));
}

Subcommand renameCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string run, name;
        bool study = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("rename", "Give a run or a study of the archive another name");
    app->add_option("RUN", options->run, "Its id or the start of it, its name, or last")->required();
    app->add_option("NAME", options->name, "The new name")->required();
    app->add_flag("--study", options->study, "RUN is a study");
    options->archive.addTo(*app);
    return {
        app, [options] {
            if (options->name == "last")
                throw Error(ErrorKind::usage, "The name \"last\" stands for the newest run or study. Choose "
                                              "another name.");
            if (!isTitle(options->name))
                throw Error(ErrorKind::usage, "The name " + inQuotes(options->name) +
                                                  " does not do: expected " +
                                                  "a line of 1 to 200 printable characters.");
            Archive archive = options->archive.openIfThereForWriting();
            const std::string id =
                options->study ? archive.resolveStudy(options->run) : archive.resolve(options->run);
            const std::string before = options->study ? archive.study(id).name : archive.details(id).row.name;
            if (options->study)
                renameStudy(archive, id, options->name);
            else
                archive.rename(id, options->name);
            std::cout << "renamed " << (options->study ? "study " : "run ") << id.substr(0, 8) << ": "
                      << inQuotes(before) << " is " << inQuotes(options->name) << '\n';
            return 0;
        }};
}

} // namespace dstn::cli
