package inventory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

// maxReported is the maximum number of bad rows that an error names.
const maxReported = 20

// byteOrderMark is the character that some spreadsheets write at the start of a file.
const byteOrderMark = "\ufeff"

// header matches a first row that is not a number, such as a word or two.
var header = regexp.MustCompile(`^[A-Za-z][A-Za-z _-]*$`)

// Read reads CSV with one column: numbers in E.164 form, one per row, after an optional header. If rows are bad, the error
// names them.
func Read(file io.Reader) ([]string, error) {
	text := bufio.NewReader(file)
	if start, _ := text.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // this cannot fail after Peek
	}
	rows := csv.NewReader(text)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	var (
		numbers []string
		bad     []error
		more    int
	)
	for first := true; ; first = false {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read numbers: %w", err) // err names the line
		}
		row, _ := rows.FieldPos(0)
		number := record[0]
		if first && header.MatchString(number) {
			continue
		}
		switch problem := badRow(record, number); {
		case problem == "":
			numbers = append(numbers, number)
		case len(bad) < maxReported:
			bad = append(bad, fmt.Errorf("row %d: %s", row, problem))
		default:
			more++
		}
	}
	if more > 0 {
		bad = append(bad, fmt.Errorf("and %d more rows that are not valid", more))
	}
	if len(bad) > 0 {
		return nil, errors.Join(bad...)
	}
	if len(numbers) == 0 {
		return nil, errors.New("the file contains no numbers")
	}
	return numbers, nil
}

// badRow returns what is wrong with a row, or an empty string.
func badRow(record []string, number string) string {
	switch {
	case len(record) > 1:
		return fmt.Sprintf("it has %d columns; put one number in each row", len(record))
	case !phone.IsE164(number):
		return fmt.Sprintf("%.40q is not a phone number in E.164 form, such as +14155550100", number)
	case !phone.IsServed(number):
		return fmt.Sprintf("%s is not in a supported country; the supported country codes are +1 (US, Canada) and +44 (GB)", number)
	}
	return ""
}
