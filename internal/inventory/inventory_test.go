package inventory

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

func TestFictionalNumbersAreForFiction(t *testing.T) {
	seen := map[string]bool{}
	var last string
	for number := range all("") {
		if number <= last {
			t.Errorf("%s comes after %s; want ascending order", number, last)
		}
		last = number
		if !IsFictional(number) {
			t.Errorf("%s is not fictional", number)
		}
		if seen[number] {
			t.Fatalf("%s is there twice; want it once", number)
		}
		if !phone.IsE164(number) {
			t.Fatalf("%s is malformed; want E.164", number)
		}
		if !phone.IsServed(number) {
			t.Fatalf("%s is of a country that is not served", number)
		}
		seen[number] = true
		national, american := strings.CutPrefix(number, "+1")
		if american && national[3:8] != "55501" {
			t.Fatalf("%s can belong to a stranger", number)
		}
		if !american && !strings.HasPrefix(number, "+44") {
			t.Fatalf("%s begins with neither +1 nor +44", number)
		}
		if !american && len(number) != 13 {
			t.Fatalf("%s has %d characters; want 13, as a British number", number, len(number))
		}
	}
	for _, number := range []string{"+12025550100", "+14165550199", "+442079460999", "+447700900000"} {
		if !seen[number] {
			t.Errorf("%s is missing", number)
		}
	}
}

// all yields the numbers of the blocks.
func all(prefix string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for block := range Fictional(prefix) {
			for _, number := range block {
				if !yield(number) {
					return
				}
			}
		}
	}
}

func TestFictionalNumbersStartWithThePrefix(t *testing.T) {
	everything := slices.Collect(all(""))
	for _, prefix := range []string{
		"+", "+1", "+14", "+1415", "+14155", "+1415555", "+141555501", "+1415555017", "+14155550177", "+141555501770", "+1415556",
		"+1200", "+4", "+44", "+442", "+442079460", "+4420794609", "+442079460999", "+4420794609990", "+49", "415", "x",
	} {
		want := slices.DeleteFunc(slices.Clone(everything), func(number string) bool { return !strings.HasPrefix(number, prefix) })
		if got := slices.Collect(all(prefix)); !slices.Equal(got, want) {
			t.Errorf("%s: %d numbers, %.3q...; want %d", prefix, len(got), got, len(want))
		}
	}
}

func TestOnlyAWholeNumberIsFictional(t *testing.T) {
	for number, want := range map[string]bool{
		"+14155550100": true, "+14155550199": true, "+447700900999": true,
		"": false, "+1": false, "+1415555010": false, "+141555501001": false, "+14155550200": false, "+12005550100": false, "14155550100": false,
	} {
		if got := IsFictional(number); got != want {
			t.Errorf("%q: got %t, want %t", number, got, want)
		}
	}
}

func TestNumbersAreReadOneARow(t *testing.T) {
	want := []string{"+14155550100", "+442079460000"}
	for name, file := range map[string]string{
		"plain":         "+14155550100\n+442079460000\n",
		"no last break": "+14155550100\n+442079460000",
		"header":        "phone_number\n+14155550100\n+442079460000\n",
		"quotes":        "\"Number\"\n\"+14155550100\"\n\"+442079460000\"\n",
		"Windows":       "\ufeffnumber\r\n+14155550100\r\n+442079460000\r\n",
		"empty rows":    "\n+14155550100\n\n+442079460000\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			numbers, err := Read(strings.NewReader(file))
			if err != nil || !slices.Equal(numbers, want) {
				t.Errorf("read %q, %v; want %q", numbers, err, want)
			}
		})
	}
}

func TestABadRowIsNamedAndNothingIsRead(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"one bad row":          {"number\n+14155550100\n4155550101\n", `row 3: "4155550101" is not a phone number`},
		"empty rows count":     {"+14155550100\n\n\nx1\n", "row 4:"},
		"country not served":   {"+14155550100\n+4930123456\n", "row 2: +4930123456 is not in a supported country"},
		"two columns":          {"+14155550100,San Francisco\n", "row 1: it has 2 columns"},
		"header further down":  {"+14155550100\nnumber\n", "row 2:"},
		"number with a space":  {"+1 415 555 0100\n", "row 1:"},
		"no number":            {"number\n", "the file contains no numbers"},
		"empty file":           {"", "the file contains no numbers"},
		"many bad rows":        {strings.Repeat("x1\n", 30), "and 10 more rows that are not valid"},
		"quote without an end": {"\"+14155550100\n", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			numbers, err := Read(strings.NewReader(test.file))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got the error %v; want %q in it", err, test.want)
			}
			if numbers != nil {
				t.Errorf("read %q; want none", numbers)
			}
		})
	}
}
