import { part } from './part.ts';

const LOOKING = String.raw`
/* The descriptor that some calls need, as open(2) for reading gives it. */
static int looking(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK);
}

static long long done_looking(int fd, long long result)
{
	int kept = errno;

	close(fd);
	errno = kept;
	return result;
}`;

const EXTENTS = String.raw`
/* How many extents a file has in a range. */
static long long extents(const char *path, uint64_t offset, uint64_t length, unsigned flags)
{
	struct fiemap request = {.fm_start = offset, .fm_length = length, .fm_flags = flags};
	int fd = looking(path);

	if (fd < 0)
		return -1;
	if (ioctl(fd, FS_IOC_FIEMAP, &request) < 0)
		return done_looking(fd, -1);
	return done_looking(fd, request.fm_mapped_extents);
}

static long long block_of(const char *path, int block)
{
	int fd = looking(path);

	if (fd < 0)
		return -1;
	return done_looking(fd, ioctl(fd, FIBMAP, &block) < 0 ? -1 : block);
}`;

const RANGES = String.raw`
static int reclaim(const char *path, off_t offset, off_t length)
{
	int fd = looking(path);

	if (fd < 0)
		return -1;
	errno = posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
	return done_looking(fd, errno ? -1 : 0);
}

static int trim(struct fstrim_range *range)
{
	int fd = looking(".");

	if (fd < 0)
		return -1;
	return done_looking(fd, ioctl(fd, FITRIM, range));
}

static int writeback(const char *path, off_t offset, off_t length)
{
	int fd = looking(path);

	if (fd < 0)
		return -1;
	return done_looking(fd, sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE));
}`;

const CALLER = String.raw`
static int become(uid_t uid, gid_t gid, size_t count, const gid_t *groups)
{
	if (seteuid(0) < 0 || setgroups(count, groups) < 0 || setegid(gid) < 0)
		return -1;
	return seteuid(uid);
}`;

const DROPPING = String.raw`
/* Opened before anybody was locked in; only root could. */
static int machine_wide = -1;

static int drop_caches(const char *what)
{
	if (machine_wide < 0) {
		errno = EACCES;
		return -1;
	}
	return write(machine_wide, what, 1) == 1 ? 0 : -1;
}
`;

const MOVING = String.raw`
/* EXT4_IOC_MOVE_EXT; its structure stands in no header of the kernel's user interface. */
struct move_extent {
	uint32_t reserved, donor;
	uint64_t start, donor_start, length, moved;
};

static long long move_extent(int fd, int donor, uint64_t start, uint64_t donor_start, uint64_t length)
{
	struct move_extent request = {0, donor, start, donor_start, length, 0};

	return ioctl(fd, _IOWR('f', 15, struct move_extent), &request) < 0 ? -1 : (long long)request.moved;
}
`;

const SWAPPING = String.raw`
/* The header of a swap file of two pages, as mkswap(8) writes it. */
static long long make_swap(int fd)
{
	static unsigned char header[4096];
	uint32_t version = 1, last_page = 1;

	memcpy(header + 1024, &version, 4);
	memcpy(header + 1028, &last_page, 4);
	memcpy(header + 4086, "SWAPSPACE2", 10);
	return pwrite(fd, header, sizeof(header), 0);
}
`;

const STANDING = String.raw`
static int stand_still(unsigned long request)
{
	int fd = looking(".");

	if (fd < 0)
		return -1;
	return done_looking(fd, ioctl(fd, request, 0));
}
`;

const MOUNTING = String.raw`
/* How the directory is mounted, from /proc/self/mounts. */
static char device[4096], place[4096], type[64], options[4096];

static int find_mount(void)
{
	FILE *mounts = fopen("/proc/self/mounts", "r");
	char top[4096];

	if (!getcwd(top, sizeof(top)))
		return -1;
	while (fscanf(mounts, "%4095s %4095s %63s %4095s %*d %*d", device, place, type, options) == 4)
		if (strcmp(place, top) == 0) {
			fclose(mounts);
			return 0;
		}
	fclose(mounts);
	fprintf(stderr, "%s is no mount point, and this case mounts it again\n", top);
	exit(2);
}

static int remount(void)
{
	uid_t caller = geteuid();
	char *more = strchr(options, ','); /* What comes first is rw. */

	if (seteuid(0) < 0 || fchdir(outside) < 0 || chroot(".") < 0 || umount(place) < 0)
		return -1;
	if (mount(device, place, type, strstr(options, "noatime") ? MS_NOATIME : MS_RELATIME,
		  more ? without_vfs_options(more + 1) : "") < 0)
		return -1;
	return chdir(place) < 0 || enter() < 0 ? -1 : seteuid(caller);
}

static int reconfigure(const char *words)
{
	uid_t caller = geteuid();

	if (seteuid(0) < 0 || mount(device, ".", type, MS_REMOUNT, words) < 0)
		return -1;
	return seteuid(caller);
}`;

const OPTION_WORDS = String.raw`
/* Some of what /proc shows is for mount(2)'s flags, not for the file system. */
static const char *without_vfs_options(char *words)
{
	static char rest[4096];

	rest[0] = 0;
	for (char *word = strtok(words, ","); word; word = strtok(NULL, ",")) {
		if (strcmp(word, "noatime") == 0 || strcmp(word, "relatime") == 0)
			continue;
		if (rest[0])
			strcat(rest, ",");
		strcat(rest, word);
	}
	return rest;
}`;

/** What concerns places on the device, the caller, and the mount. */
export const MACHINE = [
  part('looking', [], LOOKING),
  part('extents', ['looking'], EXTENTS),
  part('ranges', ['looking'], RANGES),
  part('caller', [], CALLER),
  part('moving', [], MOVING),
  part('swapping', [], SWAPPING),
  part('standing', ['looking'], STANDING),
  part('machine', [], DROPPING),
  part('option-words', [], OPTION_WORDS),
  part('mounting', ['option-words'], MOUNTING),
] as const;
