package ownserver

import (
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/inventory"
	"github.com/vogent-community/phonenumbers/internal/store"
)

func inventoryCommand() *cobra.Command {
	return arguments.Group(&cobra.Command{
		Use:   "inventory",
		Short: "Change which numbers are for sale",
	}, inventoryImportCommand())
}

func inventoryImportCommand() *cobra.Command {
	var replace bool
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Put the numbers in a file up for sale",
		Long: `Put the numbers in a file up for sale. The file has one number per row, in E.164 form, from the US,
Canada (+1) or the United Kingdom (+44). A header is optional. If a row is not valid, the command
names it and changes nothing. You can run the command while servers are
running.

A new server sells fictional numbers. They stay for sale unless you use --replace. Numbers that a
workspace owns are not affected.`,
		Example: `  phonenumbers inventory import numbers.csv
  phonenumbers inventory import --replace numbers.csv`,
		Args: arguments.One("give one file with numbers"),
	}
	db := databaseFlag(command, newDatabase)
	command.Flags().BoolVar(&replace, "replace", false, "first remove all numbers that are for sale")
	command.RunE = func(c *cobra.Command, args []string) error {
		if err := refuseInMemory(*db); err != nil {
			return err
		}
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // it was only read
		numbers, err := inventory.Read(file)
		if err != nil {
			return fmt.Errorf("nothing was changed: import %s: %w", args[0], err)
		}
		t := arguments.ConsoleOf(c)
		return withStore(c.Context(), *db, func(st *store.Store) error {
			rows, stop := slices.Values(numbers), func() {}
			if len(numbers) > rowsWithoutProgress {
				var step func()
				step, stop = t.Progress(len(numbers), "importing")
				rows = counted(rows, step)
			}
			added, err := st.AddToInventory(c.Context(), rows, replace)
			stop()
			if err != nil {
				return fmt.Errorf("nothing was changed: import %s: %w", args[0], err)
			}
			if t.JSON {
				return t.Document(struct {
					Read  int   `json:"read"`
					Added int64 `json:"added"`
				}{len(numbers), added})
			}
			fmt.Fprintf(t.Out, "numbers read: %d, added for sale: %d\n", len(numbers), added)
			return nil
		})
	}
	return command
}

// rowsWithoutProgress is how many rows are imported so quickly that a progress bar would only flicker.
const rowsWithoutProgress = 10_000

// counted is a sequence that calls step for each element.
func counted[T any](sequence iter.Seq[T], step func()) iter.Seq[T] {
	return func(yield func(T) bool) {
		for element := range sequence {
			step()
			if !yield(element) {
				return
			}
		}
	}
}
