package cli

// RootCommand is the tree of the commands, for the tests that look at all of them.
var RootCommand = rootCommand
