/* The read-only file system inside an image, version 1. Written by meshkernel/image/filesystem.py,
 * read by fs/imagefs.c. Little-endian; all offsets are bytes from the superblock, which is
 * page-aligned.
 *
 *   superblock | inodes | directory entries | names | (page) file contents ...
 *
 * A regular file of a page or more, and every ELF object, starts on a page boundary, and the rest
 * of its last page is zero: it is mapped straight into page tables. Smaller files are packed,
 * 16-byte aligned, and mapping one copies it. A directory's entries are contiguous and sorted by
 * name as bytes, so a look-up is a binary search. A symbolic link's contents are its target,
 * without NUL. Inode 0 is the root directory; numbers that stat shows are index + 1.
 */
#pragma once

#include <stdint.h>

#define IMAGEFS_MAGIC UINT64_C(0x31736667616d696b) /* "kimagfs1" */

struct imagefs_super {
    uint64_t magic;
    uint64_t size;    /* of the whole, a multiple of the page size */
    uint64_t inodes;  /* offset of struct imagefs_inode[inode_count] */
    uint64_t entries; /* offset of struct imagefs_entry[entry_count] */
    uint64_t names;   /* offset of the names, none of which ends with NUL */
    uint32_t inode_count;
    uint32_t entry_count;
};

struct imagefs_inode {
    uint32_t mode; /* S_IFREG | S_IFDIR | S_IFLNK, and permissions */
    uint32_t links;
    uint64_t size;   /* bytes of contents; number of entries for a directory */
    uint64_t offset; /* of the contents; index of the first entry for a directory */
    uint64_t mtime;  /* seconds since 1970, the same for all files of an image */
};

struct imagefs_entry {
    uint32_t inode;
    uint32_t name;   /* offset from super.names */
    uint32_t length; /* of the name, 1 to 255 */
};
