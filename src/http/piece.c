#include "piece.h"

#include <errno.h>
#include <unistd.h>

bool piece_write(int fd, uint64_t at, struct bytes bytes)
{
	while (bytes.size != 0) {
		ssize_t done = pwrite(fd, bytes.data, bytes.size, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += (uint64_t)done;
		bytes = bytes_of(bytes.data + done, bytes.size - (size_t)done);
	}
	return true;
}

ssize_t piece_read(int fd, uint64_t at, void *to, size_t size)
{
	ssize_t done;
	do
		done = pread(fd, to, size, (off_t)at);
	while (done < 0 && errno == EINTR);
	return done;
}
