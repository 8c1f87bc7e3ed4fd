package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// fullNumber returns a number with a different value in each member.
func fullNumber(t *testing.T) phone.Number {
	t.Helper()
	n := phone.Number{ID: storetest.NewID()}
	for member, value := range reflect.ValueOf(&n).Elem().Fields() {
		switch {
		case member.Name == "ID":
		case value.Kind() == reflect.String:
			value.SetString("a value of " + member.Name)
		default:
			t.Fatalf("fill %s, a %s, here", member.Name, value.Kind())
		}
	}
	return n
}

// differences names the members in which two numbers differ.
func differences(got, want phone.Number) string {
	var members []string
	for member, value := range reflect.ValueOf(want).Fields() {
		if is := reflect.ValueOf(got).FieldByName(member.Name); !is.Equal(value) {
			members = append(members, fmt.Sprintf("%s is %q, want %q", member.Name, is, value))
		}
	}
	return strings.Join(members, "; ")
}

// place says where to add a member of phone.Number that the store does not keep.
const place = "give it a column in a migration, and its place in numberColumns, insertNumber, numberRow and scanNumber"

func TestEveryMemberOfANumberIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		want := fullNumber(t)
		dbtest.Must(t, s.InsertNumber(t.Context(), w, want, nil, phone.Claim{}))
		for name, read := range map[string]func() (phone.Number, error){
			"get": func() (phone.Number, error) { return s.Number(t.Context(), w, want.ID) },
			"list": func() (phone.Number, error) {
				list, err := s.Numbers(t.Context(), w, phone.Filter{}, "", 1)
				return sqldb.Only(list, err, phone.ErrNotFound)
			},
			"change": func() (phone.Number, error) { return s.UpdateNumber(t.Context(), w, want.ID, phone.Change{}) },
		} {
			if got, err := read(); err != nil || got != want {
				t.Errorf("%s: %s; the error is %v: %s", name, differences(got, want), err, place)
			}
		}
		if got, err := s.DeleteNumber(t.Context(), w, want.ID); err != nil || got != want {
			t.Errorf("delete: %s; the error is %v", differences(got, want), err)
		}
	})
}

func TestAChangeSetsWhatItHasAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w := storetest.NewWorkspace(t, s, "w")
		want := fullNumber(t)
		dbtest.Must(t, s.InsertNumber(t.Context(), w, want, nil, phone.Claim{}))
		other := storetest.Insert(t, s, w, "+14155550100")
		for member := range reflect.TypeFor[phone.Change]().Fields() {
			for _, value := range []string{"another value", ""} {
				var c phone.Change
				reflect.ValueOf(&c).Elem().FieldByIndex(member.Index).Set(reflect.ValueOf(&value))
				reflect.ValueOf(&want).Elem().FieldByName(member.Name).SetString(value)
				if got, err := s.UpdateNumber(t.Context(), w, want.ID, c); err != nil || got != want {
					t.Errorf("%s set to %q: %s; the error is %v: give it its place in UpdateNumber", member.Name, value, differences(got, want), err)
				}
				if got, err := s.Number(t.Context(), w, want.ID); err != nil || got != want {
					t.Errorf("%s set to %q: then read: %s; the error is %v", member.Name, value, differences(got, want), err)
				}
			}
		}
		if got, err := s.Number(t.Context(), w, other.ID); err != nil || got != other {
			t.Errorf("another number: %s; the error is %v", differences(got, other), err)
		}
	})
}

func TestANumberIsFoundInAnyWorkspaceAndLetterCase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		want := fullNumber(t)
		dbtest.Must(t, s.InsertNumber(t.Context(), storetest.NewWorkspace(t, s, "first"), want, nil, phone.Claim{}))
		second := storetest.NewWorkspace(t, s, "second")
		line, _ := storetest.InsertSIP(t, s, second, "Support-Line", "correct horse battery")
		for number, want := range map[string]phone.Number{want.Number: want, "sUPPORT-lINE": line} {
			if got, err := s.FindNumber(t.Context(), number); err != nil || got != want {
				t.Errorf("find %q: %s; the error is %v", number, differences(got, want), err)
			}
		}
		_, err := s.DeleteNumber(t.Context(), second, line.ID)
		dbtest.Must(t, err)
		for _, number := range []string{line.Number, "", "+14155550100", "%"} {
			if got, err := s.FindNumber(t.Context(), number); !errors.Is(err, phone.ErrNotFound) {
				t.Errorf("find %q: got %+v, %v; want the error %v", number, got, err, phone.ErrNotFound)
			}
		}
	})
}

// A replay is the same response again, with every member of the number.
func TestAReplayHasEveryMemberOfANumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		want := fullNumber(t)
		claim := phone.Claim{WorkspaceID: storetest.NewWorkspace(t, s, "w"), Key: "k", Token: "me"}
		request := []byte("request")
		_, err := s.ClaimIdempotencyKey(t.Context(), claim, request, time.Now(), time.Minute, time.Hour)
		dbtest.Must(t, err)
		dbtest.Must(t, s.InsertNumber(t.Context(), claim.WorkspaceID, want, nil, claim))
		got, err := s.ClaimIdempotencyKey(t.Context(), claim, request, time.Now(), time.Minute, time.Hour)
		dbtest.Must(t, err)
		if got == nil || *got != want {
			t.Errorf("got %+v; want %+v", got, want)
		}
	})
}

// A list for an agent alone is merged from a list for each type.
func TestAListHasTheNumbersOfEveryTypeInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		s := storetest.Unlocked(t, newDB(t))
		w, other := storetest.NewWorkspace(t, s, "w"), storetest.NewWorkspace(t, s, "other")
		want := map[string][]string{} // the numbers, by agent
		for i := range 60 {
			n := phone.Number{ID: fmt.Sprintf("id-%02d", i), Number: fmt.Sprint("+14155550", 100+i), Type: phone.Types[i/4%2], AgentID: []string{"", "a", "b"}[i%3]}
			owner := w
			if i%7 == 0 {
				owner = other
			} else {
				want[n.AgentID] = append(want[n.AgentID], n.Number)
			}
			dbtest.Must(t, s.InsertNumber(t.Context(), owner, n, nil, phone.Claim{}))
		}
		for agent, numbers := range want {
			for _, limit := range []int{1, 3, 100} {
				var got []string
				for after := ""; len(got) <= len(numbers); {
					page, err := s.Numbers(t.Context(), w, phone.Filter{AgentID: &agent}, after, limit)
					dbtest.Must(t, err)
					if len(page) == 0 {
						break
					}
					for _, n := range page {
						got, after = append(got, n.Number), n.ID
					}
					if len(page) > limit {
						t.Errorf("a page has %d numbers; want %d or fewer", len(page), limit)
					}
				}
				if !slices.Equal(got, numbers) {
					t.Errorf("agent %q, pages of %d: got %q; want %q", agent, limit, got, numbers)
				}
			}
		}
	})
}
