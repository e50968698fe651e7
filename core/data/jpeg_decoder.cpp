#include "core/data/exif.h"
#include "core/data/image_decoder.h"

#include <csetjmp>
#include <cstdio> // jpeglib.h needs it

#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace dstn {
namespace {

/// libjpeg's state. Its errors leave the library by longjmp(), which runs no destructors: every member
/// function that calls the library sets the place to return to, keeps only plain values, and returns false on
/// failure.
class Decompressor {
  public:
    Decompressor() {
        info_.err = jpeg_std_error(&errors_);
        info_.client_data = this;
        errors_.error_exit = leave;
        errors_.emit_message = listen;
    }
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    ~Decompressor() { jpeg_destroy_decompress(&info_); }

    bool readHeader(std::span<const std::byte> bytes) {
        if (setjmp(failed_) != 0) return false;
        jpeg_create_decompress(&info_);
        progress_.progress_monitor = countScans;
        info_.progress = &progress_;
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        constexpr unsigned longestMarker = 0xFFFF;
        jpeg_save_markers(&info_, exifMarker, longestMarker);
        jpeg_read_header(&info_, TRUE);
        return true;
    }

    /// @param to [height, width, channels]
    bool decode(int channels, std::uint8_t* to) {
        if (setjmp(failed_) != 0) return false;
        const bool inks = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
        info_.out_color_space = inks ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_start_decompress(&info_);
        // libjpeg-turbo sends rows that begin at a multiple of 16 or 32 bytes past the cache and then waits
        // for them, which would double the time of a small image: a row of its own begins 8 bytes further.
        constexpr JDIMENSION aside = 8;
        const std::size_t width = info_.output_width, stride = width * static_cast<std::size_t>(channels);
        JSAMPROW row = *info_.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&info_), JPOOL_IMAGE,
                                                info_.output_width * (inks ? 4U : 3U) + aside, 1) +
                       aside;
        while (info_.output_scanline < info_.output_height) {
            std::uint8_t* line = to + info_.output_scanline * stride;
            jpeg_read_scanlines(&info_, &row, 1);
            if (inks)
                fromInks(row, width, channels, line);
            else
                std::memcpy(line, row, stride);
        }
        // Reads on to the end of the image, and so misses it where the file ends before.
        jpeg_finish_decompress(&info_);
        return true;
    }

    /// As stored.
    ImageSize size() const { return {.width = info_.image_width, .height = info_.image_height}; }
    int orientation() const {
        for (const jpeg_marker_struct* marker = info_.marker_list; marker != nullptr; marker = marker->next)
            if (marker->marker == exifMarker)
                if (const int stored =
                        exifOrientation(std::as_bytes(std::span(marker->data, marker->data_length)));
                    stored != 1)
                    return stored;
        return 1;
    }

    /// What the library said when it failed.
    ImageFault fault() const {
        if (tooManyScans_) return ImageFault::damaged;
        switch (errors_.msg_code) {
        case JWRN_JPEG_EOF:
        case JERR_INPUT_EOF:
            return ImageFault::truncated;
        case JERR_OUT_OF_MEMORY:
            return ImageFault::memory;
        case JERR_SOF_UNSUPPORTED: // lossless or hierarchical
        case JERR_BAD_PRECISION:   // not of 8 bits
        case JERR_COMPONENT_COUNT:
        case JERR_CONVERSION_NOTIMPL: // neither grey nor colours
        case JERR_FRACT_SAMPLE_NOTIMPL:
        case JERR_IMAGE_TOO_BIG:
        case JERR_ARITH_NOTIMPL:
        case JERR_NOT_COMPILED:
            return ImageFault::unsupported;
        default:
            return ImageFault::damaged;
        }
    }
    std::string reason() {
        if (tooManyScans_) return "more than " + std::to_string(mostScans) + " scans";
        std::array<char, JMSG_LENGTH_MAX> text{};
        errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), text.data());
        return std::string("libjpeg: ") + text.data();
    }

  private:
    [[noreturn]] static void leave(j_common_ptr info) {
        std::longjmp(static_cast<Decompressor*>(info->client_data)->failed_, 1);
    }
    /// A warning means that pixels are missing or made up, except for those about the two markers that name a
    /// file format's version and a colour model, and about bytes between the last pixel and the end of the
    /// image, with which some cameras pad their files.
    static void listen(j_common_ptr info, int level) {
        constexpr int endOfImage = 0xD9;
        const jpeg_error_mgr& errors = *info->err;
        const bool padding = errors.msg_code == JWRN_EXTRANEOUS_DATA && errors.msg_parm.i[1] == endOfImage;
        if (level < 0 && errors.msg_code != JWRN_JFIF_MAJOR && errors.msg_code != JWRN_ADOBE_XFORM &&
            !padding)
            leave(info);
    }
    /// Each scan of a progressive image passes over all of it: a small file of very many would take hours.
    static void countScans(j_common_ptr info) {
        if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= mostScans) return;
        static_cast<Decompressor*>(info->client_data)->tooManyScans_ = true;
        leave(info);
    }

    /// From cyan, magenta, yellow and black. Adobe's programs, which mark their files, store how much light
    /// each ink leaves; others store how much each takes.
    void fromInks(const std::uint8_t* inks, std::size_t width, int channels, std::uint8_t* to) const {
        const unsigned flip = info_.saw_Adobe_marker != 0 ? 0 : 255;
        for (std::size_t x = 0; x < width; ++x, inks += 4) {
            const auto light = [&](int ink) {
                const unsigned product = (inks[ink] ^ flip) * (inks[3] ^ flip);
                return (product + 127) / 255;
            };
            const unsigned red = light(0), green = light(1), blue = light(2);
            if (channels == 1) {
                *to++ = luma(red, green, blue);
                continue;
            }
            for (const unsigned value : {red, green, blue}) *to++ = static_cast<std::uint8_t>(value);
        }
    }

    static constexpr int exifMarker = JPEG_APP0 + 1;
    jpeg_decompress_struct info_{};
    jpeg_error_mgr errors_{};
    jpeg_progress_mgr progress_{};
    static constexpr int mostScans = 500; ///< encoders write about ten
    bool tooManyScans_ = false;
    std::jmp_buf failed_{};
};

class JpegDecoder final : public ImageDecoder {
  public:
    JpegDecoder(std::span<const std::byte> bytes, std::string name) : name_(std::move(name)) {
        if (!jpeg_.readHeader(bytes)) refuse();
    }
    ImageSize size() const override { return oriented(jpeg_.size(), jpeg_.orientation()); }
    void decode(std::int64_t channels, std::span<std::uint8_t> pixels) override {
        const int orientation = jpeg_.orientation();
        if (orientation == 1) return read(channels, pixels.data());
        const ImageSize stored = jpeg_.size();
        std::vector<std::uint8_t> own(pixels.size());
        read(channels, own.data());
        orient(own, stored, channels, orientation, pixels);
    }

  private:
    void read(std::int64_t channels, std::uint8_t* to) {
        if (!jpeg_.decode(static_cast<int>(channels), to)) refuse();
    }
    [[noreturn]] void refuse() { refuseImage(name_, jpeg_.fault(), jpeg_.reason()); }

    std::string name_;
    Decompressor jpeg_;
};

} // namespace

std::unique_ptr<ImageDecoder> jpegDecoder(std::span<const std::byte> bytes, std::string name) {
    return std::make_unique<JpegDecoder>(bytes, std::move(name));
}

} // namespace dstn
