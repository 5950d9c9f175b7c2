// The names of the built-in sources, and whether they know settings by their variables. The unit tests of
// both crates include this table.
[
    ("aws", false),
    ("agent", false),
    ("env", true),
    ("dotenv", true),
    ("files", true),
    ("memory", true),
]
