#include "core/data/foreign_format.h"

#include "core/error.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <optional>

namespace dstn {

namespace {

using namespace std::string_view_literals;

struct Format {
    std::string_view what, advice;
};

constexpr std::string_view asCsv =
    "Save its sheet as CSV (UTF-8) in the program that made it, and name that file.";
constexpr std::string_view unpack = "Unpack it, and name a file in it.";
constexpr std::string_view toCsv =
    "Convert it, with pandas by to_csv(\"data.csv\", index=False), and name that file.";
constexpr std::string_view asImages =
    "For images set data.source to image-folder, and data.path to a folder with a folder for each class.";
constexpr std::string_view asNumpy = "Set data.source to numpy.";

struct Magic {
    std::size_t at;
    std::string_view bytes;
    Format format;
};

/// Letters that a text may begin with, too: only with a zero byte, which no text has, are they a format's.
constexpr std::array letters{
    Magic{0, "PAR1", {"a Parquet file", toCsv}},
    Magic{0, "ARROW1", {"an Arrow or Feather file", toCsv}},
    Magic{0, "FEA1", {"a Feather file", toCsv}},
    Magic{0, "Obj\x01", {"an Avro file", toCsv}},
    Magic{8, "WEBP", {"a WebP image", asImages}},
    Magic{0,
          "MATLAB 5.0 MAT-file",
          {"a MATLAB file", "Save its arrays as CSV, or with numpy.savez() for data.source numpy."}},
    Magic{4, "1AY&SY", {"compressed with bzip2", "Decompress it, with bunzip2, or compress it with gzip."}},
    Magic{0, "Rar!\x1A", {"a RAR archive", unpack}},
    Magic{257, "ustar", {"a tar archive", unpack}}};

/// Bytes by which a kind of file is known.
constexpr std::array magics{
    Magic{0,
          "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
          {"a workbook or document of an older Office (.xls, .doc)", asCsv}},
    Magic{0, "%PDF-", {"a PDF document", "Take the table out of it and save that as CSV or text."}},
    Magic{0, "\x89PNG\r\n", {"a PNG image", asImages}},
    Magic{0, "\xFF\xD8\xFF", {"a JPEG image", asImages}},
    Magic{0, "GIF87a", {"a GIF image", asImages}},
    Magic{0, "GIF89a", {"a GIF image", asImages}},
    Magic{0, "II*\0"sv, {"a TIFF image", asImages}},
    Magic{0, "MM\0*"sv, {"a TIFF image", asImages}},
    Magic{0, "\x93NUMPY", {"a NumPy array (.npy)", asNumpy}},
    Magic{0,
          "\x89HDF\r\n",
          {"an HDF5 file", "Save its arrays with numpy.savez(), and set data.source to numpy."}},
    Magic{0, "SQLite format 3\0"sv, {"an SQLite database", "Export the table as CSV, and name that file."}},
    Magic{0,
          "\xFD"
          "7zXZ\0"sv,
          {"compressed with xz", "Decompress it, with unxz, or compress it with gzip."}},
    Magic{0,
          "\x28\xB5\x2F\xFD",
          {"compressed with zstd", "Decompress it, with unzstd, or compress it with gzip."}},
    Magic{0, "7z\xBC\xAF\x27\x1C", {"a 7-Zip archive", unpack}},
    Magic{0, "\xFF\xFE", {"text as UTF-16", "Save it as UTF-8."}},
    Magic{0, "\xFE\xFF", {"text as UTF-16", "Save it as UTF-8."}},
    Magic{0,
          "version https://git-lfs.github.com/spec/",
          {"the pointer that Git LFS keeps in place of a file", "Fetch the file itself with: git lfs pull"}}};

bool has(std::string_view content, std::string_view part) {
    return content.find(part) != std::string_view::npos;
}

/// The members' names tell what a ZIP archive is for.
Format zipFormat(std::string_view content) {
    if (has(content, "xl/workbook") || has(content, "xl/worksheets")) return {"an Excel workbook", asCsv};
    if (has(content, "opendocument.spreadsheet")) return {"an OpenDocument spreadsheet", asCsv};
    if (has(content, "word/document") || has(content, "opendocument.text"))
        return {"a document of a word processor", "Save it as plain text (UTF-8), and name that file."};
    if (has(content, ".npy")) return {"a NumPy archive (.npz)", asNumpy};
    return {"a ZIP archive", unpack};
}

std::optional<Format> binaryFormat(std::string_view content) {
    if (content.starts_with("PK\x03\x04") || content.starts_with("PK\x05\x06")) return zipFormat(content);
    if (content.starts_with("BM") && content.size() > 10 && content.substr(6, 4) == "\0\0\0\0"sv)
        return Format{"a BMP image", asImages};
    if (content.size() > 2 && content[0] == '\x80' && content[1] >= 2 && content[1] <= 5)
        return Format{"a Python pickle",
                      "Save its table as CSV, or its arrays with numpy.savez() for data.source numpy."};
    const auto fits = [&](const Magic& magic) {
        return content.size() > magic.at && content.substr(magic.at).starts_with(magic.bytes);
    };
    const auto* const magic = std::ranges::find_if(magics, fits);
    if (magic != magics.end()) return magic->format;
    const auto* const letter = std::ranges::find_if(letters, fits);
    if (letter != letters.end() && content.find('\0') != std::string_view::npos) return letter->format;
    return std::nullopt;
}

/// Texts of which no line is a row.
std::optional<Format> markupFormat(std::string_view content) {
    if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
    const auto skipSpace = [&] {
        content.remove_prefix(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
    };
    skipSpace();
    constexpr std::size_t tag = 15;
    const std::string start = asciiLowered(std::string(content.substr(0, tag)));
    if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head"))
        return Format{"a web page (HTML)", "Download the data file itself, not the page that shows it."};
    if (start.starts_with("<?xml")) return Format{"an XML file", toCsv};
    if (content.empty() || (content.front() != '{' && content.front() != '[')) return std::nullopt;
    const bool object = content.front() == '{';
    content.remove_prefix(1);
    skipSpace();
    // What begins a value there; a table has a name or a number.
    const bool json = !content.empty() && (object ? content.front() == '"' : has("{[", content.substr(0, 1)));
    return json ? std::optional(Format{"a JSON file", toCsv}) : std::nullopt;
}

} // namespace

void refuseForeignFormat(std::string_view content, const std::string& name, WantedText wanted) {
    const bool table = wanted == WantedText::table;
    std::optional<Format> format = binaryFormat(content);
    if (!format && table) format = markupFormat(content);
    if (!format) return;
    throw Error(ErrorKind::data, name + ": is " + std::string(format->what) + ", not " +
                                     (table ? "a table of text (CSV)" : "a text") + ". " +
                                     std::string(format->advice));
}

} // namespace dstn
