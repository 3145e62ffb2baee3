import { part } from './part.ts';

const CONTENT = String.raw`
/* Contents are windows into one stream of bytes, none of which is zero; a seed says where the window begins. */
#define PERIOD 1048573
static unsigned char stream[PERIOD];

static void make_stream(void)
{
	uint32_t state = 0x2545f491;

	for (int i = 0; i < PERIOD; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		stream[i] = (state >> 8) % 255 + 1;
	}
	/* Some contents begin with the number that begins blocks of a journal. */
	for (uint32_t seed = 15; seed < 4096; seed += 16) {
		uint32_t origin = ((seed + 1) * 0x9e3779b1u) % PERIOD;

		if (origin + 4 <= PERIOD)
			memcpy(stream + origin, "\xc0\x3b\x39\x98", 4);
	}
}

static unsigned char byte_of(uint32_t seed, long long position)
{
	uint64_t origin = (uint32_t)((seed + 1) * 0x9e3779b1u) % PERIOD;

	return stream[(origin + position) % PERIOD];
}

static void *content(uint32_t seed, size_t length)
{
	unsigned char *bytes = aligned_alloc(4096, (length + 4096) / 4096 * 4096);

	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_of(seed, i);
	return bytes;
}`;

const DATA = String.raw`
/* What a piece of a file must hold: zeros, a window of the stream of a seed, or anything. */
enum kind { ZEROS, BYTES, ANY };
struct run {
	enum kind kind;
	long long length;
	uint32_t seed;
	long long start;
};
#define RUNS(...) (const struct run[]){__VA_ARGS__, {ANY, -1, 0, 0}}
#define NOTHING (const struct run[]){{ANY, -1, 0, 0}}

static int is_right(const struct run *run, long long at, unsigned char byte)
{
	if (run->kind == ANY)
		return 1;
	return byte == (run->kind == ZEROS ? 0 : byte_of(run->seed, run->start + at));
}

static void show_from(const unsigned char *bytes, long long from, long long end)
{
	printf("  got      ");
	for (long long i = from; i < end && i < from + 16; i++)
		printf("%02x ", bytes[i]);
	printf("at byte %lld of the data\n", from);
}

static void show_run(const struct run *run, long long at)
{
	if (run->kind == ZEROS) {
		printf("  expected zeros\n");
		return;
	}
	printf("  expected ");
	for (long long i = at; i < run->length && i < at + 16; i++)
		printf("%02x ", byte_of(run->seed, run->start + i));
	printf("\n");
}

static void check_data(int step, const char *call, const struct run *runs, const void *data, long long got)
{
	const unsigned char *bytes = data;
	long long length = 0, done = 0;

	for (const struct run *run = runs; run->length >= 0; run++)
		length += run->length;
	if (!check(step, call, length, got))
		return;
	for (const struct run *run = runs; run->length >= 0; done += run->length, run++)
		for (long long i = 0; i < run->length; i++) {
			if (is_right(run, i, bytes[done + i]))
				continue;
			complain(step, call);
			show_run(run, i);
			show_from(bytes, done + i, done + run->length);
			return;
		}
}`;

const PIECES = String.raw`
/*
 * Memory for one transfer: in pieces that lie one behind the other, beginning so many bytes off a page, and, where
 * fault_at is not -1, without memory from that byte on.
 */
static struct iovec vector[65];
static int vectors;

static void *lay(size_t length, long long fault_at, size_t off, const long long *pieces)
{
	size_t half = (length + 8192) / 4096 * 4096;
	char *memory = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *start = memory + off;

	mprotect(memory + half, half, PROT_NONE);
	if (fault_at >= 0)
		start = memory + half - ((size_t)fault_at < length ? (size_t)fault_at : length);
	vectors = 0;
	for (char *at = start;; at += vector[vectors++].iov_len) {
		size_t left = length - (at - start);
		int last = *pieces < 0;
		vector[vectors] = (struct iovec){at, !last && (size_t)*pieces < left ? (size_t)*pieces : left};
		pieces++;
		if (last) {
			vectors++;
			return start;
		}
	}
}
#define PIECES(...) (const long long[]){__VA_ARGS__, -1}
#define ONE_PIECE (const long long[]){-1}

static void *lay_content(uint32_t seed, size_t length, long long fault_at, size_t off, const long long *pieces)
{
	unsigned char *start = lay(length, fault_at, off, pieces);
	size_t usable = fault_at >= 0 && (size_t)fault_at < length ? (size_t)fault_at : length;

	for (size_t i = 0; i < usable; i++)
		start[i] = byte_of(seed, i);
	return start;
}`;

const MAPPINGS = String.raw`
/* Loads and stores are made by the kernel, from and to a file in memory: what would be SIGBUS is EFAULT, or a short count. */
struct mapping {
	char *start;
	size_t length;
};
static int bounce = -1;

static int map(struct mapping *mapping, size_t length, int access, int sharing, int fd, off_t offset)
{
	void *start = mmap(NULL, length, access, sharing, fd, offset);

	if (start == MAP_FAILED)
		return -1;
	*mapping = (struct mapping){start, length};
	return 0;
}

static int unmap(struct mapping *mapping)
{
	int result = mapping->start ? munmap(mapping->start, mapping->length) : (errno = EINVAL, -1);

	if (result == 0)
		mapping->start = NULL;
	return result;
}

static long long load(struct mapping mapping, size_t offset, size_t length, void *into)
{
	long long count = pwrite(bounce, mapping.start + offset, length, 0);

	return count < 0 ? count : pread(bounce, into, count, 0);
}

static long long store(struct mapping mapping, size_t offset, const void *bytes, size_t length)
{
	if (pwrite(bounce, bytes, length, 0) < 0)
		return -1;
	return pread(bounce, mapping.start + offset, length, 0);
}`;

/** Contents by description, memory for transfers, and mappings. */
export const CONTENTS = [
  part('content', [], CONTENT),
  part('data', ['content'], DATA),
  part('pieces', ['content'], PIECES),
  part('mappings', [], MAPPINGS),
] as const;
