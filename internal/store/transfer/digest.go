package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
)

// digest is the sum of the SHA-256 hashes of rows. A sum does not depend on the order of the rows, which differs between
// engines.
type digest struct {
	sum [4]uint64 // the least significant first
	row []byte
}

// add adds a row. It hashes the kind and the length of each value before the value, so that different rows differ in what is
// hashed.
func (d *digest) add(row []any) error {
	d.row = d.row[:0]
	for _, value := range row {
		switch v := value.(type) {
		case nil:
			d.row = append(d.row, 'n')
		case int64:
			d.row = binary.BigEndian.AppendUint64(append(d.row, 'i'), uint64(v)) //nolint:gosec // only the bits matter
		case string:
			d.row = binary.BigEndian.AppendUint64(append(d.row, 's'), uint64(len(v)))
			d.row = append(d.row, v...)
		default:
			return fmt.Errorf("a column has a value of the unexpected type %T", value)
		}
	}
	hash, carry := sha256.Sum256(d.row), uint64(0)
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(hash[8*i:]), carry)
	}
	return nil
}

// String returns the sum in hex.
func (d *digest) String() string {
	var sum []byte
	for _, part := range d.sum {
		sum = binary.LittleEndian.AppendUint64(sum, part)
	}
	return hex.EncodeToString(sum)
}
