package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

var (
	statusOK      = []byte("HTTP/1.1 200 ")
	contentLength = []byte("content-length")
	chunked       = []byte("transfer-encoding")
)

// readResponse reads a whole response. It returns an error unless the status is 200.
func (c *connection) readResponse() error {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, statusOK) {
		text := string(line)
		rest, _ := c.reader.Peek(c.reader.Buffered()) // it is only for the message
		return fmt.Errorf("got %s%s", text, rest)
	}
	length := 0
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, contentLength):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		case bytes.EqualFold(name, chunked):
			length = -1
		}
	}
	if length < 0 {
		return skipChunks(c.reader)
	}
	_, err = c.reader.Discard(length)
	return err
}

func skipChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return err
		}
		if _, err := r.Discard(int(size) + 2); err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
