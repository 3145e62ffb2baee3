/*
 * How fast a mounted file system is: speed PHASE, in a folder of it. Each line of what it prints is a measure's name, a figure and its
 * unit. `write` leaves files and folders behind, which the others use after another mount, so that nothing of them is in memory.
 * What is measured is a server that has been at work for some seconds, because ours is compiled while it runs: before a phase is
 * measured, it is done some times with other files, those of two turns in turn, which together are more than ours keeps in memory.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 20, NAMES = 2000, CALLS = 4000, LISTINGS = 10, LARGEST_BLOCK = 1 << 20 };

/*
 * How often a phase is done before it is measured, and for how long at least; one about names has a dozen kinds of calls that are
 * compiled together.
 */
enum { WARM_UPS = 8, WARM_UPS_OF_NAMES = 4, WARM_UP_SECONDS = 2 };

static char *memory;

/* What the names of this turn begin with; only the last one is measured. */
enum { MEASURED = 'c' };
static char turn;

/* How many turns there were before this one. */
static int turns;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static void warm_up(int times, void (*phase)(void)) {
  double began = seconds();
  for (turns = 0; turns < times || seconds() - began < WARM_UP_SECONDS; turns++) {
    turn = "ab"[turns % 2];
    phase();
  }
  turn = MEASURED;
}

static void check(int worked, const char *what) {
  if (!worked) err(1, "%s", what);
}

/* The time since `began`, shared out among calls, with three digits or more: a tenth of a microsecond is much of an entry of a listing. */
static void tell_calls(const char *what, double began, int calls) {
  double us = (seconds() - began) / calls * 1e6;
  if (turn == MEASURED) printf("%s\t%.*f\tus\n", what, us < 10 ? 3 : 1, us);
}

static void tell_bytes(const char *what, int block, double began) {
  if (turn == MEASURED) printf("%s %dk\t%.0f\tMB/s\n", what, block >> 10, FILE_BYTES / (seconds() - began) / 1e6);
}

static const char *large(void) {
  static char name[8];
  snprintf(name, sizeof name, "%c.large", turn);
  return name;
}

static int opened(const char *name, int flags) {
  int file = open(name, flags, 0644);
  check(file >= 0, name);
  return file;
}

/*
 * The kernel forgets what the file holds, so that the next turn of its name reads it from the server again, and the next turn of any
 * name gets the memory of this one: in a virtual machine, memory that the kernel has not used for some seconds is the host's, and its
 * first use takes ten times as long as what is measured.
 */
static void forget_and_close(int file) {
  check(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0, "posix_fadvise");
  close(file);
}

/* With what has to be done until the bytes are safe. */
static void write_sequentially(const char *what, int block, int flags) {
  double began = seconds();
  int file = opened(large(), O_WRONLY | O_CREAT | flags);
  for (int done = 0; done < FILE_BYTES; done += block) check(write(file, memory, block) == block, "write");
  check(fsync(file) == 0, "fsync");
  tell_bytes(what, block, began);
  forget_and_close(file);
}

static void read_sequentially(const char *what, int block, int file) {
  double began = seconds();
  for (int done = 0; done < FILE_BYTES; done += block) check(read(file, memory, block) == block, "read");
  tell_bytes(what, block, began);
}

/*
 * Places that follow no pattern, in each turn of a file others until all have been: else ours had them in memory while it was warmed up,
 * and read from the image for the first time when it was measured.
 */
static off_t place(int i) {
  unsigned number = (unsigned)(i + turns / 2 * CALLS);
  return (off_t)(number * 2654435761u % (FILE_BYTES / 4096)) * 4096;
}

static void transfer_at_random(void) {
  int file = opened(large(), O_RDWR);
  double began = seconds();
  for (int i = 0; i < CALLS; i++) check(pread(file, memory, 4096, place(i)) == 4096, "pread");
  tell_calls("read 4k at random", began, CALLS);
  began = seconds();
  for (int i = 0; i < CALLS; i++) check(pwrite(file, memory, 4096, place(i)) == 4096, "pwrite");
  check(fsync(file) == 0, "fsync");
  tell_calls("write 4k at random", began, CALLS);
  began = seconds();
  for (int i = 0; i < CALLS / 4; i++) {
    check(pwrite(file, memory, 4096, place(i)) == 4096, "pwrite");
    check(fsync(file) == 0, "fsync");
  }
  tell_calls("write 4k and fsync", began, CALLS / 4);
  forget_and_close(file);
}

static const char *folder(void) {
  static char name[8];
  snprintf(name, sizeof name, "%c.names", turn);
  return name;
}

static const char *name_of(const char *kind, int i) {
  static char name[64];
  snprintf(name, sizeof name, "%s/%s%d", folder(), kind, i);
  return name;
}

static void create_names(void) {
  check(mkdir(folder(), 0755) == 0, "mkdir");
  double began = seconds();
  for (int i = 0; i < NAMES; i++) close(opened(name_of("f", i), O_WRONLY | O_CREAT | O_EXCL));
  tell_calls("create", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES / 2; i++) {
    int file = opened(name_of("w", i), O_WRONLY | O_CREAT | O_EXCL);
    check(write(file, memory, 4096) == 4096, "write");
    close(file);
  }
  tell_calls("create with 4k", began, NAMES / 2);
  began = seconds();
  for (int i = 0; i < NAMES / 4; i++) check(mkdir(name_of("d", i), 0755) == 0, "mkdir");
  tell_calls("mkdir", began, NAMES / 4);
  began = seconds();
  for (int i = 0; i < NAMES / 4; i++) check(symlink("somewhere", name_of("s", i)) == 0, "symlink");
  tell_calls("symlink", began, NAMES / 4);
}

/* How many entries there are; reads them all. */
static int list(int attributes) {
  DIR *directory = opendir(folder());
  check(directory != NULL, "opendir");
  int count = 0;
  struct dirent *entry;
  struct stat found;
  while ((entry = readdir(directory)) != NULL) {
    count++;
    if (attributes) check(fstatat(dirfd(directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0, "fstatat");
  }
  closedir(directory);
  return count;
}

static void look_at_names(void) {
  struct stat found;
  double began = seconds();
  for (int i = 0; i < NAMES; i++) check(stat(name_of("f", i), &found) == 0, "stat");
  tell_calls("stat, first", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES; i++) check(stat(name_of("f", i), &found) == 0, "stat");
  tell_calls("stat, again", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES; i++) check(stat(name_of("x", i), &found) != 0 && errno == ENOENT, "stat");
  tell_calls("stat, not there", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES; i++) close(opened(name_of("f", i), O_RDONLY));
  tell_calls("open and close", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES / 2; i++) {
    int file = opened(name_of("w", i), O_RDONLY);
    check(read(file, memory, 4096) == 4096, "read");
    close(file);
  }
  tell_calls("open, read 4k, close", began, NAMES / 2);
}

/* One listing takes a millisecond or two: too little to be measured alone. */
static void list_names(void) {
  int entries = 0;
  double began = seconds();
  for (int i = 0; i < LISTINGS; i++) entries += list(0);
  tell_calls("readdir, an entry", began, entries);
  began = seconds();
  entries = list(1);
  tell_calls("readdir and stat, an entry", began, entries);
}

static void change_names(void) {
  char other[64];
  double began = seconds();
  for (int i = 0; i < NAMES; i++) check(chmod(name_of("f", i), 0600) == 0, "chmod");
  tell_calls("chmod", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES; i++) {
    strcpy(other, name_of("r", i));
    check(rename(name_of("f", i), other) == 0, "rename");
  }
  tell_calls("rename", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES; i++) check(unlink(name_of("r", i)) == 0, "unlink");
  tell_calls("unlink", began, NAMES);
  began = seconds();
  for (int i = 0; i < NAMES / 2; i++) check(unlink(name_of("w", i)) == 0, "unlink");
  tell_calls("unlink with 4k", began, NAMES / 2);
  began = seconds();
  for (int i = 0; i < NAMES / 4; i++) check(rmdir(name_of("d", i)) == 0, "rmdir");
  tell_calls("rmdir", began, NAMES / 4);
}

/* Of what the phases have left of a turn. */
static void remove_names(void) {
  const struct { const char *kind; int flags; } kinds[] = {{"f", 0}, {"r", 0}, {"w", 0}, {"s", 0}, {"d", AT_REMOVEDIR}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    for (int i = 0; i < NAMES; i++) unlinkat(AT_FDCWD, name_of(kinds[k].kind, i), kinds[k].flags);
  rmdir(folder());
}

static void make_names(void) {
  remove_names();
  create_names();
}

/*
 * So that the next to be written has nothing yet. It is not removed: fuse2fs keeps a file hidden for ever that is removed while the
 * kernel's word that it was closed is on its way (github.com/libfuse/libfuse/issues/746), and soon has no space left.
 */
static void empty_large(void) { close(opened(large(), O_WRONLY | O_CREAT | O_TRUNC)); }

static void write_files(void) {
  for (int block = 4096; block <= LARGEST_BLOCK; block *= 4) {
    empty_large();
    write_sequentially("write", block, 0);
  }
  write_sequentially("write over", 64 << 10, 0);
}

static void write_all(void) {
  warm_up(WARM_UPS, write_files);
  write_files();
  warm_up(WARM_UPS_OF_NAMES, make_names);
  create_names();
}

static int block_of_stream;

static void read_twice(void) {
  int file = opened(large(), O_RDONLY);
  read_sequentially("read", block_of_stream, file);
  check(lseek(file, 0, SEEK_SET) == 0, "lseek");
  read_sequentially("read again", block_of_stream, file);
  forget_and_close(file);
}

static void stream(void) {
  warm_up(WARM_UPS, read_twice);
  read_twice();
}

static void random_places(void) {
  warm_up(WARM_UPS, transfer_at_random);
  transfer_at_random();
}

static void use_names(void) {
  look_at_names();
  list_names();
  change_names();
}

static void use_names_and_make_them(void) {
  use_names();
  make_names();
}

static void names(void) {
  warm_up(WARM_UPS_OF_NAMES, use_names_and_make_them);
  use_names();
}

int main(int count, char **words) {
  check((memory = aligned_alloc(4096, LARGEST_BLOCK)) != NULL, "memory");
  memset(memory, 'x', LARGEST_BLOCK);
  const char *phase = count > 1 ? words[1] : "";
  void (*measure)(void) = NULL;
  if (strcmp(phase, "write") == 0) measure = write_all;
  if (strcmp(phase, "random") == 0) measure = random_places;
  if (strcmp(phase, "names") == 0) measure = names;
  if (strcmp(phase, "stream") == 0 && count == 3 && (block_of_stream = atoi(words[2])) > 0) measure = stream;
  if (measure == NULL) errx(2, "speed write | stream BYTES | random | names");
  measure();
  return 0;
}
