/* Mounting a volume: what is said to the server before the first file. */
#include "fs/ninep/volume.h"
#include "core/alloc.h"
#include "core/boot.h"
#include "core/panic.h"
#include "core/print.h"
#include "core/string.h"
#include "fs/mount.h"
#include "linux/errno.h"

#define FIRST_DEVICE 64 /* st_dev of the first; trees in memory have smaller ones */

static uint32_t last_device = FIRST_DEVICE - 1;

static int attach(struct volume *volume) {
    struct node *root = knew(struct node);
    struct qid qid;

    if (root == NULL)
        return -ENOMEM;
    list_init(&root->link);
    root->volume = volume;
    root->references = 1; /* for ever */
    root->fid = ++volume->last_fid;
    int error = client_attach(volume, root->fid, &qid);
    if (error)
        return error;
    if ((qid.type & QID_DIRECTORY) == 0)
        return -ENOTDIR;
    root->path = qid.path;
    root->type = S_IFDIR;
    volume->root = root;
    return 0;
}

int volume_start(struct volume *volume, struct transport *transport) {
    volume->transport = transport;
    volume->device = ++last_device;
    list_init(&volume->recent);
    list_init(&volume->unused);
    list_init(&volume->objects);
    int error = volume_buffers(volume);
    if (error == 0)
        error = client_version(volume, VOLUME_MESSAGE);
    if (error == 0)
        error = attach(volume);
    if (error == 0 && !volume->read_only)
        error = orphans_remove(volume);
    return error;
}

static struct boot_volume *configured(const char *tag) {
    for (size_t i = 0; i < boot.volume_count; i++)
        if (strcmp(boot.volumes[i].tag, tag) == 0)
            return &boot.volumes[i];
    return NULL;
}

void volume_mount(const char *tag, struct transport *transport) {
    static char sentence[PATH_MAX + 64];
    struct boot_volume *wanted = configured(tag);
    struct volume *volume = wanted ? knew(struct volume) : NULL;

    if (wanted == NULL) {
        print("meshkernel: the boot configuration does not say where %s is mounted\n", tag);
        return;
    }
    if (volume)
        volume->read_only = wanted->read_only;
    int error = volume ? volume_start(volume, transport) : -ENOMEM;
    if (error) {
        format(sentence, sizeof(sentence), "the volume at %s cannot be mounted (error %d)",
               wanted->path, -error);
        panic(sentence);
    }
    fs_mount(wanted->path, "9p", volume_inode(volume->root));
    wanted->mounted = true;
    machine_flush = volume_flush_maps;
}
