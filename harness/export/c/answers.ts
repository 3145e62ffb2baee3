import { part } from './part.ts';

const CORE = String.raw`
static int failures;

static void complain(int step, const char *call)
{
	failures++;
	printf("step %d: %s:\n", step, call);
}

/* What a call answered: its value, or minus its errno. */
static long long answer(long long value)
{
	return value < 0 ? -(long long)errno : value;
}

static const char *in_words(long long value, char *room)
{
	if (value < 0)
		sprintf(room, "%lld (%s)", value, strerror((int)-value));
	else
		sprintf(room, "%lld", value);
	return room;
}

/* An errno is expected as a negative number. */
static int check(int step, const char *call, long long expected, long long got)
{
	char left[128], right[128];

	if (got == expected)
		return 1;
	complain(step, call);
	printf("  expected %s\n  got      %s\n", in_words(expected, left), in_words(got, right));
	return 0;
}`;

const SEEN = String.raw`
/* Nobody can say what this call must answer here: whatever it does is right. */
static void seen(int step, const char *call, long long got)
{
	char room[128];

	printf("step %d: %s: %s, which may be\n", step, call, in_words(got, room));
}`;

const TOP = String.raw`
/* The way out of the file system, for what concerns the machine. */
static int outside = -1;

/* Root is locked in, so that no name with dots leads out of the file system. */
static int enter(void)
{
	if (outside < 0)
		outside = open("/", O_RDONLY | O_DIRECTORY);
	return geteuid() == 0 ? chroot(".") : 0;
}
`;

const OPENED = String.raw`
static void opened(int step, const char *call, int expected, int *fd, int got)
{
	if (got >= 0)
		*fd = got;
	check(step, call, expected, got < 0 ? -errno : 0);
}

static int shut(int *fd)
{
	int result = close(*fd);

	*fd = -1;
	return result;
}`;

/** What every program needs: comparing an answer with what was expected. */
export const ANSWERS = [
  part('top', [], TOP),
  part('core', [], CORE),
  part('seen', [], SEEN),
  part('opened', [], OPENED),
] as const;
