# libfuse's own test of a file system's calls.
suite() { "$BIN/test_syscalls" "$PWD"; }
