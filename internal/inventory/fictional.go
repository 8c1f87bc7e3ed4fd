// Package inventory provides the numbers that are for sale if no carrier is connected.
package inventory

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
)

// Fictional yields the fictional numbers that start with prefix, in E.164 form and in ascending order, as blocks of consecutive
// numbers. No block is empty, and the caller may change it. All numbers are reserved for fiction, so nobody can dial a real
// person: 555-0100 to 555-0199 of each area code of the United States and Canada, and the ranges for television and radio drama
// of Ofcom, the regulator of the United Kingdom.
func Fictional(prefix string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for _, b := range blocks() {
			if numbers := b.numbers(prefix); numbers != nil && !yield(numbers) {
				return
			}
		}
	}
}

// IsFictional reports whether Fictional yields the number.
func IsFictional(number string) bool {
	_, found := slices.BinarySearchFunc(blocks(), number, block.compare)
	return found
}

// block has the numbers that consist of base and that many digits.
type block struct {
	base   string
	digits int
}

// blocks returns all blocks, in ascending order.
var blocks = sync.OnceValue(func() (all []block) {
	for _, areaCode := range strings.Fields(areaCodes) {
		all = append(all, block{"+1" + areaCode + "55501", 2})
	}
	for _, dramaRange := range strings.Fields(dramaRanges) {
		all = append(all, block{"+44" + dramaRange, 3})
	}
	return all
})

// numbers returns the numbers of the block that start with prefix.
func (b block) numbers(prefix string) (numbers []string) {
	if !strings.HasPrefix(b.base, prefix) && !strings.HasPrefix(prefix, b.base) {
		return nil
	}
	for n := range int(math.Pow10(b.digits)) {
		if number := fmt.Sprintf("%s%0*d", b.base, b.digits, n); strings.HasPrefix(number, prefix) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// compare returns 0 if the block has the number, and otherwise whether it is before (-1) or after (1) the number.
func (b block) compare(number string) int {
	rest, found := strings.CutPrefix(number, b.base)
	if found && len(rest) == b.digits && strings.Trim(rest, "0123456789") == "" {
		return 0
	}
	return cmp.Or(strings.Compare(b.base, number), -1)
}

// areaCodes are the geographic area codes in service in the United States and Canada, as the North American Numbering Plan
// Administrator lists them.
const areaCodes = `
	201 202 203 204 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 226 227 228 229 231 234 235 236
	239 240 248 249 250 251 252 253 254 256 257 260 262 263 267 269 270 272 274 276 279 281 283 289 301 302 303 304 305 306
	307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 341 343 346
	347 350 351 352 353 354 357 360 361 363 364 365 367 368 369 380 382 385 386 387 401 402 403 404 405 406 407 408 409 410
	412 413 414 415 416 417 418 419 423 424 425 428 430 431 432 434 435 436 437 438 440 442 443 445 447 448 450 457 458 463
	464 468 469 470 472 474 475 478 479 480 484 501 502 503 504 505 506 507 508 509 510 512 513 514 515 516 517 518 519 520
	530 531 534 539 540 541 548 551 557 559 561 562 563 564 567 570 571 572 573 574 575 579 580 581 582 584 585 586 587 601
	602 603 604 605 606 607 608 609 610 612 613 614 615 616 617 618 619 620 623 624 626 628 629 630 631 636 639 640 641 645
	646 647 650 651 656 657 659 660 661 662 667 669 672 678 680 681 682 683 686 689 701 702 703 704 705 706 707 708 709 712
	713 714 715 716 717 718 719 720 724 725 726 727 728 729 730 731 732 734 737 738 740 742 743 747 748 753 754 757 760 762
	763 765 769 770 771 772 773 774 775 778 779 780 781 782 785 786 801 802 803 804 805 806 807 808 810 812 813 814 815 816
	817 818 819 820 821 825 826 828 830 831 832 835 837 838 839 840 843 845 847 848 850 854 856 857 858 859 860 861 862 863
	864 865 867 870 872 873 878 879 901 902 903 904 905 906 907 908 909 910 912 913 914 915 916 917 918 919 920 924 925 928
	929 930 931 934 936 937 938 940 941 943 945 947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 983 984 985
	986 989`

// dramaRanges are national numbers without the trunk 0 and the last three digits: Leeds, Sheffield, Nottingham, Leicester,
// Bristol, Reading, Birmingham, Edinburgh, Glasgow, Liverpool, Manchester, no area, Tyneside, London, Northern Ireland,
// Cardiff, UK-wide, mobile, freephone, premium rate.
const dramaRanges = `
	1134960 1144960 1154960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1614960 1632960 1914980 2079460 2896496
	2920180 3069990 7700900 8081570 9098790`
