#include "core/data/checksum.h"
#include "core/data/image_decoder.h"

#include <csetjmp>

#include <png.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace dstn {
namespace {

/// libpng's state. Its errors leave the library by longjmp(), which runs no destructors: every member
/// function that calls the library sets the place to return to, keeps only plain values, and returns false on
/// failure.
class PngReader {
  public:
    explicit PngReader(std::span<const std::byte> bytes) : left_(bytes) {}
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

    bool readHeader() {
        if (setjmp(failed_) != 0) return false;
        png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, leave, ignore, this, allocate, release);
        if (png_ != nullptr) info_ = png_create_info_struct(png_);
        if (info_ == nullptr) {
            fault_ = ImageFault::memory;
            return false;
        }
        png_set_read_fn(png_, this, read);
        // Where pixels are missing or made up the library only warns, unless told otherwise.
        png_set_benign_errors(png_, 0);
        if constexpr (checksumsCount) {
            png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
        } else {
            png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
#ifdef PNG_IGNORE_ADLER32 // a library may be built without it
            png_set_option(png_, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
#endif
        }
        // What says nothing about the colours, as texts and profiles do, is skipped, and so is transparency.
        // How large an image may be is decided by who asks.
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, reinterpret_cast<png_const_bytep>("tRNS"),
                                    1);
        png_set_chunk_malloc_max(png_, 0);
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
        png_read_info(png_, info_);
        return true;
    }

    ImageSize size() const {
        return {.width = png_get_image_width(png_, info_), .height = png_get_image_height(png_, info_)};
    }
    bool deep() const { return png_get_bit_depth(png_, info_) > 8; }
    /// Of the pixels that decode() gives: 1 or 3.
    std::int64_t channels() const {
        return (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    }

    /// @param to [height, width, channels()]
    bool decode(std::uint8_t* to) {
        const std::size_t stride = static_cast<std::size_t>(size().width * channels());
        if (setjmp(failed_) != 0) return false;
        png_set_scale_16(png_);
        png_set_strip_alpha(png_);
        png_set_expand(png_); // palettes, and fewer than 8 bits
        const int passes = png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        if (png_get_rowbytes(png_, info_) != stride) png_error(png_, "rows of an unexpected size");
        const png_uint_32 height = png_get_image_height(png_, info_);
        for (int pass = 0; pass < passes; ++pass)
            for (png_uint_32 y = 0; y < height; ++y) png_read_row(png_, to + y * stride, nullptr);
        // Reads on to the end of the image, and so misses it where the file ends before.
        png_read_end(png_, nullptr);
        return true;
    }

    ImageFault fault() const { return fault_; }
    std::string reason() const { return std::string("libpng: ") + reason_.data(); }

  private:
    static PngReader& self(png_structp png) { return *static_cast<PngReader*>(png_get_error_ptr(png)); }

    [[noreturn]] static void leave(png_structp png, png_const_charp reason) {
        PngReader& reader = self(png);
        std::strncpy(reader.reason_.data(), reason, reader.reason_.size() - 1);
        std::longjmp(reader.failed_, 1);
    }
    static png_voidp allocate(png_structp png, png_alloc_size_t size) {
        void* const memory = std::malloc(size);
        if (memory == nullptr) static_cast<PngReader*>(png_get_mem_ptr(png))->fault_ = ImageFault::memory;
        return memory;
    }
    static void release(png_structp /*png*/, png_voidp memory) { std::free(memory); }
    static void ignore(png_structp /*png*/, png_const_charp /*warning*/) {}
    static void read(png_structp png, png_bytep to, std::size_t count) {
        PngReader& reader = self(png);
        if (count > reader.left_.size()) {
            reader.fault_ = ImageFault::truncated;
            png_error(png, "the file ends early");
        }
        std::memcpy(to, reader.left_.data(), count);
        reader.left_ = reader.left_.subspan(count);
    }

    std::span<const std::byte> left_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    ImageFault fault_ = ImageFault::damaged;
    std::array<char, 256> reason_{};
    std::jmp_buf failed_{};
};

class PngDecoder final : public ImageDecoder {
  public:
    PngDecoder(std::span<const std::byte> bytes, std::string name) : name_(std::move(name)), png_(bytes) {
        if (!png_.readHeader()) refuse();
    }
    ImageSize size() const override { return png_.size(); }
    bool deep() const override { return png_.deep(); }
    void decode(std::int64_t channels, std::span<std::uint8_t> pixels) override {
        if (png_.channels() == channels) {
            read(pixels.data());
            return;
        }
        const std::size_t count = pixels.size() / static_cast<std::size_t>(channels);
        std::vector<std::uint8_t> own(count * static_cast<std::size_t>(png_.channels()));
        read(own.data());
        const std::uint8_t* from = own.data();
        std::uint8_t* to = pixels.data();
        for (std::size_t i = 0; i < count; ++i)
            if (channels == 1) {
                *to++ = luma(from[0], from[1], from[2]);
                from += 3;
            } else {
                for (int c = 0; c < 3; ++c) *to++ = *from;
                ++from;
            }
    }

  private:
    void read(std::uint8_t* to) {
        if (!png_.decode(to)) refuse();
    }
    [[noreturn]] void refuse() const { refuseImage(name_, png_.fault(), png_.reason()); }

    std::string name_;
    PngReader png_;
};

} // namespace

std::unique_ptr<ImageDecoder> pngDecoder(std::span<const std::byte> bytes, std::string name) {
    return std::make_unique<PngDecoder>(bytes, std::move(name));
}

} // namespace dstn
