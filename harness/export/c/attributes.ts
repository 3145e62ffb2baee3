import { part } from './part.ts';

const STAT = String.raw`
struct attributes {
	mode_t mode;
	unsigned links, uid, gid;
	long long size;
	dev_t device;
};

/* Times depend on the clock, sizes of directories on the file system: neither is judged. */
static void check_stat(int step, const char *call, struct attributes expected, int top, int got, const struct stat *is)
{
	char words[256], found[256];
	int directory = S_ISDIR(expected.mode);

	if (!check(step, call, 0, got < 0 ? -errno : 0))
		return;
	snprintf(words, sizeof(words), "mode %06o, %u links, owner %u:%u, size %lld, device %llx", expected.mode,
		 top ? 0 : expected.links, expected.uid, expected.gid, expected.size, (long long)expected.device);
	snprintf(found, sizeof(found), "mode %06o, %u links, owner %u:%u, size %lld, device %llx", is->st_mode,
		 top ? 0 : (unsigned)is->st_nlink, is->st_uid, is->st_gid, directory ? 0 : (long long)is->st_size,
		 S_ISCHR(is->st_mode) || S_ISBLK(is->st_mode) ? (long long)is->st_rdev : 0);
	if (strcmp(words, found) == 0)
		return;
	complain(step, call);
	printf("  expected %s\n  got      %s\n", words, found);
}`;

const TEXT = String.raw`
static void check_text(int step, const char *call, const char *expected, const char *got)
{
	if (strcmp(expected, got) == 0)
		return;
	complain(step, call);
	printf("  expected %s\n  got      %s\n", expected, got);
}`;

const NAMES = String.raw`
static int by_bytes(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static int is_no_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && strcmp(entry->d_name, "lost+found");
}

/* Names in their order, with a slash behind each. */
static void check_names(int step, const char *call, const char *expected, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_no_dot, by_bytes);
	char *found = calloc(count < 0 ? 1 : count + 1, 257);

	if (!check(step, call, 0, count < 0 ? -errno : 0))
		return;
	for (int i = 0; i < count; i++)
		strcat(strcat(found, entries[i]->d_name), "/");
	check_text(step, call, expected, found);
}`;

const XATTRS = String.raw`
static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Names in their order, with a space behind each. */
static void check_attribute_names(int step, const char *call, const char *expected, char *list, long long got)
{
	char *names[4096], found[65536] = "";
	int count = 0;

	if (!check(step, call, 0, got < 0 ? got : 0))
		return;
	for (long long at = 0; at < got; at += strlen(list + at) + 1)
		if (strcmp(list + at, "security.selinux"))
			names[count++] = list + at;
	qsort(names, count, sizeof(*names), by_text);
	for (int i = 0; i < count; i++)
		strcat(strcat(found, names[i]), " ");
	check_text(step, call, expected, found);
}`;

const FLAGS = String.raw`
static int change_flags(const char *path, unsigned set, unsigned cleared)
{
	int flags, fd = looking(path);

	if (fd < 0)
		return -1;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return done_looking(fd, -1);
	flags = (flags & ~cleared) | set;
	return done_looking(fd, ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

static long long flags_of(const char *path, unsigned known)
{
	int flags, fd = looking(path);

	if (fd < 0)
		return -1;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return done_looking(fd, -1);
	return done_looking(fd, flags & known);
}`;

const PROJECT = String.raw`
/* A directory hands its project down, unless it is 0. */
static int set_project(const char *path, unsigned project)
{
	struct fsxattr attributes;
	struct stat is;
	int fd = looking(path);

	if (fd < 0)
		return -1;
	if (fstat(fd, &is) < 0 || ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		return done_looking(fd, -1);
	attributes.fsx_projid = project;
	if (S_ISDIR(is.st_mode) && project)
		attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	else if (S_ISDIR(is.st_mode))
		attributes.fsx_xflags &= ~FS_XFLAG_PROJINHERIT;
	return done_looking(fd, ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
}`;

/** Attributes and names, and how they are compared. */
export const ATTRIBUTES = [
  part('stat', [], STAT),
  part('text', [], TEXT),
  part('names', ['text'], NAMES),
  part('xattrs', ['text'], XATTRS),
  part('flags', ['looking'], FLAGS),
  part('project', ['looking'], PROJECT),
] as const;
