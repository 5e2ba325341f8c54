#include "linux/elf.h"

#include "core/pages.h"
#include "core/string.h"
#include "fs/file.h"
#include "linux/errno.h"
#include "mm/space.h"
#include "mm/user.h"

#define ET_EXEC 2
#define ET_DYN 3
#define EM_X86_64 62
#define PT_LOAD 1
#define PT_INTERP 3
#define PF_X 1
#define PF_W 2
#define PF_R 4
#define SEGMENTS_MAX 64

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, headers, sections;
    uint32_t flags;
    uint16_t size, header_size, header_count, section_size, section_count, section_names;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};
_Static_assert(sizeof(struct program_header) == ELF_HEADER_SIZE, "program header of ELF64");

/* Reads through the pages of the file, as a map would: there is no buffer of the application yet.
 */
static bool read_file(struct file *file, uint64_t offset, void *to, size_t size) {
    uint8_t *out = to;

    while (size > 0) {
        size_t within = offset & PAGE_MASK, step = MIN(size, PAGE_SIZE - within);
        uint8_t *page = file->ops->page(file, offset >> PAGE_SHIFT);

        if (page == NULL)
            return false;
        memcpy(out, page + within, step);
        page_put(page);
        out += step;
        offset += step;
        size -= step;
    }
    return true;
}

static const char *check_header(const struct elf_header *header) {
    static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little-endian */};

    if (memcmp(header->ident, magic, sizeof(magic)) != 0)
        return "is not a 64-bit ELF file";
    if (header->machine != EM_X86_64)
        return "is not for x86-64";
    if (header->type != ET_EXEC && header->type != ET_DYN)
        return "is not an executable";
    if (header->header_size != ELF_HEADER_SIZE || header->header_count == 0 ||
        header->header_count > SEGMENTS_MAX)
        return "has no usable program headers";
    return NULL;
}

static const char *check_segment(const struct program_header *segment) {
    if (segment->file_size > segment->memory_size ||
        (segment->address & PAGE_MASK) != (segment->offset & PAGE_MASK) ||
        segment->address > SPACE_TOP || segment->memory_size > SPACE_TOP - segment->address ||
        segment->offset + segment->file_size < segment->offset)
        return "has a segment that cannot be mapped";
    if ((segment->flags & (PF_W | PF_X)) == (PF_W | PF_X))
        return "has a segment that is both writable and executable";
    return NULL;
}

static const char *scan(struct file *file, const struct elf_header *header,
                        const struct program_header *segments, struct elf_image *image) {
    image->start = SPACE_TOP;
    for (size_t i = 0; i < header->header_count; i++) {
        const struct program_header *segment = &segments[i];

        if (segment->type == PT_INTERP &&
            (segment->file_size >= ELF_INTERPRETER_SIZE ||
             !read_file(file, segment->offset, image->interpreter, segment->file_size)))
            return "names no readable interpreter";
        if (segment->type != PT_LOAD || segment->memory_size == 0)
            continue;
        const char *fault = check_segment(segment);
        if (fault)
            return fault;
        image->start = MIN(image->start, PAGE_DOWN(segment->address));
        image->end = MAX(image->end, PAGE_UP(segment->address + segment->memory_size));
        if (segment->offset <= header->headers &&
            header->headers < segment->offset + segment->file_size)
            image->headers = segment->address + header->headers - segment->offset;
    }
    return image->end == 0 ? "has nothing to load" : NULL;
}

/* Takes the whole range at once, so that nothing can come to lie between two segments. */
static const char *reserve(struct elf_image *image, bool is_fixed, bool is_interpreter) {
    uint64_t size = image->end - image->start;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uaddr_t wanted = is_interpreter ? 0 : space_program_base(size);

    if (is_fixed) {
        wanted = image->start;
        flags |= MAP_FIXED_NOREPLACE;
    }
    int64_t start = space_map(wanted, size, 0, flags, NULL, 0);
    if (start < 0)
        return start == -EPERM ? "wants to lie in the first 64 KiB, where nothing may be"
                               : "does not fit into the address space";
    image->bias = start - image->start;
    return NULL;
}

static int segment_prot(uint32_t flags) {
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static const char *map_segment(struct file *file, const struct program_header *segment,
                               uaddr_t bias) {
    uaddr_t start = bias + segment->address;
    uaddr_t file_end = start + segment->file_size, end = start + segment->memory_size;
    uaddr_t clear_end = MIN(PAGE_UP(file_end), end);
    int prot = segment_prot(segment->flags), flags = MAP_PRIVATE | MAP_FIXED;
    int64_t result = 0;

    if (segment->file_size > 0)
        result = space_map(PAGE_DOWN(start), file_end - PAGE_DOWN(start), prot, flags, file,
                           PAGE_DOWN(segment->offset));
    uaddr_t bss = segment->file_size > 0 ? PAGE_UP(file_end) : PAGE_DOWN(start);
    if (result >= 0 && bss < end)
        result = space_map(bss, end - bss, prot, flags | MAP_ANONYMOUS, NULL, 0);
    if (result < 0)
        return "could not be mapped";
    /* The rest of the last page of the file belongs to the next segment; here it is bss. */
    if (segment->file_size > 0 && file_end < clear_end && (segment->flags & PF_W) &&
        clear_user(file_end, clear_end - file_end) != 0)
        return "ends before its last segment";
    return NULL;
}

const char *elf_load(struct file *file, bool is_interpreter, struct elf_image *image) {
    struct elf_header header;
    struct program_header segments[SEGMENTS_MAX];

    *image = (struct elf_image){0};
    if (file->ops->page == NULL || !read_file(file, 0, &header, sizeof(header)))
        return "cannot be read";
    const char *fault = check_header(&header);
    if (fault)
        return fault;
    if (!read_file(file, header.headers, segments, header.header_count * sizeof(segments[0])))
        return "ends before its program headers";
    if ((fault = scan(file, &header, segments, image)) != NULL)
        return fault;
    if ((fault = reserve(image, header.type == ET_EXEC, is_interpreter)) != NULL)
        return fault;
    for (size_t i = 0; i < header.header_count && fault == NULL; i++)
        if (segments[i].type == PT_LOAD && segments[i].memory_size > 0)
            fault = map_segment(file, &segments[i], image->bias);
    image->start += image->bias;
    image->end += image->bias;
    image->entry = header.entry + image->bias;
    image->header_count = header.header_count;
    if (image->headers)
        image->headers += image->bias;
    return fault;
}
